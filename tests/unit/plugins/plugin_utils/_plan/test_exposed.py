# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of the collection in files that somebody else writes."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    PATH,
    actions,
    cert,
    directive,
    edits,
    plan,
    vhost,
)

HTTPS = "https://ocsp.example/"
OUR_ON = directive("SSLUseStapling", "on", managed=True)


def exposed(result):
    return {one["vhost"]: one["message"] for one in result["warnings"] if one["code"] == "off_missing"}


class TestOffThatIsGone:
    def test_clients_are_locked_out(self):
        result = plan(vhost("good", enabled=True), vhost("a", cert("a", HTTPS), enabled=True), directives=[OUR_ON])
        assert list(exposed(result)) == ["a:443"] and edits(result) == {"a": "off"}
        assert f"{PATH}/a.conf:1" in exposed(result)["a:443"] and HTTPS in exposed(result)["a:443"]

    def test_a_vhost_that_was_left_out(self):
        policy = {"exclude": ["a"]}
        result = plan(vhost("good", enabled=True), vhost("a", enabled=True), directives=[OUR_ON], policy=policy)
        assert list(exposed(result)) == ["a:443"]

    def test_where_no_line_can_be_written(self):
        """The host is refused, and confirm, which refuses nothing, has to say it as well."""
        result = plan(vhost("a", cert("a", HTTPS), macro="tls", enabled=True), vhost("b"), directives=[OUR_ON])
        assert list(exposed(result)) == ["a:443"] and not result["safe"]


def test_the_sites_own_switch_locks_out_as_well():
    site = directive("SSLUseStapling", "on", vhost="a")
    assert list(exposed(plan(vhost("a", cert("a", HTTPS), enabled=True), directives=[site]))) == ["a:443"]


@pytest.mark.parametrize(
    "name, more",
    [
        ("before the first run", {"certificate": cert("a", HTTPS), "enabled": False}),
        ("nothing is asked for it", {"certificate": cert("a", ocsp_responders=[]), "enabled": True}),
        ("a must-staple certificate keeps its staple", {"certificate": cert("a", must_staple=True), "enabled": True}),
    ],
)
def test_nothing_to_say(name, more):
    a = vhost("a", more["certificate"], enabled=more["enabled"])
    policy = {"exclude": ["a"]} if more["certificate"]["must_staple"] else {}
    result = plan(vhost("good", enabled=True), a, directives=[OUR_ON], policy=policy)
    assert exposed(result) == {}, name


def test_an_off_in_place_keeps_it_out():
    lines = [OUR_ON, directive("SSLUseStapling", "off", vhost="a", managed=True)]
    result = plan(vhost("good", enabled=True), vhost("a", cert("a", HTTPS)), directives=lines)
    assert exposed(result) == {} and actions(result)["a"] == ("off", "responder_not_http")


def test_mod_md_does_not_mind():
    result = plan(vhost("a", cert("a", HTTPS)), md_staples=True, policy={"engine": "mod_md"})
    assert exposed(result) == {}


def rendered(name, *certificates, **more):
    """Return a virtual host whose file carries the mark of Puppet."""
    entry = vhost(name, *certificates, **more)
    entry["source"]["tool"] = "Puppet"
    return entry


@pytest.mark.parametrize(
    ("policy", "line", "loss"),
    [({"exclude": ["a"]}, "off", "staples like the rest"), ({"scope": "vhost"}, "on", "staples no more")],
)
def test_a_line_in_a_file_of_another_tool(policy, line, loss):
    result = plan(vhost("good"), rendered("a"), policy=policy)
    (message,) = [one["message"] for one in result["warnings"] if one["code"] == "file_rendered"]
    assert f"SSLUseStapling {line} stands in {PATH}/a.conf" in message and "Puppet" in message and loss in message


def test_a_file_of_another_tool_in_which_nothing_is_written():
    assert [one["code"] for one in plan(rendered("a"))["warnings"]] == []
