# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""firewalld: the files and rules that make up an opening. Pure, no I/O.

firewalld can match neither a user nor a port together with a set of addresses in an output policy, and its table must
not be touched from outside. So a table of the collection, which can only mark packets and never drop one, marks what
httpd's user sends to a responder's address and port; and a policy of firewalld, in files of the collection, accepts
packets that go to one of these addresses and bear the mark. Each half alone opens nothing.
"""

from __future__ import annotations

import typing as t

from .._firewall.nftables_ruleset import ChainId, Ruleset, can_drop, is_firewalld
from . import rules_nftables as nft
from .policy import Opening

NAME = "ocsp-egress"
DIRECTORY = "/etc/firewalld"
MARK = 0x6F637370  # "ocsp"
TABLE = ChainId("inet", "ocsp_egress", "mark_output")
SETS = {4: "mark4", 6: "mark6"}
IPSETS = {4: f"{NAME}4", 6: f"{NAME}6"}

POLICY_FILE = f"{DIRECTORY}/policies/{NAME}.xml"
IPSET_FILES = {version: f"{DIRECTORY}/ipsets/{name}.xml" for version, name in IPSETS.items()}

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<!-- Managed by stapling.httpd -->\n'
# Before any policy of the site that drops.
_POLICY = f"""{_HEAD}<policy priority="-30000" target="CONTINUE">
  <short>{NAME}</short>
  <ingress-zone name="HOST"/>
  <egress-zone name="ANY"/>
  <rule family="ipv4">
    <destination ipset="{IPSETS[4]}"/>
    <accept/>
  </rule>
  <rule family="ipv6">
    <destination ipset="{IPSETS[6]}"/>
    <accept/>
  </rule>
</policy>
"""
_OUTPUT_CHAIN = "filter_OUTPUT_POLICIES"
_LIVE_CHAIN = f"filter_OUT_policy_{NAME}_allow"


def addresses(openings: t.Sequence[Opening], version: int) -> list[str]:
    """Return the addresses of one IP version, each once."""
    return sorted({item.address for item in openings if item.version == version})


def entry(address: str) -> str:
    """Return the entry of an ipset: the address, and the mark that a packet must bear."""
    return f"{address},{MARK:#x}"


def files(openings: t.Sequence[Opening]) -> dict[str, str | None]:
    """Return the content of each file of the collection; None where there is to be no such file."""
    if not openings:
        return {POLICY_FILE: None, **dict.fromkeys(IPSET_FILES.values())}
    texts: dict[str, str | None] = {POLICY_FILE: _POLICY}
    for version, path in IPSET_FILES.items():
        family = "inet6" if version == 6 else "inet"
        lines = [f"  <entry>{entry(address)}</entry>\n" for address in addresses(openings, version)]
        option = f'  <option name="family" value="{family}"/>\n'
        texts[path] = f'{_HEAD}<ipset type="hash:ip,mark">\n{option}{"".join(lines)}</ipset>\n'
    return texts


def filters(ruleset: Ruleset) -> bool:
    """Tell whether a policy of the site may drop what leaves this host."""
    return any(
        is_firewalld(chain.id) and chain.id.name.startswith(_OUTPUT_CHAIN) and can_drop(chain.id, ruleset)
        for chain in ruleset.chains
    )


def policy_is_live(ruleset: Ruleset) -> bool:
    """Tell whether firewalld has loaded the policy of the collection."""
    return ruleset.chain(ChainId("inet", "firewalld", _LIVE_CHAIN)) is not None


def live_addresses(ruleset: Ruleset, version: int) -> set[str] | None:
    """Return the addresses in the live set of firewalld; None where there is no such set."""
    table = ChainId("inet", "firewalld", "")
    pairs = nft.live_elements(ruleset, table, version, name=IPSETS[version], second="mark")
    return None if pairs is None else {address for address, mark in pairs if mark == MARK}


def _is_up_to_date(ruleset: Ruleset, openings: t.Sequence[Opening], uid: int | None) -> bool:
    chain = ruleset.chain(TABLE)
    if chain is None or (chain.hook, chain.type, chain.policy) != ("output", "filter", "accept"):
        return False
    for version in TABLE.versions:
        live = nft.live_elements(ruleset, TABLE, version, name=SETS[version])
        if live != set(nft.elements(openings, version)):
            return False
    shown = [rule for text, rule in nft.own_rules(openings, TABLE.versions, uid, sets=SETS, mark=MARK)]
    return [list(rule.expr) for rule in ruleset.rules_of(TABLE)] == shown


def render_marks(ruleset: Ruleset, openings: t.Sequence[Opening], uid: int | None) -> str:
    """Return the transaction that leads to the requested marks, empty when they are there already.

    Without openings the table goes.
    """
    there = any((chain.id.family, chain.id.table) == (TABLE.family, TABLE.table) for chain in ruleset.chains)
    where = f"{TABLE.family} {TABLE.table}"
    if not openings:
        return f"delete table {where}\n" if there else ""
    if _is_up_to_date(ruleset, openings, uid):
        return ""
    lines = [f"add table {where}", f"delete table {where}", f"add table {where}"]
    for version in TABLE.versions:
        kind = "ipv6_addr" if version == 6 else "ipv4_addr"
        lines.append(f"add set {where} {SETS[version]} {{ type {kind} . inet_service; }}")
        elements = ", ".join(f"{address} . {port}" for address, port in nft.elements(openings, version))
        if elements:
            lines.append(f"add element {where} {SETS[version]} {{ {elements} }}")
    lines.append(f"add chain {TABLE} {{ type filter hook output priority -150; policy accept; }}")
    rules = nft.own_rules(openings, TABLE.versions, uid, sets=SETS, mark=MARK)
    lines += [f"add rule {TABLE} {text}" for text, shown in rules]
    return "".join(line + "\n" for line in lines)


def current_openings(ruleset: Ruleset) -> list[str]:
    """Return what the marking table lets out, a line for each opening."""
    return sorted(nft.openings_in(ruleset, TABLE, SETS))


def comparable(listing: str) -> str:
    """Return what firewall-cmd lists, without the policy of the collection and what is known at run time only."""
    blocks = []
    for block in listing.split("\n\n"):
        lines = [line.rstrip() for line in block.strip("\n").splitlines() if not line.startswith("  interfaces:")]
        if not lines or lines[0].split(" (")[0] == NAME:
            continue
        lines[0] = lines[0].split(" (")[0]
        blocks.append("\n".join(lines))
    return "\n\n".join(sorted(blocks))
