# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Output to port 80 goes to the relay instead: the rules, as nft and iptables-restore read them. Pure, no I/O.

Two things are needed. A redirection, in a place of its own. And, where the site filters output, a way to the relay: a
redirected packet still counts as one that leaves by the network's interface, so the usual "loopback is free" does not
let it pass. The way is a chain of the collection, to which each filtering chain of the site gets a jump.

The relay's own user is exempt by the first rule, whatever else is asked for. So there is no loop.
"""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from .._firewall.errors import FirewallError
from .._firewall.iptables_ruleset import BITS, Table, render_table
from .._firewall.nftables_ruleset import ChainId, Ruleset, require_plain_names

NFT_NAME = "ocsp_proxy"
XT_CHAIN = "OCSP_PROXY"
PORT = 80

_LOOPBACK = {4: "127.0.0.1", 6: "::1"}
_FAMILY = {4: "ip", 6: "ip6"}
_PROTOCOL = {4: "ipv4", 6: "ipv6"}


@dataclass(frozen=True)
class Redirect:
    """Whose requests go to the relay, in numbers and networks only: nothing here needs quoting."""

    proxy_uid: int
    uid: int | None  # null is everybody but the relay
    port: int
    versions: tuple[int, ...] = (4,)
    exempt: tuple[str, ...] = ()

    def exempt_of(self, version: int) -> list[str]:
        """Return the exempt networks of one IP version."""
        return [item for item in self.exempt if ipaddress.ip_network(item).version == version]


def redirect(
    *, proxy_uid: int, uid: int | None, port: int, versions: t.Sequence[int], exempt: t.Sequence[str]
) -> Redirect:
    """Return the Redirect, or raise FirewallError for what would loop or cannot be written in a rule."""
    if uid == proxy_uid:
        raise FirewallError("loop", "the requests to be redirected are those of the relay itself")
    if not 1 <= port <= 65535 or port == PORT:
        raise FirewallError("bad_port", f"the relay cannot listen on port {port}")
    networks = []
    for item in exempt:
        try:
            networks.append(str(ipaddress.ip_network(item)))
        except ValueError:
            raise FirewallError("bad_network", f"{item[:60]!r} is not a network, such as 10.10.10.0/24") from None
    return Redirect(proxy_uid, uid, port, tuple(sorted(versions)), tuple(sorted(set(networks))))


# --- nftables


def nft_own_table(redirect: Redirect) -> str:
    """Return the redirection, in a table of its own."""
    lines = [f"meta skuid {redirect.proxy_uid} return"]
    if redirect.uid is not None:
        lines.append(f"meta skuid != {redirect.uid} return")
    lines.append("fib daddr type local return")
    for version in redirect.versions:
        lines += [f"{_FAMILY[version]} daddr {network} return" for network in redirect.exempt_of(version)]
    lines += [
        f"meta nfproto {_PROTOCOL[version]} tcp dport {PORT} redirect to :{redirect.port}"
        for version in redirect.versions
    ]
    body = "".join(f"    {line}\n" for line in lines)
    return (
        f"table inet {NFT_NAME} {{\n  chain output {{\n    type nat hook output priority -100; policy accept;\n"
        f"{body}  }}\n}}\n"
    )


def _nft_accepts(redirect: Redirect, family: str) -> list[str]:
    who = "" if redirect.uid is None else f"meta skuid {redirect.uid} "
    versions = {"ip": (4,), "ip6": (6,)}.get(family, (4, 6))
    return [
        f"{who}{_FAMILY[version]} daddr {_LOOPBACK[version]} tcp dport {redirect.port} accept"
        for version in redirect.versions
        if version in versions
    ]


def _nft_jumps(ruleset: Ruleset) -> list[tuple[ChainId, int]]:
    jump = ({"jump": {"target": NFT_NAME}},)
    return [(rule.chain, rule.handle) for rule in ruleset.rules if rule.expr == jump]


def _nft_accept_chains(ruleset: Ruleset) -> list[ChainId]:
    return [chain.id for chain in ruleset.chains if chain.id.name == NFT_NAME and not chain.hook]


def nft_has_table(ruleset: Ruleset) -> bool:
    """Tell whether the table of the redirection is there."""
    return any((chain.id.family, chain.id.table) == ("inet", NFT_NAME) for chain in ruleset.chains)


def nft_absent(ruleset: Ruleset) -> str:
    """Return the transaction that takes out all of the collection; empty when there is nothing."""
    lines = [f"delete table inet {NFT_NAME}"] if nft_has_table(ruleset) else []
    lines += [f"delete rule {chain} handle {handle}" for chain, handle in _nft_jumps(ruleset)]
    for chain in _nft_accept_chains(ruleset):
        lines += [f"flush chain {chain}", f"delete chain {chain}"]
    return "".join(line + "\n" for line in lines)


def nft_present(ruleset: Ruleset, *, chains: t.Sequence[ChainId], redirect: Redirect) -> str:
    """Return the transaction from whatever is there to the redirection."""
    for chain in chains:
        require_plain_names(chain)
    lines = []
    for family, table in sorted(
        {(chain.family, chain.table) for chain in chains if _nft_accepts(redirect, chain.family)}
    ):
        accepting = f"{family} {table} {NFT_NAME}"
        lines += [
            f"add chain {accepting}",
            *(f"add rule {accepting} {text}" for text in _nft_accepts(redirect, family)),
        ]
    lines += [f"insert rule {chain} jump {NFT_NAME}" for chain in chains if _nft_accepts(redirect, chain.family)]
    return nft_absent(ruleset) + nft_own_table(redirect) + "".join(line + "\n" for line in lines)


def nft_is_complete(ruleset: Ruleset, *, chains: t.Sequence[ChainId], redirect: Redirect) -> bool:
    """Tell whether table and jumps are all there; what is inside the chains is compared by their listing."""
    needed = sorted(chain for chain in chains if _nft_accepts(redirect, chain.family))
    return nft_has_table(ruleset) and sorted(chain for chain, handle in _nft_jumps(ruleset)) == needed


def nft_own_listings(ruleset: Ruleset) -> list[list[str]]:
    """Return the arguments with which nft lists what is of the collection."""
    listings = [["table", "inet", NFT_NAME]] if nft_has_table(ruleset) else []
    return listings + [["chain", chain.family, chain.table, chain.name] for chain in _nft_accept_chains(ruleset)]


# --- iptables


def xt_rules(redirect: Redirect, *, version: int, filtered: bool) -> dict[str, list[list[str]]]:
    """Return the rules of the chain in each table, word for word as iptables-save prints them."""
    if version not in redirect.versions:
        return {}
    who = [] if redirect.uid is None else ["-m", "owner", "--uid-owner", str(redirect.uid)]
    nat = [
        ["-m", "owner", "--uid-owner", str(redirect.proxy_uid), "-j", "RETURN"],
        ["-m", "addrtype", "--dst-type", "LOCAL", "-j", "RETURN"],
        *(["-d", network, "-j", "RETURN"] for network in redirect.exempt_of(version)),
        ["-p", "tcp", "-m", "tcp", "--dport", str(PORT), *who, "-j", "REDIRECT", "--to-ports", str(redirect.port)],
    ]
    to_relay = [
        "-d",
        f"{_LOOPBACK[version]}/{BITS[version]}",
        "-p",
        "tcp",
        "-m",
        "tcp",
        "--dport",
        str(redirect.port),
        *who,
    ]
    return {"nat": nat, **({"filter": [[*to_relay, "-j", "ACCEPT"]]} if filtered else {})}


def xt_render(tables: t.Mapping[str, Table], rules: t.Mapping[str, t.Sequence[t.Sequence[str]]]) -> str:
    """Return the input of iptables-restore --noflush that leads to these rules; empty when all is so already.

    The filter comes first: nothing is redirected before the relay can be reached.
    """
    text = ""
    for name in ("filter", "nat"):
        table = tables.get(name, Table())
        own = [list(words) for words in rules.get(name, [])]
        jumps = [holder for holder, _position in table.jumps_to(XT_CHAIN)]
        if table.rules.get(XT_CHAIN) == (own or None) and jumps == (["OUTPUT"] if own else []):
            continue
        text += render_table(table, name=name, chain=XT_CHAIN, rules=own)
    return text


def xt_own(tables: t.Mapping[str, Table]) -> dict[str, list[list[str]]]:
    """Return the rules in the chains of the collection, by table, for the way back."""
    return {name: table.rules[XT_CHAIN] for name, table in tables.items() if XT_CHAIN in table.rules}
