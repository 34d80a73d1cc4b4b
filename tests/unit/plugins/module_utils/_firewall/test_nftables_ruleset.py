# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.nftables_ruleset import (
    ChainId,
    is_xtables,
    parse_chain,
    read_ruleset,
    require_plain_names,
    site_chains,
    unreachable_chains,
    xtables_chains,
)
from ansible_collections.stapling.httpd.tests.unit.support.nftables import (
    DROP,
    NOT_ESTABLISHED,
    OUTPUT,
    REJECT,
    chain,
    jump,
    read,
    rule,
)


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
def test_a_chain_of_the_site_that_may_drop_is_found(items: list[dict[str, Any]]) -> None:
    assert site_chains(read(*items)) == [OUTPUT]


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
def test_a_chain_that_drops_no_new_output_is_left_alone(items: list[dict[str, Any]]) -> None:
    assert site_chains(read(*items)) == []


def test_places_where_an_opening_would_not_help() -> None:
    ruleset = read(
        chain("a", type="route", policy="drop"),
        chain("b", hook="postrouting", policy="accept"),
        rule(DROP, name="b"),
        chain("c", type="nat", policy="accept"),
        chain(policy="drop"),
    )
    assert [item.name for item in unreachable_chains(ruleset)] == ["a", "b"]


@pytest.mark.parametrize(
    "text", ["output", "inet filter", "inet filter output; flush ruleset", "inet fil{ter output", "a b c"]
)
def test_a_chain_must_be_a_chain(text: str) -> None:
    with pytest.raises(FirewallError) as caught:
        parse_chain(text)
    assert caught.value.code == "bad_chain"


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", "null"])
def test_text_that_is_no_ruleset_is_refused(text: str) -> None:
    with pytest.raises(FirewallError) as caught:
        read_ruleset(text)
    assert caught.value.code == "firewall_not_understood"


def test_a_chain_of_iptables_is_told_from_one_of_the_site() -> None:
    ruleset = read(
        chain("OUTPUT", family="ip", policy="drop"), chain("wall", table="filter", family="ip6", policy="drop")
    )
    iptables, site = ChainId("ip", "filter", "OUTPUT"), ChainId("ip6", "filter", "wall")
    assert is_xtables(iptables, ruleset) and not is_xtables(site, ruleset)
    assert xtables_chains(ruleset) == [iptables]
    assert site_chains(ruleset) == [site]


def test_a_chain_is_named_as_nft_names_it() -> None:
    assert parse_chain("inet filter output") == OUTPUT
    assert str(OUTPUT) == "inet filter output"
    assert [ChainId(family, "t", "c").versions for family in ("ip", "ip6", "inet")] == [(4,), (6,), (4, 6)]


def test_a_name_that_cannot_be_written_in_a_rule_is_refused() -> None:
    require_plain_names(OUTPUT)
    with pytest.raises(FirewallError) as caught:
        require_plain_names(ChainId("inet", "a b", "output"))
    assert caught.value.code == "firewall_not_understood"
