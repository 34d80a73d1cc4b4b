# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""iptables: understand C(iptables-save), and write the input of C(iptables-restore --noflush). Pure, no I/O.

The opening is a chain of ours and a jump to it at the head of OUTPUT, or of the chain that the site names. One
iptables-restore carries all of one IP version: it takes effect as a whole or not at all.
"""

from __future__ import annotations

import re
import shlex
import typing as t
from dataclasses import dataclass, field

from .._firewall.errors import FirewallError
from .policy import Opening

CHAIN = "OCSP_EGRESS"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,27}\Z")
_BUILT_IN = ("INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING")
_BITS = {4: 32, 6: 128}


@dataclass
class Table:
    """The filter table as C(iptables-save -t filter) prints it."""

    policies: dict[str, str] = field(default_factory=dict)
    rules: dict[str, list[list[str]]] = field(default_factory=dict)


def read_table(text: str) -> Table:
    table = Table()
    current = ""
    for line in text.splitlines():
        if line.startswith("*"):
            current = line[1:].strip()
        elif current != "filter":
            continue
        elif line.startswith(":"):
            name, policy = line[1:].split()[:2]
            table.policies[name] = policy
            table.rules.setdefault(name, [])
        elif line.startswith("-A "):
            words = shlex.split(line)
            table.rules.setdefault(words[1], []).append(words[2:])
    return table


def _target(words: t.Sequence[str]) -> str:
    for flag in ("-j", "-g"):
        if flag in words[:-1]:
            return words[words.index(flag) + 1]
    return ""


def _only_not_new(words: t.Sequence[str]) -> bool:
    for flag in ("--ctstate", "--state"):
        if flag in words[:-1]:
            at = words.index(flag)
            states = words[at + 1].split(",")
            return words[at - 1] != "!" and not {"NEW", "UNTRACKED"} & set(states)
    return False


def can_drop(table: Table, chain: str = "OUTPUT", _seen: frozenset[str] = frozenset()) -> bool:
    """Whether a new connection may be dropped in the chain or in one that it leads to."""
    if table.policies.get(chain) == "DROP":
        return True
    for words in table.rules.get(chain, []):
        if _only_not_new(words):
            continue
        target = _target(words)
        if target in ("DROP", "REJECT", "NFQUEUE", "TARPIT"):
            return True
        if target in table.rules and target not in _seen and can_drop(table, target, _seen | {chain, target}):
            return True
    return False


def parse_chain(text: str) -> str:
    if not _NAME.match(text):
        raise FirewallError("bad_chain", f"{text!r} is not a chain of iptables; write it as: OUTPUT")
    return text


def unknown_chains(text: str, live: t.Collection[str] = ()) -> list[str]:
    """Chains that a saved ruleset adds to and that are not there, which iptables-restore --test does not see."""
    known: set[str] = set()
    missing = []
    for line in text.splitlines():
        words = line.split()
        if line.startswith("*"):
            known = {*_BUILT_IN, *(live if line.strip() == "*filter" else ())}
        elif line.startswith(":"):
            known.add(words[0][1:])
        elif words and words[0].startswith("["):
            words = words[1:]
        if len(words) > 1 and words[0] in ("-A", "-I") and words[1] not in known:
            missing.append(words[1])
    return missing


def own_rules(openings: t.Sequence[Opening], *, version: int, uid: int | None) -> list[list[str]]:
    """The rules of our chain, word for word as iptables-save prints them."""
    who = [] if uid is None else ["-m", "owner", "--uid-owner", str(uid)]
    return [
        [
            *("-d", f"{item.address}/{_BITS[version]}", "-p", item.protocol, "-m", item.protocol),
            *("--dport", str(item.port), *who, "-j", "ACCEPT"),
        ]
        for item in openings
        if item.version == version
    ]


def _jumps(table: Table) -> list[tuple[str, int]]:
    """Where the jumps to our chain stand: chain and position."""
    return [
        (chain, position)
        for chain, rules in table.rules.items()
        for position, words in enumerate(rules)
        if words == ["-j", CHAIN]
    ]


def _reached(table: Table, chain: str) -> bool:
    """Whether the only jump is in this chain, and no bare verdict stands before it."""
    jumps = _jumps(table)
    if len(jumps) != 1 or jumps[0][0] != chain:
        return False
    return not any(
        len(words) >= 2 and words[0] in ("-j", "-g") and words[1] in ("DROP", "REJECT", "ACCEPT", "RETURN")
        for words in table.rules[chain][: jumps[0][1]]
    )


def render(table: Table, *, chain: str, rules: t.Sequence[t.Sequence[str]]) -> str:
    """The input that leads to these rules in our chain (none: our chain goes); empty when they are there already."""
    ours = table.rules.get(CHAIN)
    lines = []
    if rules:
        if ours == [list(words) for words in rules] and _reached(table, chain):
            return ""
        # Declaring the chain creates it or empties it.
        lines.append(f":{CHAIN} - [0:0]")
        lines += [f"-A {CHAIN} {' '.join(words)}" for words in rules]
    lines += [f"-D {name} -j {CHAIN}" for name, position in _jumps(table)]
    if rules:
        lines.append(f"-I {chain} 1 -j {CHAIN}")
    elif ours is not None:
        lines += [f"-F {CHAIN}", f"-X {CHAIN}"]
    return "".join(line + "\n" for line in ("*filter", *lines, "COMMIT")) if lines else ""


def after(table: Table, *, chain: str, rules: t.Sequence[t.Sequence[str]]) -> Table:
    """The table as it is once what render wrote has taken effect."""
    changed = {
        name: [words for words in old if words != ["-j", CHAIN]] for name, old in table.rules.items() if name != CHAIN
    }
    if rules:
        changed[CHAIN] = [list(words) for words in rules]
        changed[chain] = [["-j", CHAIN], *changed.get(chain, [])]
    return Table(dict(table.policies), changed)


def without_own(text: str) -> str:
    """A saved ruleset without our lines, should somebody have saved it while they were live."""
    lines = text.splitlines(keepends=True)
    jump = re.compile(rf"(\[\d+:\d+\] )?-A \S+ -j {CHAIN}\s*\Z")
    own = re.compile(rf"(\[\d+:\d+\] )?(:{CHAIN} |-A {CHAIN} )")
    return "".join(line for line in lines if not jump.match(line) and not own.match(line))


def openings_now(table: Table, version: int) -> list[str]:
    lines = []
    for words in table.rules.get(CHAIN, []):
        value = {flag: words[at + 1] for at, flag in enumerate(words[:-1]) if flag in ("-d", "-p", "--dport")}
        if len(value) == 3 and value["--dport"].isdigit():
            address = value["-d"].split("/")[0]
            lines.append(Opening(version, address, int(value["--dport"]), value["-p"]).line)
    return sorted(lines)
