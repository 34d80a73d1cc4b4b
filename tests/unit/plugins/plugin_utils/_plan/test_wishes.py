# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table row per rule about a virtual host and its certificates."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    PATH,
    actions,
    all_edits,
    cert,
    directive,
    edits,
    info,
    main_server,
    plan,
    refusals,
    vhost,
    warnings,
)

GOOD = ("staple", "ok")
UNREADABLE = {"fingerprint_sha256": None, "problem": "unreadable", "problem_message": "Permission denied"}


@pytest.mark.parametrize(
    "certificate, reason, off",
    [
        pytest.param(cert("x"), "ok", False, id="all well"),
        pytest.param(cert("x", "http://[2001:db8::5]:8080/ocsp"), "ok", False, id="literal address and port"),
        pytest.param(cert("x", "http://10.1.2.3/"), "ok", False, id="private address"),
        pytest.param(cert("x", "http://a.test/", "ldap://b.test/"), "ok", False, id="only the first counts"),
        pytest.param(cert("x", "http://b/", "ldap://c/", "ftp://a/"), "ok", False, id="three, the least of two counts"),
        pytest.param(cert("x", "http://b/", "ftp://a/", "ldap://c/"), "responder_not_http", True, id="three, sorted"),
        pytest.param(cert("x", "ldap://c/", "http://b/", "ftp://a/"), "responder_not_http", True, id="three, unsorted"),
        pytest.param(cert("x", "http://b/", "http://127.1.1.1/", "http://c/"), "destination_forbidden", True, id="sly"),
        pytest.param(cert("x", "http://b/", "http://b/", "ftp://a/"), "ok", False, id="the same twice is one"),
        pytest.param(cert("x", "//ocsp.test/"), "responder_not_http", True, id="no scheme, which crashes httpd"),
        pytest.param(cert("x", ocsp_responders=[]), "no_ocsp_uri", False, id="no URI"),
        pytest.param(cert("x", ocsp_responders=[""]), "no_ocsp_uri", False, id="empty URI"),
        pytest.param(cert("x", "", "http://ocsp.test/"), "ok", False, id="OpenSSL passes over an empty first one"),
        pytest.param(cert("x", ocsp_responders=[], self_signed=True), "self_signed", False, id="self-signed"),
        pytest.param(cert("x", self_signed=True), "self_signed", False, id="self-signed with URI"),
        pytest.param(cert("x", issuer_available=False), "issuer_missing", False, id="issuer missing"),
        pytest.param(cert("x", issuer_available=None), "issuer_missing", False, id="issuer not looked for"),
        pytest.param(cert("x", expired=True), "expired", True, id="expired: httpd would still ask"),
        pytest.param(cert("x", not_yet_valid=True), "not_yet_valid", True, id="not yet valid: httpd would ask already"),
        pytest.param(cert("x", expired=True, ocsp_responders=[]), "no_ocsp_uri", False, id="expired, no URI"),
        pytest.param(cert("x", "https://ocsp.test/"), "responder_not_http", True, id="https"),
        pytest.param(cert("x", "ldap://ocsp.test/"), "responder_not_http", True, id="ldap"),
        pytest.param(
            cert("x", "HTTP://ocsp.test/"), "responder_not_http", True, id="upper case, which mod_ssl refuses"
        ),
        pytest.param(cert("x", "ocsp.test/"), "responder_not_http", True, id="no scheme"),
        pytest.param(
            cert("x", "https://a.test/", "http://b.test/"), "responder_not_http", True, id="http comes second"
        ),
        pytest.param(cert("x", "http://ocsp.test/a b"), "responder_not_http", True, id="blank"),
        pytest.param(cert("x", "http://ocsp.test/\r\nX: y"), "responder_not_http", True, id="line feed"),
        pytest.param(cert("x", "http://ocsp.test/\\x0d\\x0aX"), "responder_not_http", True, id="escaped line feed"),
        pytest.param(cert("x", "http://ocsp.test:0/"), "responder_not_http", True, id="port 0"),
        pytest.param(cert("x", "http://ocsp.test:70000/"), "responder_not_http", True, id="port 70000"),
        pytest.param(cert("x", "http://$(reboot)/"), "responder_not_http", True, id="shell"),
        pytest.param(cert("x", "http:///"), "responder_not_http", True, id="no host"),
        pytest.param(cert("x", "http://ocsp.test/" + "a" * 10000), "responder_not_http", True, id="10,000 letters"),
        pytest.param(
            cert("x", "https://ocsp.test/", issuer_available=False), "responder_not_http", True, id="https goes first"
        ),
        pytest.param(cert("x", "http://127.0.0.1/"), "destination_forbidden", True, id="loopback"),
        pytest.param(cert("x", "http://127.9.9.9:8080/"), "destination_forbidden", True, id="any loopback"),
        pytest.param(cert("x", "http://localhost/"), "destination_forbidden", True, id="localhost"),
        pytest.param(cert("x", "http://LOCALHOST./"), "destination_forbidden", True, id="localhost with a dot"),
        pytest.param(cert("x", "http://a.localhost/"), "destination_forbidden", True, id="below localhost"),
        pytest.param(cert("x", "http://user@ip6-localhost/"), "destination_forbidden", True, id="ip6-localhost"),
        pytest.param(cert("x", "http://169.254.169.254/latest"), "destination_forbidden", True, id="metadata service"),
        pytest.param(cert("x", "http://[::1]/"), "destination_forbidden", True, id="v6 loopback"),
        pytest.param(cert("x", "http://[fe80::1]/"), "destination_forbidden", True, id="v6 link-local"),
        pytest.param(cert("x", "http://[ff02::1]/"), "destination_forbidden", True, id="v6 multicast"),
        pytest.param(cert("x", "http://[::]/"), "destination_forbidden", True, id="v6 unspecified"),
        pytest.param(cert("x", "http://[::ffff:127.0.0.1]/"), "destination_forbidden", True, id="v4-mapped"),
        pytest.param(
            cert("x", "http://[::ffff:a9fe:a9fe]/"), "destination_forbidden", True, id="v4-mapped, hexadecimal"
        ),
        pytest.param(cert("x", "http://[::7f00:1]/"), "destination_forbidden", True, id="v4-compatible"),
        pytest.param(cert("x", "http://[64:ff9b::7f00:1]/"), "destination_forbidden", True, id="NAT64"),
        pytest.param(cert("x", "http://[2002:7f00:1::]/"), "destination_forbidden", True, id="6to4"),
        pytest.param(cert("x", "http://[::2]/"), "destination_forbidden", True, id="v4-compatible, short"),
        pytest.param(cert("x", "http://[2001:0:c000:201::80ff:fffe]/"), "destination_forbidden", True, id="Teredo"),
        pytest.param(cert("x", "http://0.0.0.0/"), "destination_forbidden", True, id="unspecified"),
        pytest.param(cert("x", "http://224.0.0.1/"), "destination_forbidden", True, id="multicast"),
        pytest.param(cert("x", "http://2130706433/"), "responder_not_http", True, id="loopback as one number"),
        pytest.param(cert("x", "http://0x7f.1/"), "responder_not_http", True, id="loopback in hexadecimal"),
        pytest.param(cert("x", **UNREADABLE), "certificate_unreadable", True, id="unreadable"),
        pytest.param(cert("x", problem="pkcs11"), "certificate_unreadable", True, id="in a token"),
    ],
)
def test_certificate_rules_under_global_scope(certificate, reason, off):
    """Beside a virtual host that can be stapled, this one is stapled, left alone, or switched off."""
    result = plan(vhost("good"), vhost("x", certificate))
    action = "staple" if reason == "ok" else "off" if off else "leave"
    assert actions(result) == {"good": GOOD, "x": (action, reason)}
    assert edits(result) == ({"x": "off"} if off else {})
    assert result["safe"] is True
    assert "SSLUseStapling on" in result["directives"]
    assert ("fp-x" in str(result["endpoints"])) == (reason == "ok")
    detail = next(one["detail"] for one in result["vhosts"] if one["id"] == "x:443")
    assert detail.startswith("x: ") and "/etc/ssl/x.pem" in detail and detail.isprintable() and len(detail) < 600


@pytest.mark.parametrize(
    "certificates, reason, action",
    [
        pytest.param([cert("rsa"), cert("ec", key_type="ecdsa")], "ok", "staple", id="both"),
        pytest.param([cert("rsa"), cert("ec", ocsp_responders=[])], "ok", "staple", id="one has no URI"),
        pytest.param([cert("rsa"), cert("ec", issuer_available=False)], "ok", "staple", id="one has no issuer"),
        pytest.param([cert("rsa"), cert("ec", expired=True)], "ok", "staple", id="one has expired"),
        pytest.param([cert("rsa"), cert("ec", self_signed=True)], "ok", "staple", id="one is self-signed"),
        pytest.param([cert("rsa"), cert("ec", "https://o.test/")], "responder_not_http", "off", id="one locks out"),
        pytest.param([cert("rsa"), cert("ec", "http://[::1]/")], "destination_forbidden", "off", id="one is forbidden"),
        pytest.param([cert("rsa"), cert("ec", **UNREADABLE)], "certificate_unreadable", "off", id="one is unreadable"),
        pytest.param(
            [cert("rsa", ocsp_responders=[]), cert("ec", issuer_available=False)],
            "issuer_missing",
            "leave",
            id="none: what can be mended is told",
        ),
        pytest.param([], "certificate_unreadable", "off", id="no certificate known"),
    ],
)
def test_several_certificates(certificates, reason, action):
    one = {**vhost("x"), "certificates": tuple(certificates)}
    result = plan(vhost("good"), one)
    assert actions(result)["x"] == (action, reason)
    parts = [code for code in warnings(result) if code == "partly_stapled"]
    stapled = next(one["stapled_certificates"] for one in result["vhosts"] if one["id"] == "x:443")
    if action == "staple":
        assert stapled[0] == "fp-rsa"
        assert bool(parts) == (len(stapled) == 1)
    else:
        assert stapled == [] and parts == []


def test_nothing_to_staple_is_safe_and_writes_nothing():
    """Also where stapling would have locked clients out: nobody switches it on."""
    result = plan(vhost("a", cert("a", ocsp_responders=[])), vhost("b", cert("b", "https://o.test/")))
    assert actions(result) == {"a": ("leave", "no_ocsp_uri"), "b": ("leave", "responder_not_http")}
    assert result["safe"] is True and result["refused"] == []
    assert (result["directives"], all_edits(result), result["cache"], result["modules"]) == ([], [], None, [])
    assert result["endpoints"] == [] and result["preflight"] == []


def test_no_tls_at_all():
    result = plan({**vhost("plain"), "tls": False})
    assert result["safe"] is True and result["vhosts"] == [] and result["directives"] == []


@pytest.mark.parametrize(
    "policy, expected",
    [
        pytest.param({}, {"a.test": GOOD, "b.test": GOOD}, id="all"),
        pytest.param({"include": ["a.test"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="include a name"),
        pytest.param({"include": ["A.*"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="glob, other case"),
        pytest.param({"include": ["alias.test"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="alias"),
        pytest.param({"include": ["*.wild.test"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="literal alias"),
        pytest.param({"exclude": ["b.*"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="exclude"),
        pytest.param({"exclude": ["b.test:443"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="by id"),
        pytest.param(
            {"include": ["*"], "exclude": ["a.test"]},
            {"a.test": ("off", "excluded"), "b.test": GOOD},
            id="exclude wins",
        ),
        pytest.param(
            {"include": ["nowhere"]},
            {"a.test": ("leave", "excluded"), "b.test": ("leave", "excluded")},
            id="nothing is meant",
        ),
        pytest.param(
            {"include": ["a.test"], "scope": "vhost"},
            {"a.test": GOOD, "b.test": ("leave", "excluded")},
            id="no off under vhost scope",
        ),
    ],
)
def test_include_and_exclude(policy, expected):
    result = plan({**vhost("a.test"), "names": ["a.test", "alias.test", "*.wild.test"]}, vhost("b.test"), policy=policy)
    assert actions(result) == expected
    assert result["safe"] is True


def test_an_excluded_vhost_that_httpd_would_not_staple_anyway_needs_no_line():
    result = plan(vhost("a"), vhost("b", cert("b", ocsp_responders=[])), policy={"exclude": ["b"]})
    assert actions(result)["b"] == ("leave", "excluded") and all_edits(result) == []


def test_an_excluded_vhost_that_the_site_staples_itself_stays_so():
    site = directive("SSLUseStapling", "on", vhost="b")
    result = plan(vhost("a"), vhost("b", enabled=True), directives=[site], policy={"exclude": ["b"]})
    assert actions(result)["b"] == ("leave", "excluded") and all_edits(result) == []


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

    def test_the_last_one_counts(self):
        lines = [directive("SSLUseStapling", "off", vhost="a"), directive("SSLUseStapling", "on", vhost="a")]
        assert actions(plan(vhost("a"), directives=lines))["a"] == GOOD

    def test_an_off_of_our_own_is_no_decision_of_the_site(self):
        """The certificate has a http responder now: our line goes."""
        ours = directive("SSLUseStapling", "off", vhost="a", managed=True)
        result = plan(vhost("a"), directives=[ours])
        assert actions(result)["a"] == GOOD
        assert edits(result) == {"a": "absent"}
        assert len(result["edits"]["after"]) == 1


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
        # The way out that the refusal names is one.
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

    def test_a_line_that_stands_is_not_written_again(self):
        ours = directive("SSLUseStapling", "on", vhost="a", managed=True)
        result = plan(vhost("a", enabled=True), directives=[ours], policy={"scope": "vhost"})
        assert actions(result)["a"] == GOOD and all_edits(result) == []

    def test_a_line_of_ours_that_does_not_come_last_is_written_again(self):
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
        ours = directive("SSLUseStapling", "on", vhost="a", managed=True)
        result = plan(
            vhost("a", cert("a", ocsp_responders=[]), enabled=True), directives=[ours], policy={"scope": "vhost"}
        )
        assert actions(result)["a"] == ("leave", "no_ocsp_uri")
        assert edits(result) == {"a": "absent"} and len(result["edits"]["before"]) == 1
        assert result["directives"] == []

    def test_changing_to_global_scope_takes_our_lines_out(self):
        ours = directive("SSLUseStapling", "on", vhost="a", managed=True)
        assert edits(plan(vhost("a", enabled=True), directives=[ours])) == {"a": "absent"}

    def test_lines_of_ours_in_a_vhost_that_serves_no_tls_any_more(self):
        ours = directive("SSLUseStapling", "on", vhost="plain", managed=True)
        result = plan({**vhost("plain"), "tls": False}, vhost("a"), directives=[ours])
        assert edits(result) == {"plain": "absent"}

    def test_lines_of_ours_in_a_vhost_that_is_gone(self):
        ours = directive("SSLUseStapling", "on", vhost="gone", managed=True)
        result = plan(vhost("a"), directives=[ours])
        assert warnings(result) == ["stale_block"]


class TestMustStaple:
    MUST = cert("m", must_staple=True)

    def test_it_is_named(self):
        assert plan(vhost("m", self.MUST), vhost("a"))["must_staple"] == ["m:443"]

    def test_exclusion_does_not_take_stapling_away_under_global_scope(self):
        ours = directive("SSLUseStapling", "on", managed=True)
        result = plan(vhost("m", self.MUST, enabled=True), vhost("a"), directives=[ours], policy={"exclude": ["m"]})
        assert actions(result)["m"] == ("leave", "excluded")
        assert all_edits(result) == [] and warnings(result) == ["must_staple"] and result["safe"] is True

    def test_exclusion_leaves_one_without_stapling_as_it_is(self):
        result = plan(vhost("m", self.MUST), vhost("a"), policy={"exclude": ["m"]})
        assert edits(result) == {"m": "off"}

    def test_the_last_one_to_be_stapled_keeps_it(self):
        ours = directive("SSLUseStapling", "on", managed=True)
        result = plan(vhost("m", self.MUST, enabled=True), directives=[ours], policy={"exclude": ["m"]})
        assert result["safe"] is False and refusals(result) == ["must_staple"]

    def test_exclusion_under_vhost_scope_is_refused(self):
        ours = directive("SSLUseStapling", "on", vhost="m", managed=True)
        policy = {"exclude": ["m"], "scope": "vhost"}
        result = plan(vhost("m", self.MUST, enabled=True), vhost("a"), directives=[ours], policy=policy)
        assert result["safe"] is False and refusals(result) == ["must_staple"] and all_edits(result) == []
        forced = plan(
            vhost("m", self.MUST, enabled=True), vhost("a"), directives=[ours], policy={**policy, "force": True}
        )
        assert forced["safe"] is True and edits(forced) == {"m": "absent", "a": "on"}
        assert warnings(forced) == ["must_staple"]

    def test_changing_the_engine_does_not_take_stapling_away(self):
        ours = directive("MDStapling", "on", managed=True)
        hosts = [vhost("m", self.MUST), vhost("a")]
        result = plan(*hosts, directives=[ours], md_staples=True, policy={"exclude": ["m"]})
        assert result["safe"] is True and all_edits(result) == [] and "SSLUseStapling on" in result["directives"]

    def test_what_locks_clients_out_is_no_stapling(self):
        certificate = cert("m", "https://o.test/", must_staple=True)
        result = plan(vhost("m", certificate, enabled=True), vhost("a"), directives=[directive("SSLUseStapling", "on")])
        assert edits(result) == {"m": "off"}


class TestAbsent:
    def test_everything_of_ours_goes(self):
        lines = [
            directive("SSLUseStapling", "on", managed=True),
            directive("SSLUseStapling", "off", vhost="b", managed=True),
            directive("SSLUseStapling", "on", vhost="c", managed=True),
            directive("SSLUseStapling", "on", vhost="d"),
        ]
        hosts = [vhost(name, enabled=name != "b") for name in "abcd"]
        result = plan(*hosts, directives=lines, policy={"state": "absent"})
        assert result["safe"] is True and result["directives"] == [] and result["cache"] is None
        moments = {moment: [(one["vhost"], one["state"]) for one in made] for moment, made in result["edits"].items()}
        assert moments == {"before": [("c:443", "absent")], "after": [("b:443", "absent")]}
        assert {one["reason"] for one in result["vhosts"]} == {"disabled"}
        assert "still" in result["vhosts"][3]["detail"]

    def test_an_httpd_that_does_not_run_or_is_too_old_can_be_cleaned_up(self):
        result = plan(vhost("a"), running=False, version="2.2.3", modules=(), policy={"state": "absent"})
        assert result["safe"] is True

    @pytest.mark.parametrize("force, site, safe", [(False, False, False), (True, False, True), (False, True, True)])
    def test_must_staple_stands_in_the_way(self, force, site, safe):
        lines = [directive("SSLUseStapling", "on", managed=True)] + (
            [directive("SSLUseStapling", "on")] if site else []
        )
        result = plan(
            vhost("m", cert("m", must_staple=True), enabled=True),
            directives=lines,
            policy={"state": "absent", "force": force},
        )
        assert result["safe"] is safe
        assert refusals(result) == ([] if safe else ["must_staple"])

    @pytest.mark.parametrize("site, safe", [(False, False), (True, True)])
    def test_must_staple_that_mod_md_staples_stands_in_the_way_too(self, site, safe):
        lines = [directive("MDStapling", "on", managed=not site)]
        must = vhost("m", cert("m", must_staple=True))
        result = plan(must, directives=lines, md_staples=True, policy={"state": "absent"})
        assert result["safe"] is safe


class TestOnUnstaplable:
    def test_fail_refuses_with_the_reason_of_each(self):
        hosts = [vhost("a"), vhost("b", cert("b", ocsp_responders=[])), vhost("c", cert("c", "https://o.test/"))]
        result = plan(*hosts, policy={"on_unstaplable": "fail"})
        assert result["safe"] is False
        assert [(one["vhost"], one["reason"]) for one in result["refused"]] == [
            ("b:443", "no_ocsp_uri"),
            ("c:443", "responder_not_http"),
        ]

    def test_what_was_left_out_on_purpose_is_no_failure(self):
        off = directive("SSLUseStapling", "off", vhost="c")
        result = plan(
            vhost("a"), vhost("b"), vhost("c"), directives=[off], policy={"on_unstaplable": "fail", "exclude": ["b"]}
        )
        assert result["safe"] is True


def test_now_decides_about_validity():
    early = cert("a", not_before="2026-06-01T00:00:00Z")
    assert actions(plan(vhost("a", early), policy={"now": "2026-05-31T23:59:59Z"}))["a"] == ("leave", "not_yet_valid")
    assert actions(plan(vhost("a", early), policy={"now": "2026-06-01T00:00:00Z"}))["a"] == GOOD
    assert actions(plan(vhost("a"), policy={"now": "2027-01-01T00:00:01Z"}))["a"] == ("leave", "expired")
    assert actions(plan(vhost("a", cert("a", expired=True)), policy={"now": "2026-12-31T23:59:59Z"}))["a"] == GOOD


def test_forbidden_networks_can_be_chosen():
    hosts = [vhost("a", cert("a", "http://10.0.0.1/")), vhost("b", cert("b", "http://127.0.0.1/")), vhost("c")]
    result = plan(*hosts, policy={"forbidden_networks": ["10.0.0.0/8"]})
    assert actions(result) == {"a": ("off", "destination_forbidden"), "b": GOOD, "c": GOOD}
    assert set(actions(plan(*hosts, policy={"forbidden_networks": []})).values()) == {GOOD}
    assert actions(plan(*hosts, policy={"forbidden_networks": None}))["b"] == ("off", "destination_forbidden")


def test_the_same_certificate_on_many_vhosts():
    shared = cert("shared")
    result = plan(*[vhost(f"v{number}", shared) for number in range(20)])
    assert len(result["endpoints"]) == 1 and len(result["preflight"]) == 1
    assert result["endpoints"][0]["needed_by"] == ["fp-shared"]
    assert len(result["endpoints"][0]["vhosts"]) == 20


def test_the_input_is_not_changed():
    before = info(vhost("a"), vhost("b", cert("b", "https://o.test/")))
    again = info(vhost("a"), vhost("b", cert("b", "https://o.test/")))
    from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan

    make_plan(before, {"scope": "vhost"})
    assert before == again


LOCKED = cert("locked", "https://ocsp.ca.test/")
WHOLE = {"copies_read": [{"path": f"{PATH}/b.conf", "file": "/etc/apache2/apache2.conf", "line": 9}]}


def test_no_copy_is_put_where_httpd_reads_every_file():
    """A section there would need an off of its own, and a copy of the file stands beside it while that is on trial."""
    result = plan(vhost("a"), vhost("b", LOCKED), **WHOLE)
    assert refusals(result) == ["directory_included_whole"]
    assert "Include at /etc/apache2/apache2.conf:9" in result["refused"][0]["detail"]
    assert refusals(plan(vhost("b"), **WHOLE)) == []
    result = plan(vhost("a"), vhost("b"), policy={"scope": "vhost"}, **WHOLE)
    assert actions(result) == {"a": ("staple", "ok"), "b": ("leave", "directory_included_whole")}


def test_the_managed_file_is_not_put_there_either():
    policy = {"managed_file": f"{PATH}/zz-ocsp-stapling.conf"}
    assert refusals(plan(vhost("a"), policy=policy, **WHOLE)) == ["directory_included_whole"]
    assert refusals(plan(vhost("a"), policy={"managed_file": "/etc/apache2/zz.conf"}, **WHOLE)) == []
