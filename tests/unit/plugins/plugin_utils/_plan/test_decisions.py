# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a virtual host, and which line it needs."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    PATH,
    actions,
    all_edits,
    cert,
    directive,
    edits,
    main_server,
    plan,
    refusals,
    vhost,
    warnings,
)

GOOD = ("staple", "ok")
UNREADABLE = {"fingerprint_sha256": None, "problem": "unreadable", "problem_message": "Permission denied"}


class TestExplicitOff:
    def test_in_the_vhost(self):
        result = plan(vhost("a"), vhost("b"), directives=[directive("SSLUseStapling", "Off", vhost="b")])
        assert actions(result) == {"a": GOOD, "b": ("leave", "explicit_off")}
        assert all_edits(result) == [] and "SSLUseStapling on" in result["directives"]

    def test_under_vhost_scope_too(self):
        off = directive("SSLUseStapling", "off", vhost="b")
        result = plan(vhost("a"), vhost("b"), directives=[off], policy={"scope": "vhost"})
        assert edits(result) == {"a": "on"}

    def test_at_server_level_it_stays_off_where_nobody_says_otherwise(self):
        """The switch for the whole server is not written against the site's own."""
        lines = [directive("SSLUseStapling", "off"), directive("SSLUseStapling", "on", vhost="b")]
        result = plan(vhost("a"), vhost("b", enabled=True), directives=lines)
        assert actions(result) == {"a": ("leave", "explicit_off"), "b": GOOD}
        assert "SSLUseStapling on" not in result["directives"] and result["safe"] is True
        assert "/etc/apache2/site.conf:7" in result["vhosts"][0]["detail"]

    def test_at_server_level_a_vhost_may_still_be_switched_on_by_itself(self):
        off = directive("SSLUseStapling", "off")
        result = plan(vhost("a"), directives=[off], policy={"scope": "vhost"})
        assert edits(result) == {"a": "on"}

    def test_at_server_level_one_that_httpd_reads_earlier_is_overridden(self):
        off = directive("SSLUseStapling", "Off", precedes_managed=True, tool="Puppet")
        result = plan(vhost("a"), directives=[off])
        assert actions(result) == {"a": GOOD} and "SSLUseStapling on" in result["directives"]
        assert warnings(result) == ["off_overridden"]
        assert "site.conf:7, which carries the mark of Puppet" in result["warnings"][0]["message"]

    def test_mod_md_does_not_look_at_it(self):
        off = directive("SSLUseStapling", "off")
        result = plan(vhost("a"), directives=[off], modules=["ssl", "md"], policy={"engine": "mod_md"})
        assert actions(result) == {"a": GOOD} and warnings(result) == ["off_overridden"]

    def test_what_mod_md_staples_all_the_same_is_looked_at(self):
        lines = [directive("SSLUseStapling", "off", vhost="a"), directive("MDStapling", "on")]
        result = plan(vhost("a"), directives=lines, md_staples=True, policy={"engine": "mod_md"})
        assert actions(result) == {"a": GOOD} and len(result["targets"]) > 0

    @pytest.mark.parametrize("place", [{"vhost": "a"}, {}])
    def test_with_a_certificate_that_obliges_to_staple(self, place):
        off = directive("SSLUseStapling", "off", **place)
        lines = [off] if place else [off, directive("SSLUseStapling", "on", vhost="b")]
        hosts = [vhost("a", cert("a", must_staple=True)), vhost("b", enabled=not place)]
        assert refusals(plan(*hosts, directives=lines)) == ["must_staple"]
        forced = plan(*hosts, directives=lines, policy={"force": True})
        assert forced["safe"] and "must_staple" in warnings(forced)

    def test_the_last_one_counts(self):
        lines = [directive("SSLUseStapling", "off", vhost="a"), directive("SSLUseStapling", "on", vhost="a")]
        assert actions(plan(vhost("a"), directives=lines))["a"] == GOOD

    def test_an_off_of_our_own_is_no_decision_of_the_site(self):
        """The certificate has a http responder now: our line goes."""
        managed = directive("SSLUseStapling", "off", vhost="a", managed=True)
        result = plan(vhost("a"), directives=[managed])
        assert actions(result)["a"] == GOOD
        assert edits(result) == {"a": "absent"}
        assert len(result["edits"]["after"]) == 1


class TestFilesThatAToolWritesAgain:
    """What may be lost is harmless when lost: an on, and never an off under a switch for the whole server."""

    LOCKED = cert("b", "https://ocsp.example/")

    def test_the_others_are_switched_on_one_by_one(self):
        result = plan(vhost("a"), vhost("b", self.LOCKED, tool="Ansible"))
        assert edits(result) == {"a": "on"} and "SSLUseStapling on" not in result["directives"]
        assert warnings(result) == ["switched_one_by_one"] and "mark of Ansible" in result["warnings"][0]["message"]

    def test_a_run_later_it_is_the_same(self):
        on = directive("SSLUseStapling", "on", vhost="a", managed=True)
        result = plan(vhost("a", enabled=True), vhost("b", self.LOCKED, tool="Ansible"), directives=[on])
        assert all_edits(result) == [] and "SSLUseStapling on" not in result["directives"]

    def test_an_off_of_an_earlier_run_goes(self):
        lines = [directive("SSLUseStapling", "on", managed=True)]
        lines += [directive("SSLUseStapling", "off", vhost="b", managed=True)]
        result = plan(vhost("a", enabled=True), vhost("b", self.LOCKED, tool="Ansible"), directives=lines)
        assert edits(result) == {"a": "on", "b": "absent"} and "SSLUseStapling on" not in result["directives"]

    def test_a_file_that_nobody_writes_again_gets_its_line(self):
        result = plan(vhost("a", tool="Ansible"), vhost("b", self.LOCKED))
        assert edits(result) == {"b": "off"} and "SSLUseStapling on" in result["directives"]

    def test_a_line_that_only_saves_questions_may_be_lost(self):
        result = plan(vhost("a"), vhost("b", cert("b", issuer_available=False), tool="Ansible"))
        assert "SSLUseStapling on" in result["directives"]


class TestWhereNoLineCanBeWritten:
    @pytest.mark.parametrize(
        "where, word",
        [
            ({"source": {"file": f"{PATH}/m.conf", "line": 3, "macro": "Site"}}, "macro_generated"),
            ({"source": {"file": f"{PATH}/m.conf", "line": 3, "macro": ""}}, "macro_generated"),
            ({"source": {"file": None, "line": None, "macro": None}}, "main_server"),
        ],
    )
    @pytest.mark.parametrize(
        "certificate, policy, reason",
        [
            (cert("x", "https://o.test/"), {}, "responder_not_http"),
            (cert("x", "http://127.0.0.1/"), {}, "destination_forbidden"),
            (cert("x", **UNREADABLE), {}, "certificate_unreadable"),
            (cert("x"), {"exclude": ["x"]}, "excluded"),
        ],
    )
    def test_the_host_is_refused(self, where, word, certificate, policy, reason):
        result = plan(vhost("good"), vhost("x", certificate, **where), policy=policy)
        assert result["safe"] is False
        assert refusals(result) == [word]
        assert result["refused"][0]["vhost"] == "x:443"
        assert actions(result)["x"] == ("leave", reason)
        assert (result["directives"], all_edits(result), result["modules"]) == ([], [], [])
        # What the refusal recommends does help.
        other = plan(vhost("good"), vhost("x", certificate, **where), policy={**policy, "scope": "vhost"})
        assert other["safe"] is True and edits(other) == {"good": "on"}

    @pytest.mark.parametrize("word", ["expired", "not_yet_valid"])
    def test_a_certificate_that_is_not_valid_now_is_no_reason_to_refuse(self, word):
        result = plan(vhost("good"), main_server(cert("x", **{word: True})))
        assert result["safe"] is True and warnings(result) == [word]

    @pytest.mark.parametrize("more", [{"macro": "Site"}, {}])
    def test_vhost_scope_says_why_not(self, more):
        one = vhost("x", **more) if more else main_server(cert("x"))
        result = plan(vhost("good"), one, policy={"scope": "vhost"})
        assert result["safe"] is True and edits(result) == {"good": "on"}
        assert result["vhosts"][1]["reason"] == ("macro_generated" if more else "main_server")

    def test_global_scope_covers_them(self):
        result = plan(vhost("x", macro="Site"), main_server(cert("m")))
        assert set(actions(result).values()) == {GOOD} and result["safe"] is True


def test_a_section_that_is_read_twice_cannot_be_both():
    twice = f"{PATH}/twice.conf"
    result = plan(vhost("a", file=twice), vhost("b", cert("b", "https://o.test/"), file=twice))
    assert result["safe"] is False and refusals(result) == ["shared_block"]


def test_a_section_that_is_read_twice_with_the_same_outcome():
    twice = f"{PATH}/twice.conf"
    result = plan(vhost("a", file=twice), vhost("b", file=twice), policy={"scope": "vhost"})
    assert result["safe"] is True and len(all_edits(result)) == 1


class TestVhostScope:
    def test_a_line_in_each_block_and_the_cache_at_server_level(self):
        result = plan(
            vhost("a"),
            vhost("b", cert("b", ocsp_responders=[])),
            vhost("c", cert("c", "https://o.test/")),
            policy={"scope": "vhost"},
        )
        edit = {"file": f"{PATH}/a.conf", "line": 1, "vhost": "a:443", "state": "on", "reason": "ok"}
        assert result["edits"] == {"before": [], "after": [edit]}
        assert actions(result)["c"] == ("leave", "responder_not_http")
        assert result["directives"][0].startswith('SSLStaplingCache "shmcb:')
        assert not any(line.startswith("SSLUseStapling") for line in result["directives"])

    def test_what_the_site_has_switched_on_needs_no_line(self):
        result = plan(vhost("a"), directives=[directive("SSLUseStapling", "on")], policy={"scope": "vhost"})
        assert actions(result)["a"] == GOOD and all_edits(result) == []

    def test_what_locks_clients_out_already_is_switched_off(self):
        lines = [directive("SSLUseStapling", "on")]
        result = plan(
            vhost("a", cert("a", "https://o.test/"), enabled=True), directives=lines, policy={"scope": "vhost"}
        )
        assert edits(result) == {"a": "off"} and len(result["edits"]["before"]) == 1

    @pytest.mark.parametrize("scope", ["vhost", "global"])
    def test_a_run_later_it_stays_off(self, scope):
        """What is behind the managed line is still the site's setting; without the line it would be on again."""
        lines = [directive("SSLUseStapling", "on", vhost="a", replaced=True)]
        lines += [directive("SSLUseStapling", "off", vhost="a", managed=True)]
        result = plan(vhost("a", cert("a", "https://ocsp.example/")), directives=lines, policy={"scope": scope})
        assert all_edits(result) == []

    def test_a_line_that_stands_is_not_written_again(self):
        managed = directive("SSLUseStapling", "on", vhost="a", managed=True)
        result = plan(vhost("a", enabled=True), directives=[managed], policy={"scope": "vhost"})
        assert actions(result)["a"] == GOOD and all_edits(result) == []

    def test_a_managed_line_that_does_not_come_last_is_written_again(self):
        lines = [
            directive("SSLUseStapling", "on", vhost="a", managed=True),
            directive("SSLUseStapling", "on", vhost="a"),
            directive("SSLUseStapling", "off", vhost="a"),
        ]
        result = plan(vhost("a"), directives=lines[:2], policy={"scope": "vhost"})
        assert edits(result) == {"a": "absent"}  # the site staples it by itself now
        result = plan(vhost("a"), directives=lines, policy={"scope": "vhost"})
        assert actions(result)["a"] == ("leave", "explicit_off") and edits(result) == {"a": "absent"}

    def test_a_renewal_without_a_responder_takes_our_line_out(self):
        managed = directive("SSLUseStapling", "on", vhost="a", managed=True)
        result = plan(
            vhost("a", cert("a", ocsp_responders=[]), enabled=True), directives=[managed], policy={"scope": "vhost"}
        )
        assert actions(result)["a"] == ("leave", "no_ocsp_uri")
        assert edits(result) == {"a": "absent"} and len(result["edits"]["before"]) == 1
        assert result["directives"] == []

    def test_changing_to_global_scope_takes_our_lines_out(self):
        managed = directive("SSLUseStapling", "on", vhost="a", managed=True)
        assert edits(plan(vhost("a", enabled=True), directives=[managed])) == {"a": "absent"}

    def test_managed_lines_in_a_vhost_that_serves_no_tls_any_more(self):
        managed = directive("SSLUseStapling", "on", vhost="plain", managed=True)
        result = plan({**vhost("plain"), "tls": False}, vhost("a"), directives=[managed])
        assert edits(result) == {"plain": "absent"}

    def test_managed_lines_in_a_vhost_that_is_gone(self):
        managed = directive("SSLUseStapling", "on", vhost="gone", managed=True)
        result = plan(vhost("a"), directives=[managed])
        assert warnings(result) == ["stale_block"]


class TestMustStaple:
    MUST = cert("m", must_staple=True)

    def test_it_is_named(self):
        assert plan(vhost("m", self.MUST), vhost("a"))["must_staple"] == ["m:443"]

    def test_exclusion_does_not_take_stapling_away_under_global_scope(self):
        managed = directive("SSLUseStapling", "on", managed=True)
        result = plan(vhost("m", self.MUST, enabled=True), vhost("a"), directives=[managed], policy={"exclude": ["m"]})
        assert actions(result)["m"] == ("leave", "excluded")
        assert all_edits(result) == [] and warnings(result) == ["must_staple"] and result["safe"] is True

    def test_exclusion_leaves_one_without_stapling_as_it_is(self):
        result = plan(vhost("m", self.MUST), vhost("a"), policy={"exclude": ["m"]})
        assert edits(result) == {"m": "off"}

    def test_the_last_one_to_be_stapled_keeps_it(self):
        managed = directive("SSLUseStapling", "on", managed=True)
        result = plan(vhost("m", self.MUST, enabled=True), directives=[managed], policy={"exclude": ["m"]})
        assert result["safe"] is False and refusals(result) == ["must_staple"]

    def test_exclusion_under_vhost_scope_is_refused(self):
        managed = directive("SSLUseStapling", "on", vhost="m", managed=True)
        policy = {"exclude": ["m"], "scope": "vhost"}
        result = plan(vhost("m", self.MUST, enabled=True), vhost("a"), directives=[managed], policy=policy)
        assert result["safe"] is False and refusals(result) == ["must_staple"] and all_edits(result) == []
        forced = plan(
            vhost("m", self.MUST, enabled=True), vhost("a"), directives=[managed], policy={**policy, "force": True}
        )
        assert forced["safe"] is True and edits(forced) == {"m": "absent", "a": "on"}
        assert warnings(forced) == ["must_staple"]

    def test_changing_the_engine_does_not_take_stapling_away(self):
        managed = directive("MDStapling", "on", managed=True)
        hosts = [vhost("m", self.MUST), vhost("a")]
        result = plan(*hosts, directives=[managed], md_staples=True, policy={"exclude": ["m"]})
        assert result["safe"] is True and all_edits(result) == [] and "SSLUseStapling on" in result["directives"]

    def test_what_locks_clients_out_is_no_stapling(self):
        certificate = cert("m", "https://o.test/", must_staple=True)
        result = plan(vhost("m", certificate, enabled=True), vhost("a"), directives=[directive("SSLUseStapling", "on")])
        assert edits(result) == {"m": "off"}


PANEL_SOURCE = {
    "source": {
        "file": "/srv/b/httpd.conf",
        "line": 5,
        "macro": None,
        "tool": "Plesk",
        "panel": {"name": "Plesk", "place": "/srv/b/vhost_ssl.conf"},
    }
}


class TestGeneratedByAPanel:
    HTTPS = cert("b", "https://ocsp.example/")

    def test_it_is_stapled_where_that_takes_no_line(self):
        result = plan(vhost("a"), vhost("b", **PANEL_SOURCE))
        assert actions(result) == {"a": GOOD, "b": GOOD} and all_edits(result) == [] and warnings(result) == []

    @pytest.mark.parametrize("policy", [{}, {"exclude": ["b"]}])
    def test_no_off_is_written_there(self, policy):
        result = plan(vhost("a"), vhost("b", self.HTTPS, **PANEL_SOURCE), policy=policy)
        assert refusals(result) == ["panel_generated"] and all_edits(result) == []
        detail = result["refused"][0]["detail"]
        assert "/srv/b/httpd.conf:5 is generated by Plesk" in detail
        assert "/srv/b/vhost_ssl.conf; write SSLUseStapling off there" in detail

    def test_no_on_is_written_there(self):
        result = plan(vhost("a"), vhost("b", **PANEL_SOURCE), policy={"scope": "vhost"})
        assert actions(result)["b"] == ("leave", "panel_generated") and edits(result) == {"a": "on"}

    def test_the_off_that_the_panel_keeps_is_respected(self):
        off = directive("SSLUseStapling", "off", vhost="b", file="/srv/b/vhost_ssl.conf")
        result = plan(vhost("a"), vhost("b", self.HTTPS, **PANEL_SOURCE), directives=[off])
        assert result["safe"] and actions(result)["b"] == ("leave", "explicit_off")

    def test_a_line_that_stands_there_is_taken_out(self):
        ours = directive("SSLUseStapling", "off", vhost="b", managed=True)
        result = plan(vhost("a"), vhost("b", **PANEL_SOURCE), directives=[ours], policy={"state": "absent"})
        assert edits(result) == {"b": "absent"}
