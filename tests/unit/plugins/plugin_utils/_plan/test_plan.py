# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan as a whole."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    actions,
    all_edits,
    cert,
    directive,
    info,
    plan,
    refusals,
    vhost,
)


def test_nothing_to_staple_is_safe_and_writes_nothing():
    """Also where stapling would have locked clients out: nobody switches it on."""
    result = plan(vhost("a", cert("a", ocsp_responders=[])), vhost("b", cert("b", "https://o.test/")))
    assert actions(result) == {"a": ("leave", "no_ocsp_uri"), "b": ("leave", "responder_not_http")}
    assert result["safe"] is True and result["refused"] == []
    assert (result["directives"], all_edits(result), result["cache"], result["modules"]) == ([], [], None, [])
    assert result["endpoints"] == [] and result["preflight"] == []


class TestAbsent:
    def test_everything_managed_goes(self):
        lines = [
            directive("SSLUseStapling", "on", managed=True),
            directive("SSLUseStapling", "off", vhost="b", managed=True),
            directive("SSLUseStapling", "on", vhost="c", managed=True),
            directive("SSLUseStapling", "on", vhost="d"),
        ]
        hosts = [vhost(name, enabled=name != "b") for name in "abcd"]
        result = plan(*hosts, directives=lines, policy={"state": "absent"})
        assert result["safe"] is True and result["directives"] == [] and result["cache"] is None
        moments = {
            moment: [(edit["vhost"], edit["state"]) for edit in made] for moment, made in result["edits"].items()
        }
        assert moments == {"before": [("c:443", "absent")], "after": [("b:443", "absent")]}
        assert {vhost["reason"] for vhost in result["vhosts"]} == {"disabled"}
        assert "still" in result["vhosts"][3]["detail"]

    def test_an_httpd_that_does_not_run_or_is_too_old_can_be_cleaned_up(self):
        result = plan(vhost("a"), running=False, version="2.2.3", modules=(), policy={"state": "absent"})
        assert result["safe"] is True

    @pytest.mark.parametrize("force, site, safe", [(False, False, False), (True, False, True), (False, True, True)])
    def test_must_staple_prevents_it(self, force, site, safe):
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
    def test_must_staple_that_mod_md_staples_prevents_it_too(self, site, safe):
        lines = [directive("MDStapling", "on", managed=not site)]
        must = vhost("m", cert("m", must_staple=True))
        result = plan(must, directives=lines, md_staples=True, policy={"state": "absent"})
        assert result["safe"] is safe


class TestOnUnstaplable:
    def test_fail_refuses_with_the_reason_of_each(self):
        hosts = [vhost("a"), vhost("b", cert("b", ocsp_responders=[])), vhost("c", cert("c", "https://o.test/"))]
        result = plan(*hosts, policy={"on_unstaplable": "fail"})
        assert result["safe"] is False
        assert [(refusal["vhost"], refusal["reason"]) for refusal in result["refused"]] == [
            ("b:443", "no_ocsp_uri"),
            ("c:443", "responder_not_http"),
        ]

    def test_what_was_left_out_on_purpose_is_no_failure(self):
        off = directive("SSLUseStapling", "off", vhost="c")
        result = plan(
            vhost("a"), vhost("b"), vhost("c"), directives=[off], policy={"on_unstaplable": "fail", "exclude": ["b"]}
        )
        assert result["safe"] is True


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


def test_hostile_names_and_paths_do_not_get_into_sentences_as_they_are():
    hostile = cert("a", "https://x/", path="/etc/ssl/\x1b[31m\n.pem", fingerprint_sha256="fp")
    result = make_plan(info(vhost("a\x1b[2J", hostile), vhost("b")), {})
    assert all(vhost["detail"].isprintable() for vhost in result["vhosts"])
    assert all(warning["message"].isprintable() for warning in result["warnings"])
