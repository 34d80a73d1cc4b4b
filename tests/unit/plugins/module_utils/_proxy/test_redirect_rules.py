# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.iptables_ruleset import read_tables
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.nftables_ruleset import (
    Chain,
    ChainId,
    Rule,
    Ruleset,
)
from ansible_collections.stapling.httpd.plugins.module_utils._proxy import redirect_rules as rules

OUTPUT = ChainId("inet", "filter", "output")
SITE = Ruleset(chains=(Chain(OUTPUT, "output", "filter", "drop"),), rules=(), sets={})


def redirect(**changes: object) -> rules.Redirect:
    values: dict[str, object] = {"proxy_uid": 101, "uid": 33, "port": 8888, "versions": (4,), "exempt": ()}
    values.update(changes)
    return rules.redirect(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uid": 101}, "loop"),
        ({"port": 80}, "bad_port"),
        ({"port": 0}, "bad_port"),
        ({"port": 70000}, "bad_port"),
        ({"exempt": ["10.0.0.1/8"]}, "bad_network"),
        ({"exempt": ["10.0.0.0/8; flush ruleset"]}, "bad_network"),
        ({"exempt": ["any"]}, "bad_network"),
    ],
)
def test_a_redirection_that_cannot_work_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(FirewallError) as caught:
        redirect(**changes)
    assert caught.value.code == code


@pytest.mark.parametrize("uid", [33, None])
def test_the_relay_is_exempt_before_anything_else(uid: int | None) -> None:
    request = redirect(uid=uid, versions=(4, 6), exempt=["10.10.10.0/24", "2001:db8::/32"])
    lines = [line.strip() for line in rules.nft_own_table(request).splitlines()]
    first = lines.index("type nat hook output priority -100; policy accept;") + 1
    assert lines[first] == "meta skuid 101 return"
    for version in (4, 6):
        nat = rules.xt_rules(request, version=version, filtered=True)["nat"]
        assert nat[0] == ["-m", "owner", "--uid-owner", "101", "-j", "RETURN"]


def test_nft_for_one_user() -> None:
    text = rules.nft_present(SITE, chains=[OUTPUT], redirect=redirect(versions=(4, 6), exempt=["10.10.10.0/24"]))
    assert text == (
        "table inet ocsp_proxy {\n"
        "  chain output {\n"
        "    type nat hook output priority -100; policy accept;\n"
        "    meta skuid 101 return\n"
        "    meta skuid != 33 return\n"
        "    fib daddr type local return\n"
        "    ip daddr 10.10.10.0/24 return\n"
        "    meta nfproto ipv4 tcp dport 80 redirect to :8888\n"
        "    meta nfproto ipv6 tcp dport 80 redirect to :8888\n"
        "  }\n"
        "}\n"
        "add chain inet filter ocsp_proxy\n"
        "add rule inet filter ocsp_proxy meta skuid 33 ip daddr 127.0.0.1 tcp dport 8888 accept\n"
        "add rule inet filter ocsp_proxy meta skuid 33 ip6 daddr ::1 tcp dport 8888 accept\n"
        "insert rule inet filter output jump ocsp_proxy\n"
    )


def test_nft_for_everybody_without_a_firewall() -> None:
    text = rules.nft_present(Ruleset((), (), {}), chains=[], redirect=redirect(uid=None))
    assert "skuid != " not in text and "jump" not in text and "meta skuid 101 return" in text


def test_a_chain_of_the_other_ip_version_gets_nothing() -> None:
    only6 = ChainId("ip6", "filter", "output")
    assert "ip6 filter" not in rules.nft_present(SITE, chains=[OUTPUT, only6], redirect=redirect())


def live() -> Ruleset:
    accepting = ChainId("inet", "filter", "ocsp_proxy")
    own = ChainId("inet", "ocsp_proxy", "output")
    jump = Rule(OUTPUT, 7, ({"jump": {"target": "ocsp_proxy"}},))
    return Ruleset(
        (*SITE.chains, Chain(accepting, None, None, None), Chain(own, "output", "nat", "accept")), (jump,), {}
    )


def test_nft_takes_out_all_of_the_collection() -> None:
    assert rules.nft_absent(SITE) == ""
    assert rules.nft_absent(live()) == (
        "delete table inet ocsp_proxy\n"
        "delete rule inet filter output handle 7\n"
        "flush chain inet filter ocsp_proxy\n"
        "delete chain inet filter ocsp_proxy\n"
    )


def test_nft_replaces_in_one_transaction() -> None:
    text = rules.nft_present(live(), chains=[OUTPUT], redirect=redirect())
    assert text.startswith(rules.nft_absent(live()))
    assert text.endswith("insert rule inet filter output jump ocsp_proxy\n")


def test_nft_sees_what_is_missing() -> None:
    assert rules.nft_is_complete(live(), chains=[OUTPUT], redirect=redirect())
    assert not rules.nft_is_complete(SITE, chains=[OUTPUT], redirect=redirect())
    assert not rules.nft_is_complete(live(), chains=[OUTPUT, ChainId("ip", "more", "output")], redirect=redirect())
    # No firewall any more: the jump that is left is one too many.
    assert not rules.nft_is_complete(live(), chains=[], redirect=redirect())


def test_nft_refuses_a_name_that_it_could_not_write() -> None:
    with pytest.raises(FirewallError):
        rules.nft_present(SITE, chains=[ChainId("inet", "a b", "output")], redirect=redirect())


BARE = "*filter\n:OUTPUT DROP [0:0]\n-A OUTPUT -o lo -j ACCEPT\nCOMMIT\n"


def test_iptables_there_and_back() -> None:
    request = redirect(exempt=["10.10.10.0/24"])
    own = rules.xt_rules(request, version=4, filtered=True)
    text = rules.xt_render(read_tables(BARE), own)
    assert text == (
        "*filter\n"
        ":OCSP_PROXY - [0:0]\n"
        "-A OCSP_PROXY -d 127.0.0.1/32 -p tcp -m tcp --dport 8888 -m owner --uid-owner 33 -j ACCEPT\n"
        "-I OUTPUT 1 -j OCSP_PROXY\n"
        "COMMIT\n"
        "*nat\n"
        ":OCSP_PROXY - [0:0]\n"
        "-A OCSP_PROXY -m owner --uid-owner 101 -j RETURN\n"
        "-A OCSP_PROXY -m addrtype --dst-type LOCAL -j RETURN\n"
        "-A OCSP_PROXY -d 10.10.10.0/24 -j RETURN\n"
        "-A OCSP_PROXY -p tcp -m tcp --dport 80 -m owner --uid-owner 33 -j REDIRECT --to-ports 8888\n"
        "-I OUTPUT 1 -j OCSP_PROXY\n"
        "COMMIT\n"
    )
    made = (
        BARE.replace("-A OUTPUT -o", "-A OUTPUT -j OCSP_PROXY\n-A OUTPUT -o").replace(
            "COMMIT\n",
            ":OCSP_PROXY - [0:0]\n" + "".join(f"-A OCSP_PROXY {' '.join(w)}\n" for w in own["filter"]) + "COMMIT\n",
        )
        + "*nat\n:OUTPUT ACCEPT [0:0]\n:OCSP_PROXY - [0:0]\n-A OUTPUT -j OCSP_PROXY\n"
        + "".join(f"-A OCSP_PROXY {' '.join(w)}\n" for w in own["nat"])
        + "COMMIT\n"
    )
    saved = read_tables(made)
    assert rules.xt_own(saved) == own
    assert rules.xt_render(saved, own) == ""
    assert rules.xt_render(saved, {}) == (
        "*filter\n-D OUTPUT -j OCSP_PROXY\n-F OCSP_PROXY\n-X OCSP_PROXY\nCOMMIT\n"
        "*nat\n-D OUTPUT -j OCSP_PROXY\n-F OCSP_PROXY\n-X OCSP_PROXY\nCOMMIT\n"
    )


def test_iptables_of_an_ip_version_that_the_relay_does_not_serve() -> None:
    assert rules.xt_rules(redirect(), version=6, filtered=True) == {}
    assert rules.xt_render(read_tables(BARE), {}) == ""


def test_iptables_adds_no_filter_rule_where_nothing_is_closed() -> None:
    assert list(rules.xt_rules(redirect(), version=4, filtered=False)) == ["nat"]
