# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""iptables: understand C(iptables-save). Pure, no I/O."""

from __future__ import annotations

import shlex
import typing as t
from dataclasses import dataclass, field


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
