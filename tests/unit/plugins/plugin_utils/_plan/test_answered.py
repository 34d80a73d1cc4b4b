# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a plan in the knowledge of what the responders have answered."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    RESPONDER,
    actions,
    all_edits,
    cert,
    directive,
    edits,
    info,
    refusals,
    vhost,
    warnings,
)

GOOD = ("staple", "ok")
UNFIT = ("off", "responder_unfit")
CLOSED = {
    "host": "other.example",
    "port": "80",
    "reason": "name_not_resolved",
    "detail": "other.example has no address",
}


def answer(name, problem=None):
    """Return the response about the certificate with this name, as ocsp_response_info gives it."""
    return {
        "certificate": f"/etc/ssl/{name}.pem",
        "fingerprint_sha256": f"fp-{name}",
        "responder": RESPONDER,
        "acceptable": problem is None,
        "problem": problem,
        "message": f"{name}: {problem}." if problem else None,
        "hint": "Renew it." if problem else None,
        "this_update": "2026-01-01T00:00:00Z",
        "next_update": "2026-01-08T00:00:00Z",
    }


def plan(*vhosts, answers=(), closed=(), policy=None, **host):
    return make_plan(info(*vhosts, **host), policy or {}, list(answers), list(closed))


BAD = answer("b", "revoked")


class TestOneOfTwo:
    def test_it_is_left_out_and_the_other_is_switched_on(self):
        result = plan(vhost("a"), vhost("b"), answers=[answer("a"), BAD])
        assert actions(result) == {"a": GOOD, "b": UNFIT} and refusals(result) == []
        assert edits(result) == {"b": "off"} and "SSLUseStapling on" in result["directives"]
        assert "b: b: revoked. Renew it." in result["vhosts"][1]["detail"]
        assert "ocsp_stapling_exclude" in result["vhosts"][1]["detail"]
        assert [question["certificate"] for question in result["preflight"]] == ["/etc/ssl/a.pem"]

    def test_a_run_later_nothing_changes(self):
        lines = [directive("SSLUseStapling", "off", vhost="b", managed=True)]
        result = plan(vhost("a", enabled=True), vhost("b"), directives=lines, answers=[answer("a"), BAD])
        assert actions(result)["b"] == UNFIT and all_edits(result) == []

    def test_it_is_switched_on_once_its_responder_answers_well(self):
        lines = [directive("SSLUseStapling", "off", vhost="b", managed=True)]
        result = plan(vhost("a", enabled=True), vhost("b"), directives=lines, answers=[answer("a"), answer("b")])
        assert actions(result)["b"] == GOOD and edits(result) == {"b": "absent"}

    def test_under_vhost_scope_it_gets_no_line(self):
        result = plan(vhost("a"), vhost("b"), answers=[answer("a"), BAD], policy={"scope": "vhost"})
        assert edits(result) == {"a": "on"}

    def test_a_path_that_is_closed(self):
        other = vhost("b", cert("b", "http://other.example/"))
        result = plan(vhost("a"), other, closed=[CLOSED])
        assert actions(result) == {"a": GOOD, "b": UNFIT}
        assert [endpoint["host"] for endpoint in result["endpoints"]] == ["ocsp.ca.test"]
        assert "other.example has no address." in result["vhosts"][1]["detail"]

    def test_one_of_two_certificates_costs_the_virtual_host(self):
        both = vhost("b", cert("b"), cert("b2"))
        result = plan(vhost("a"), both, answers=[answer("a"), BAD, answer("b2")])
        assert actions(result)["b"] == UNFIT and edits(result) == {"b": "off"}


class TestWhatIsStapledAlready:
    def test_it_stays_so_with_a_warning(self):
        result = plan(vhost("a", enabled=True), vhost("b", enabled=True), answers=[answer("a"), BAD])
        assert actions(result)["b"] == GOOD and edits(result) == {}
        assert warnings(result) == ["responder_unfit"] and "b: revoked." in result["warnings"][0]["message"]

    def test_even_if_nothing_else_is_left(self):
        result = plan(vhost("b", enabled=True), answers=[BAD])
        assert actions(result)["b"] == GOOD and refusals(result) == []


class TestRefusal:
    def test_none_is_left(self):
        result = plan(vhost("b"), vhost("none", cert("none", ocsp_responders=[])), answers=[BAD])
        assert refusals(result) == ["responder_unfit"] and "b: revoked. Renew it." in result["refused"][0]["detail"]
        assert not result["write"]

    def test_a_certificate_that_obliges_to_staple(self):
        must = vhost("b", cert("b", must_staple=True))
        assert refusals(plan(vhost("a"), must, answers=[answer("a"), BAD])) == ["must_staple"]
        forced = plan(vhost("a"), must, answers=[answer("a"), BAD], policy={"force": True})
        assert forced["safe"] and actions(forced)["b"] == UNFIT

    def test_where_the_operator_wants_all_or_nothing(self):
        result = plan(vhost("a"), vhost("b"), answers=[answer("a"), BAD], policy={"on_unstaplable": "fail"})
        assert refusals(result) == ["responder_unfit"]

    def test_mod_md_leaves_none_out(self):
        result = plan(
            vhost("a"), vhost("b"), answers=[answer("a"), BAD], modules=["ssl", "md"], policy={"engine": "mod_md"}
        )
        assert refusals(result) == ["responder_unfit"]

    def test_the_proxy_before_all_of_them_is_closed(self):
        result = plan(vhost("a"), closed=[CLOSED], policy={"proxy_url": "http://other.example:80/"})
        assert refusals(result) == ["responder_unfit"] and actions(result)["a"] == GOOD

    def test_an_answer_about_a_certificate_that_is_not_there(self):
        assert refusals(plan(vhost("a"), answers=[BAD])) == ["responder_unfit"]


@pytest.mark.parametrize("answers", ["text", {"a": 1}, 5])
def test_what_is_no_list_is_one_sentence(answers):
    with pytest.raises(InfoError, match="they are no list"):
        make_plan(info(vhost("a")), {}, answers)
    with pytest.raises(InfoError, match="they are no list"):
        make_plan(info(vhost("a")), {}, None, answers)
