# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(iptables-save) prints, and what of it may drop a new connection. Pure, no I/O."""

from __future__ import annotations

import re
import shlex
import typing as t
from dataclasses import dataclass, field

from .errors import FirewallError

BITS = {4: 32, 6: 128}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,27}\Z")
_BUILT_IN = ("INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING")


@dataclass
class Table:
    """One table: the policy of each chain (C(-) for a chain that is not built in), and its rules as words."""

    policies: dict[str, str] = field(default_factory=dict)
    rules: dict[str, list[list[str]]] = field(default_factory=dict)

    def jumps_to(self, chain: str) -> list[tuple[str, int]]:
        """Return where the bare jumps to `chain` are: the chain that holds one, and its position there."""
        return [
            (name, position)
            for name, rules in self.rules.items()
            for position, words in enumerate(rules)
            if words == ["-j", chain]
        ]


def read_tables(text: str) -> dict[str, Table]:
    """Return the tables that C(iptables-save) has printed, by name."""
    tables: dict[str, Table] = {}
    table = Table()
    for line in text.splitlines():
        if line.startswith("*"):
            table = tables.setdefault(line[1:].strip(), Table())
        elif line.startswith(":"):
            name, policy = line[1:].split()[:2]
            table.policies[name] = policy
            table.rules.setdefault(name, [])
        elif line.startswith("-A "):
            words = shlex.split(line)
            table.rules.setdefault(words[1], []).append(words[2:])
    return tables


def _target(words: t.Sequence[str]) -> str:
    for flag in ("-j", "-g"):
        if flag in words[:-1]:
            return words[words.index(flag) + 1]
    return ""


def _spares_new_connections(words: t.Sequence[str]) -> bool:
    for flag in ("--ctstate", "--state"):
        if flag in words[:-1]:
            at = words.index(flag)
            states = words[at + 1].split(",")
            return words[at - 1] != "!" and not {"NEW", "UNTRACKED"} & set(states)
    return False


def can_drop(table: Table, chain: str = "OUTPUT", _seen: frozenset[str] = frozenset()) -> bool:
    """Tell whether a new connection may be dropped in the chain or in one that it leads to."""
    if table.policies.get(chain) == "DROP":
        return True
    for words in table.rules.get(chain, []):
        if _spares_new_connections(words):
            continue
        target = _target(words)
        if target in ("DROP", "REJECT", "NFQUEUE", "TARPIT"):
            return True
        if target in table.rules and target not in _seen and can_drop(table, target, _seen | {chain, target}):
            return True
    return False


def parse_chain(text: str) -> str:
    """Return the name of a chain, or raise FirewallError for what cannot be one."""
    if not _NAME.match(text):
        raise FirewallError("bad_chain", f"{text!r} is not a chain of iptables; write it as: OUTPUT")
    return text


def unknown_chains(text: str, live: t.Collection[str] = ()) -> list[str]:
    """Return the chains that a saved ruleset adds rules to and that are not there.

    C(iptables-restore --test) does not see them. `live` are the chains of the filter table that exist already.
    """
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


def without_chain(text: str, chain: str) -> str:
    """Return a saved ruleset without a chain of the collection, should somebody have saved it while it was live."""
    jump = re.compile(rf"(\[\d+:\d+\] )?-A \S+ -j {chain}\s*\Z")
    own = re.compile(rf"(\[\d+:\d+\] )?(:{chain} |-A {chain} )")
    return "".join(line for line in text.splitlines(keepends=True) if not jump.match(line) and not own.match(line))


def render_table(
    table: Table, *, name: str, chain: str, rules: t.Sequence[t.Sequence[str]], jump_from: str = "OUTPUT"
) -> str:
    """Return the input of C(iptables-restore --noflush) that fills `chain` and makes the one jump to it.

    Without rules the chain goes. The callers compare what is there first: this always returns the whole change, or an
    empty string where there is nothing to take out.
    """
    lines = []
    if rules:
        # Declaring the chain creates it or empties it.
        lines.append(f":{chain} - [0:0]")
        lines += [f"-A {chain} {' '.join(words)}" for words in rules]
    lines += [f"-D {holder} -j {chain}" for holder, _position in table.jumps_to(chain)]
    if rules:
        lines.append(f"-I {jump_from} 1 -j {chain}")
    elif chain in table.rules:
        lines += [f"-F {chain}", f"-X {chain}"]
    return "".join(line + "\n" for line in (f"*{name}", *lines, "COMMIT")) if lines else ""
