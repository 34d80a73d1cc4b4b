# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Output to port 80 goes to the relay instead: the rules, as nft and iptables-restore read them. Pure, no I/O.

Two things are needed. A redirection, in a place of its own. And, where the site filters output, a way to the relay: a
redirected packet still counts as one that leaves by the network's interface, so the usual "loopback is free" does not
let it pass. The way is a chain of ours, to which each filtering chain of the site gets a jump.

The relay's own user is exempt by the first rule, whatever else is asked for. So there is no loop.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
import typing as t
from dataclasses import dataclass, field

from .._egress.rules_nftables import ChainId, Ruleset
from .._firewall.errors import FirewallError

NFT_NAME = "ocsp_proxy"
XT_CHAIN = "OCSP_PROXY"
PORT = 80

_LOOPBACK = {4: "127.0.0.1", 6: "::1"}
_FAMILY = {4: "ip", 6: "ip6"}
_PROTOCOL = {4: "ipv4", 6: "ipv6"}
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9/\\_.]*\Z")


@dataclass(frozen=True)
class Redirect:
    """Whose requests go to the relay, in numbers and networks only: nothing here needs quoting."""

    proxy_uid: int
    uid: int | None  # null is everybody but the relay
    port: int
    versions: tuple[int, ...] = (4,)
    exempt: tuple[str, ...] = ()

    def exempt_of(self, version: int) -> list[str]:
        return [item for item in self.exempt if ipaddress.ip_network(item).version == version]


def redirect(
    *, proxy_uid: int, uid: int | None, port: int, versions: t.Sequence[int], exempt: t.Sequence[str]
) -> Redirect:
    """A checked Redirect, or FirewallError."""
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


def nft_own_table(wanted: Redirect) -> str:
    """The redirection, in a table that is ours alone."""
    lines = [f"meta skuid {wanted.proxy_uid} return"]
    if wanted.uid is not None:
        lines.append(f"meta skuid != {wanted.uid} return")
    lines.append("fib daddr type local return")
    for version in wanted.versions:
        lines += [f"{_FAMILY[version]} daddr {network} return" for network in wanted.exempt_of(version)]
    lines += [
        f"meta nfproto {_PROTOCOL[version]} tcp dport {PORT} redirect to :{wanted.port}" for version in wanted.versions
    ]
    body = "".join(f"    {line}\n" for line in lines)
    return (
        f"table inet {NFT_NAME} {{\n  chain output {{\n    type nat hook output priority -100; policy accept;\n"
        f"{body}  }}\n}}\n"
    )


def _nft_way(wanted: Redirect, family: str) -> list[str]:
    who = "" if wanted.uid is None else f"meta skuid {wanted.uid} "
    versions = {"ip": (4,), "ip6": (6,)}.get(family, (4, 6))
    return [
        f"{who}{_FAMILY[version]} daddr {_LOOPBACK[version]} tcp dport {wanted.port} accept"
        for version in wanted.versions
        if version in versions
    ]


def _nft_jumps(ruleset: Ruleset) -> list[tuple[ChainId, int]]:
    jump = ({"jump": {"target": NFT_NAME}},)
    return [(rule.chain, rule.handle) for rule in ruleset.rules if rule.expr == jump]


def _nft_ways(ruleset: Ruleset) -> list[ChainId]:
    return [chain.id for chain in ruleset.chains if chain.id.name == NFT_NAME and not chain.hook]


def nft_has_table(ruleset: Ruleset) -> bool:
    return any((chain.id.family, chain.id.table) == ("inet", NFT_NAME) for chain in ruleset.chains)


def nft_absent(ruleset: Ruleset) -> str:
    """The transaction that takes out all that is ours; empty when there is nothing."""
    lines = [f"delete table inet {NFT_NAME}"] if nft_has_table(ruleset) else []
    lines += [f"delete rule {chain} handle {handle}" for chain, handle in _nft_jumps(ruleset)]
    for chain in _nft_ways(ruleset):
        lines += [f"flush chain {chain}", f"delete chain {chain}"]
    return "".join(line + "\n" for line in lines)


def nft_present(ruleset: Ruleset, *, chains: t.Sequence[ChainId], wanted: Redirect) -> str:
    """The transaction from whatever is there to what is wanted."""
    for chain in chains:
        if not all(_IDENTIFIER.match(part) for part in (chain.table, chain.name)):
            raise FirewallError(
                "firewall_not_understood", f"the chain {chain} has a name that cannot be written in a rule"
            )
    lines = []
    for family, table in sorted({(chain.family, chain.table) for chain in chains if _nft_way(wanted, chain.family)}):
        way = f"{family} {table} {NFT_NAME}"
        lines += [f"add chain {way}", *(f"add rule {way} {text}" for text in _nft_way(wanted, family))]
    lines += [f"insert rule {chain} jump {NFT_NAME}" for chain in chains if _nft_way(wanted, chain.family)]
    return nft_absent(ruleset) + nft_own_table(wanted) + "".join(line + "\n" for line in lines)


def nft_as_wanted(ruleset: Ruleset, *, chains: t.Sequence[ChainId], wanted: Redirect) -> bool:
    """Whether all that should be there is, by its outline; what stands inside is compared by its own listing."""
    needed = sorted(chain for chain in chains if _nft_way(wanted, chain.family))
    return nft_has_table(ruleset) and sorted(chain for chain, handle in _nft_jumps(ruleset)) == needed


def nft_own_listings(ruleset: Ruleset) -> list[list[str]]:
    """The arguments of nft that list what is ours."""
    listings = [["table", "inet", NFT_NAME]] if nft_has_table(ruleset) else []
    return listings + [["chain", chain.family, chain.table, chain.name] for chain in _nft_ways(ruleset)]


# --- iptables


@dataclass
class Saved:
    """What iptables-save prints, table by table: its chains, and the rules of each."""

    tables: dict[str, dict[str, list[list[str]]]] = field(default_factory=dict)


def read_saved(text: str) -> Saved:
    saved = Saved()
    chains: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        if line.startswith("*"):
            chains = saved.tables.setdefault(line[1:].strip(), {})
        elif line.startswith(":"):
            chains.setdefault(line[1:].split()[0], [])
        elif line.startswith("-A "):
            words = shlex.split(line)
            chains.setdefault(words[1], []).append(words[2:])
    return saved


def xt_rules(wanted: Redirect, *, version: int, filtered: bool) -> dict[str, list[list[str]]]:
    """The rules of our chain in each table, word for word as iptables-save prints them."""
    if version not in wanted.versions:
        return {}
    who = [] if wanted.uid is None else ["-m", "owner", "--uid-owner", str(wanted.uid)]
    bits = {4: 32, 6: 128}[version]
    nat = [
        ["-m", "owner", "--uid-owner", str(wanted.proxy_uid), "-j", "RETURN"],
        ["-m", "addrtype", "--dst-type", "LOCAL", "-j", "RETURN"],
        *(["-d", network, "-j", "RETURN"] for network in wanted.exempt_of(version)),
        ["-p", "tcp", "-m", "tcp", "--dport", str(PORT), *who, "-j", "REDIRECT", "--to-ports", str(wanted.port)],
    ]
    way = ["-d", f"{_LOOPBACK[version]}/{bits}", "-p", "tcp", "-m", "tcp", "--dport", str(wanted.port), *who]
    return {"nat": nat, **({"filter": [[*way, "-j", "ACCEPT"]]} if filtered else {})}


def xt_render(saved: Saved, rules: t.Mapping[str, t.Sequence[t.Sequence[str]]]) -> str:
    """The input of iptables-restore --noflush that leads there; empty when all is so already.

    The filter comes first: nothing is redirected before the way is open.
    """
    text = ""
    for table in ("filter", "nat"):
        chains = saved.tables.get(table, {})
        wanted = [list(words) for words in rules.get(table, [])]
        ours = chains.get(XT_CHAIN)
        jumps = [name for name, old in chains.items() for words in old if words == ["-j", XT_CHAIN]]
        if ours == (wanted or None) and jumps == (["OUTPUT"] if wanted else []):
            continue
        lines = [f":{XT_CHAIN} - [0:0]", *(f"-A {XT_CHAIN} {' '.join(words)}" for words in wanted)] if wanted else []
        lines += [f"-D {name} -j {XT_CHAIN}" for name in jumps]
        if wanted:
            lines.append(f"-I OUTPUT 1 -j {XT_CHAIN}")
        elif ours is not None:
            lines += [f"-F {XT_CHAIN}", f"-X {XT_CHAIN}"]
        text += "".join(line + "\n" for line in (f"*{table}", *lines, "COMMIT"))
    return text


def xt_own(saved: Saved) -> dict[str, list[list[str]]]:
    """What is in our chains now, for the way back."""
    return {table: chains[XT_CHAIN] for table, chains in saved.tables.items() if XT_CHAIN in chains}


def xt_without_own(text: str) -> str:
    """A saved ruleset without our lines, should somebody have saved it while they were live."""
    jump = re.compile(rf"(\[\d+:\d+\] )?-A \S+ -j {XT_CHAIN}\s*\Z")
    own = re.compile(rf"(\[\d+:\d+\] )?(:{XT_CHAIN} |-A {XT_CHAIN} )")
    return "".join(line for line in text.splitlines(keepends=True) if not jump.match(line) and not own.match(line))
