# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""iptables: write the input of C(iptables-restore --noflush) that opens the path, or closes it. Pure, no I/O.

The opening is a chain of the collection and a jump to it at the head of OUTPUT, or of the chain that the site names.
One iptables-restore carries all of one IP version: it takes effect as a whole or not at all.
"""

from __future__ import annotations

import typing as t

from .._firewall.iptables_ruleset import BITS, Table, render_table
from .policy import Opening

CHAIN = "OCSP_EGRESS"


def own_rules(openings: t.Sequence[Opening], *, version: int, uid: int | None) -> list[list[str]]:
    """Return the rules of the chain, word for word as iptables-save prints them."""
    who = [] if uid is None else ["-m", "owner", "--uid-owner", str(uid)]
    return [
        [
            *("-d", f"{item.address}/{BITS[version]}", "-p", item.protocol, "-m", item.protocol),
            *("--dport", str(item.port), *who, "-j", "ACCEPT"),
        ]
        for item in openings
        if item.version == version
    ]


def _reached(table: Table, chain: str) -> bool:
    """Tell whether the only jump is in this chain, and no bare verdict stands before it."""
    jumps = table.jumps_to(CHAIN)
    if len(jumps) != 1 or jumps[0][0] != chain:
        return False
    return not any(
        len(words) >= 2 and words[0] in ("-j", "-g") and words[1] in ("DROP", "REJECT", "ACCEPT", "RETURN")
        for words in table.rules[chain][: jumps[0][1]]
    )


def render(table: Table, *, chain: str, rules: t.Sequence[t.Sequence[str]]) -> str:
    """Return the input of iptables-restore that leads to these rules; empty when they are there already.

    `chain` is the one that jumps to them. Without rules, all of the collection goes.
    """
    if rules and table.rules.get(CHAIN) == [list(words) for words in rules] and _reached(table, chain):
        return ""
    return render_table(table, name="filter", chain=CHAIN, rules=rules, jump_from=chain)


def after(table: Table, *, chain: str, rules: t.Sequence[t.Sequence[str]]) -> Table:
    """Return the table as it is once what `render` wrote has taken effect."""
    changed = {
        name: [words for words in old if words != ["-j", CHAIN]] for name, old in table.rules.items() if name != CHAIN
    }
    if rules:
        changed[CHAIN] = [list(words) for words in rules]
        changed[chain] = [["-j", CHAIN], *changed.get(chain, [])]
    return Table(dict(table.policies), changed)


def current_openings(table: Table, version: int) -> list[str]:
    """Return what the collection has opened, a line for each opening."""
    lines = []
    for words in table.rules.get(CHAIN, []):
        value = {flag: words[at + 1] for at, flag in enumerate(words[:-1]) if flag in ("-d", "-p", "--dport")}
        if len(value) == 3 and value["--dport"].isdigit():
            address = value["-d"].split("/")[0]
            lines.append(Opening(version, address, int(value["--dport"]), value["-p"]).line)
    return sorted(lines)
