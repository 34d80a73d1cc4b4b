# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import rules_nftables as nft
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import Opening
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.nftables_ruleset import ChainId, Rule, Ruleset
from ansible_collections.stapling.httpd.tests.unit.support.nftables import DROP, OUTPUT, SITE, chain, jump, read, rule

OPENINGS = [Opening(4, "192.0.2.1", 80), Opening(6, "2001:db8::1", 8080)]


def live(transaction: str, openings: list[Opening], uid: int | None) -> Ruleset:
    """Return the site's ruleset as nft lists it once the transaction has taken effect."""
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
    own = [rule(*shown, name=nft.CHAIN) for text, shown in nft.own_rules(openings, (4, 6), uid)]
    return read(*sets, *SITE[:1], rule(jump(nft.CHAIN), handle=9), *SITE[1:], chain(nft.CHAIN), *own)


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
    assert nft.current_openings(ruleset) == ["tcp 192.0.2.1:80", "tcp [2001:db8::1]:8080"]


@pytest.mark.parametrize(("openings", "uid"), [(OPENINGS[:1], 33), (OPENINGS, 34), (OPENINGS, None)])
def test_each_difference_is_a_change(openings: list[Opening], uid: int | None) -> None:
    ruleset = live("x", OPENINGS, 33)
    text = nft.render_present(ruleset, chains=[OUTPUT], openings=openings, uid=uid)
    assert "delete rule inet filter output handle 9\n" in text
    assert text.endswith("insert rule inet filter output jump ocsp_egress\n")


def test_a_jump_that_is_not_reached_is_moved() -> None:
    ruleset = live("x", OPENINGS, 33)
    rules = [item for item in ruleset.rules if item.expr != (jump(nft.CHAIN),)]
    last = Rule(OUTPUT, 9, (jump(nft.CHAIN),))
    ruleset = Ruleset(ruleset.chains, (*rules, Rule(OUTPUT, 8, (DROP,)), last), ruleset.sets)
    assert "delete rule inet filter output handle 9\n" in nft.render_present(
        ruleset, chains=[OUTPUT], openings=OPENINGS, uid=33
    )


def test_closing_takes_out_all_of_the_collection() -> None:
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
    other = ChainId("ip", "wall", "out")
    text = nft.render_present(ruleset, chains=[other], openings=OPENINGS, uid=33)
    assert text.startswith("delete rule inet filter output handle 9\n")
    assert "add element ip wall ocsp_egress4 { 192.0.2.1 . 80 }" in text
    assert "2001:db8::1" not in text  # an ip table has no place for it


def test_name_servers_get_rules_of_their_own() -> None:
    dns = [Opening(4, "192.0.2.53", 53, "tcp"), Opening(4, "192.0.2.53", 53, "udp")]
    text = nft.render_present(read(*SITE), chains=[OUTPUT], openings=[*OPENINGS, *dns], uid=33)
    assert "add rule inet filter ocsp_egress meta skuid 33 ip daddr 192.0.2.53 udp dport 53 accept\n" in text
    assert "add rule inet filter ocsp_egress meta skuid 33 ip daddr 192.0.2.53 tcp dport 53 accept\n" in text
