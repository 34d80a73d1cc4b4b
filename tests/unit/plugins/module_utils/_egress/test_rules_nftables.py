# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import rules_firewalld as fwd
from ansible_collections.stapling.httpd.plugins.module_utils._egress import rules_nftables as nft
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import Opening
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError

OUTPUT = nft.ChainId("inet", "filter", "output")
OPENINGS = [Opening(4, "192.0.2.1", 80), Opening(6, "2001:db8::1", 8080)]


def chain(name: str = "output", *, table: str = "filter", family: str = "inet", **base: Any) -> dict[str, Any]:
    if base:
        base = {"type": "filter", "hook": "output", "prio": 0, "policy": "accept", **base}
    return {"chain": {"family": family, "table": table, "name": name, "handle": 1, **base}}


def rule(
    *expr: Any, name: str = "output", table: str = "filter", family: str = "inet", handle: int = 7
) -> dict[str, Any]:
    return {"rule": {"family": family, "table": table, "chain": name, "handle": handle, "expr": list(expr)}}


def read(*items: dict[str, Any]) -> nft.Ruleset:
    return nft.read_ruleset(json.dumps({"nftables": [{"metainfo": {"json_schema_version": 1}}, *items]}))


NOT_ESTABLISHED = {"match": {"op": "!=", "left": {"ct": {"key": "state"}}, "right": "established"}}
TO_NOWHERE = {"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "daddr"}}, "right": "::"}}
DROP, REJECT = {"drop": None}, {"reject": {"type": "icmp", "expr": "port-unreachable"}}
SITE = (
    chain(policy="drop"),
    rule({"match": {"op": "==", "left": {"meta": {"key": "oif"}}, "right": "lo"}}, {"accept": None}),
)


def jump(target: str) -> dict[str, Any]:
    return {"jump": {"target": target}}


@pytest.mark.parametrize(
    "items",
    [
        [chain(policy="drop")],
        [chain(policy="accept"), rule(DROP)],
        [chain(policy="accept"), rule({"counter": {"packets": 1, "bytes": 2}}, REJECT)],
        [
            chain(policy="accept"),
            rule(jump("deep")),
            chain("deep"),
            rule({"goto": {"target": "er"}}, name="deep"),
            chain("er"),
            rule(DROP, name="er"),
        ],
        [chain(policy="accept"), rule({"vmap": {"key": {"meta": {"key": "skuid"}}, "data": {"set": [[33, DROP]]}}})],
        [chain(policy="accept"), rule({"vmap": {"key": {"meta": {"key": "skuid"}}, "data": "@users"}})],
        [chain(policy="accept"), rule({"queue": None})],
        [chain(policy="accept"), rule({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": "new"}}, DROP)],
        [chain(policy="accept"), rule(NOT_ESTABLISHED, DROP)],
    ],
)
def test_what_filters_output_is_seen(items: list[dict[str, Any]]) -> None:
    assert nft.site_chains(read(*items)) == [OUTPUT]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [chain(policy="accept")],
        [
            chain(policy="accept"),
            rule({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": "invalid"}}, DROP),
        ],
        [chain(policy="accept"), rule(jump("loop")), chain("loop"), rule(jump("loop"), name="loop")],
        [chain("input", hook="input", policy="drop")],
        [chain(policy="drop", table="firewalld")],
        [chain("OUTPUT", family="ip", policy="drop")],
        [chain(policy="accept"), chain("unused"), rule(DROP, name="unused")],
    ],
)
def test_what_does_not_concern_output_is_left_alone(items: list[dict[str, Any]]) -> None:
    assert nft.site_chains(read(*items)) == []


def test_places_where_an_opening_would_not_help() -> None:
    ruleset = read(
        chain("a", type="route", policy="drop"),
        chain("b", hook="postrouting", policy="accept"),
        rule(DROP, name="b"),
        chain("c", type="nat", policy="accept"),
        chain(policy="drop"),
    )
    assert [item.name for item in nft.strange_chains(ruleset)] == ["a", "b"]


def live(transaction: str, openings: list[Opening], uid: int | None) -> nft.Ruleset:
    """The site's ruleset as nft lists it once the transaction has taken effect."""
    assert transaction
    sets = [
        {
            "set": {
                "family": "inet",
                "table": "filter",
                "name": nft.SETS[version],
                "type": [kind, "inet_service"],
                "elem": [{"concat": list(pair)} for pair in nft.elements(openings, version)],
            }
        }
        for version, kind in ((4, "ipv4_addr"), (6, "ipv6_addr"))
    ]
    ours = [rule(*shown, name=nft.CHAIN) for text, shown in nft.own_rules(openings, (4, 6), uid)]
    return read(*sets, *SITE[:1], rule(jump(nft.CHAIN), handle=9), *SITE[1:], chain(nft.CHAIN), *ours)


def test_the_transaction_is_complete_and_nothing_else() -> None:
    text = nft.render_present(read(*SITE), chains=[OUTPUT], openings=OPENINGS, uid=33)
    assert text.splitlines() == [
        "add set inet filter ocsp_egress4 { type ipv4_addr . inet_service; }",
        "add set inet filter ocsp_egress6 { type ipv6_addr . inet_service; }",
        "add chain inet filter ocsp_egress",
        "flush chain inet filter ocsp_egress",
        "flush set inet filter ocsp_egress4",
        "add element inet filter ocsp_egress4 { 192.0.2.1 . 80 }",
        "flush set inet filter ocsp_egress6",
        "add element inet filter ocsp_egress6 { 2001:db8::1 . 8080 }",
        "add rule inet filter ocsp_egress meta skuid 33 ip daddr . tcp dport @ocsp_egress4 accept",
        "add rule inet filter ocsp_egress meta skuid 33 ip6 daddr . tcp dport @ocsp_egress6 accept",
        "insert rule inet filter output jump ocsp_egress",
    ]


def test_a_second_time_there_is_nothing_to_do() -> None:
    text = nft.render_present(read(*SITE), chains=[OUTPUT], openings=OPENINGS, uid=33)
    ruleset = live(text, OPENINGS, 33)
    assert nft.render_present(ruleset, chains=[OUTPUT], openings=OPENINGS, uid=33) == ""
    assert nft.openings_now(ruleset) == ["tcp 192.0.2.1:80", "tcp [2001:db8::1]:8080"]


@pytest.mark.parametrize(("openings", "uid"), [(OPENINGS[:1], 33), (OPENINGS, 34), (OPENINGS, None)])
def test_each_difference_is_a_change(openings: list[Opening], uid: int | None) -> None:
    ruleset = live("x", OPENINGS, 33)
    text = nft.render_present(ruleset, chains=[OUTPUT], openings=openings, uid=uid)
    assert "delete rule inet filter output handle 9\n" in text
    assert text.endswith("insert rule inet filter output jump ocsp_egress\n")


def test_a_jump_that_is_not_reached_is_moved() -> None:
    ours = live("x", OPENINGS, 33)
    rules = [item for item in ours.rules if item.expr != (jump(nft.CHAIN),)]
    last = nft.Rule(OUTPUT, 9, (jump(nft.CHAIN),))
    ruleset = nft.Ruleset(ours.chains, (*rules, nft.Rule(OUTPUT, 8, (DROP,)), last), ours.sets)
    assert "delete rule inet filter output handle 9\n" in nft.render_present(
        ruleset, chains=[OUTPUT], openings=OPENINGS, uid=33
    )


def test_closing_takes_out_all_that_is_ours() -> None:
    assert nft.render_absent(live("x", OPENINGS, 33)).splitlines() == [
        "delete rule inet filter output handle 9",
        "flush chain inet filter ocsp_egress",
        "delete chain inet filter ocsp_egress",
        "delete set inet filter ocsp_egress4",
        "delete set inet filter ocsp_egress6",
    ]
    assert nft.render_absent(read(*SITE)) == ""
    assert nft.render_present(live("x", OPENINGS, 33), chains=[OUTPUT], openings=[], uid=33) == nft.render_absent(
        live("x", OPENINGS, 33)
    )


def test_the_site_has_moved_its_chain_to_another_table() -> None:
    ruleset = live("x", OPENINGS, 33)
    other = nft.ChainId("ip", "wall", "out")
    text = nft.render_present(ruleset, chains=[other], openings=OPENINGS, uid=33)
    assert text.startswith("delete rule inet filter output handle 9\n")
    assert "add element ip wall ocsp_egress4 { 192.0.2.1 . 80 }" in text
    assert "2001:db8::1" not in text  # an ip table has no place for it


def test_name_servers_get_rules_of_their_own() -> None:
    dns = [Opening(4, "192.0.2.53", 53, "tcp"), Opening(4, "192.0.2.53", 53, "udp")]
    text = nft.render_present(read(*SITE), chains=[OUTPUT], openings=[*OPENINGS, *dns], uid=33)
    assert "add rule inet filter ocsp_egress meta skuid 33 ip daddr 192.0.2.53 udp dport 53 accept\n" in text
    assert "add rule inet filter ocsp_egress meta skuid 33 ip daddr 192.0.2.53 tcp dport 53 accept\n" in text


@pytest.mark.parametrize(
    "text", ["output", "inet filter", "inet filter output; flush ruleset", "inet fil{ter output", "a b c"]
)
def test_a_chain_must_be_a_chain(text: str) -> None:
    with pytest.raises(FirewallError) as caught:
        nft.parse_chain(text)
    assert caught.value.code == "bad_chain"


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", "null"])
def test_rubbish_is_not_understood(text: str) -> None:
    with pytest.raises(FirewallError) as caught:
        nft.read_ruleset(text)
    assert caught.value.code == "firewall_not_understood"


def test_firewalld_marks_and_never_drops() -> None:
    text = fwd.render_marks(read(), OPENINGS, 33)
    assert "drop" not in text and "reject" not in text and "policy accept" in text
    assert (
        "add rule inet ocsp_egress mark_output meta mark 0 meta skuid 33 ip daddr . tcp dport @mark4 "
        "meta mark set 1868788592" in text.splitlines()
    )
    assert fwd.render_marks(read(), [], 33) == ""


def test_firewalld_files() -> None:
    files = fwd.files(OPENINGS)
    assert "<entry>192.0.2.1,0x6f637370</entry>" in str(files["/etc/firewalld/ipsets/ocsp-egress4.xml"])
    assert 'target="CONTINUE"' in str(files["/etc/firewalld/policies/ocsp-egress.xml"])
    assert set(fwd.files([]).values()) == {None}


def test_firewalld_filters_only_where_a_policy_drops() -> None:
    table = {"table": "firewalld"}
    base = [
        chain("filter_OUTPUT", policy="accept", **table),
        rule(TO_NOWHERE, REJECT, name="filter_OUTPUT", **table),
        rule(jump("filter_OUTPUT_POLICIES"), name="filter_OUTPUT", **table),
        chain("filter_OUTPUT_POLICIES", **table),
    ]
    assert not fwd.filters(read(*base))
    assert fwd.filters(read(*base, rule(DROP, name="filter_OUTPUT_POLICIES", **table)))


def test_what_firewalld_lists_is_compared_without_our_policy_and_the_state_of_now() -> None:
    now = "public (default, active)\n  target: default\n  interfaces: eth0\n  services: ssh\n"
    now += "\nocsp-egress (active)\n  a: b\n"
    kept = "public (default)\n  target: default\n  interfaces: \n  services: ssh\n"
    assert fwd.comparable(now) == fwd.comparable(kept)
    assert fwd.comparable(now) != fwd.comparable(kept.replace("ssh", "ssh http"))
