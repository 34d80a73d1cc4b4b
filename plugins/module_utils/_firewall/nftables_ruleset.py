# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a ruleset of nftables, and what of it may drop a new connection. Pure, no I/O."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from .errors import FirewallError

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9/\\_.]*\Z")
_FAMILIES = ("ip", "ip6", "inet")
_XTABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})
_XTABLES_CHAINS = frozenset({"INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"})


@dataclass(frozen=True, order=True)
class ChainId:
    """The full name of a chain: C(FAMILY TABLE CHAIN)."""

    family: str
    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.family} {self.table} {self.name}"

    @property
    def versions(self) -> tuple[int, ...]:
        """Return the IP versions whose packets come to this chain."""
        return {"ip": (4,), "ip6": (6,)}.get(self.family, (4, 6))


@dataclass(frozen=True)
class Chain:
    """A chain; `hook`, `type` and `policy` are null where it is not a base chain."""

    id: ChainId
    hook: str | None
    type: str | None
    policy: str | None


@dataclass(frozen=True)
class Rule:
    """A rule, its expressions as C(nft -j) shows them."""

    chain: ChainId
    handle: int
    expr: tuple[t.Any, ...]


@dataclass(frozen=True)
class Ruleset:
    """All chains, rules and sets of a host."""

    chains: tuple[Chain, ...]
    rules: tuple[Rule, ...]
    sets: t.Mapping[tuple[str, str, str], t.Any]

    def chain(self, identity: ChainId) -> Chain | None:
        """Return the chain of that name, or None."""
        return next((chain for chain in self.chains if chain.id == identity), None)

    def rules_of(self, identity: ChainId) -> list[Rule]:
        """Return the rules of a chain, in their order."""
        return [rule for rule in self.rules if rule.chain == identity]


def read_ruleset(text: str) -> Ruleset:
    """Return the ruleset that C(nft -j list ruleset) has printed."""
    try:
        items = json.loads(text)["nftables"]
    except (ValueError, KeyError, TypeError) as error:
        raise FirewallError("firewall_not_understood", "nft did not list its ruleset as JSON") from error
    chains, rules, sets = [], [], {}
    for item in items:
        if "chain" in item:
            body = item["chain"]
            identity = ChainId(body["family"], body["table"], body["name"])
            chains.append(Chain(identity, body.get("hook"), body.get("type"), body.get("policy")))
        elif "rule" in item:
            body = item["rule"]
            identity = ChainId(body["family"], body["table"], body["chain"])
            rules.append(Rule(identity, body["handle"], tuple(body.get("expr", ()))))
        elif "set" in item:
            body = item["set"]
            sets[(body["family"], body["table"], body["name"])] = body
    return Ruleset(tuple(chains), tuple(rules), sets)


def is_xtables(chain: ChainId, ruleset: Ruleset) -> bool:
    """Tell whether the table is one that iptables-nft keeps; those are changed with iptables only."""
    if chain.family not in ("ip", "ip6") or chain.table not in _XTABLES:
        return False
    return any(
        other.id.name in _XTABLES_CHAINS
        for other in ruleset.chains
        if (other.id.family, other.id.table) == (chain.family, chain.table) and other.hook
    )


def is_firewalld(chain: ChainId) -> bool:
    """Tell whether the chain is in the table of firewalld."""
    return chain.table == "firewalld"


def _keys(value: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    """Yield every key of an expression with its value, at any depth: a verdict may stand inside a vmap."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _keys(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _keys(inner)


def _spares_new_connections(rule: Rule) -> bool:
    """Tell whether a rule matches no new connection, such as the usual "ct state invalid drop"."""
    for expr in rule.expr:
        match = expr.get("match") if isinstance(expr, dict) else None
        if (
            isinstance(match, dict)
            and match.get("left") == {"ct": {"key": "state"}}
            and match.get("op") in ("in", "==")
        ):
            right = match.get("right")
            states = right if isinstance(right, list) else [right]
            if isinstance(right, dict):
                states = right.get("set", ["new"])
            return "new" not in states and "untracked" not in states
    return False


def can_drop(identity: ChainId, ruleset: Ruleset, _seen: frozenset[ChainId] = frozenset()) -> bool:
    """Tell whether a new connection may be dropped in the chain or in one that it leads to."""
    chain = ruleset.chain(identity)
    if chain is not None and chain.policy == "drop":
        return True
    for rule in ruleset.rules_of(identity):
        if _spares_new_connections(rule):
            continue
        for key, value in _keys(list(rule.expr)):
            if key in ("drop", "reject", "queue"):
                return True
            if key == "vmap" and isinstance(value, dict) and isinstance(value.get("data"), str):
                return True
            if key in ("jump", "goto") and isinstance(value, dict):
                target = ChainId(identity.family, identity.table, str(value.get("target")))
                if target not in _seen and can_drop(target, ruleset, _seen | {identity, target}):
                    return True
    return False


def site_chains(ruleset: Ruleset) -> list[ChainId]:
    """Return the site's chains that filter output, other than those of iptables and firewalld."""
    return [
        chain.id
        for chain in ruleset.chains
        if chain.hook == "output"
        and chain.type == "filter"
        and chain.id.family in _FAMILIES
        and not is_xtables(chain.id, ruleset)
        and not is_firewalld(chain.id)
        and can_drop(chain.id, ruleset)
    ]


def xtables_chains(ruleset: Ruleset) -> list[ChainId]:
    """Return the chains that filter output in the tables of iptables-nft."""
    return [
        chain.id
        for chain in ruleset.chains
        if chain.hook == "output"
        and is_xtables(chain.id, ruleset)
        and chain.id.table == "filter"
        and can_drop(chain.id, ruleset)
    ]


def unreachable_chains(ruleset: Ruleset) -> list[ChainId]:
    """Return the chains that may drop output at a place where a jump in the filter chains would not help."""
    return [
        chain.id
        for chain in ruleset.chains
        if chain.hook in ("output", "postrouting", "egress")
        and not (chain.hook == "output" and chain.type == "filter")
        and not is_firewalld(chain.id)
        and can_drop(chain.id, ruleset)
    ]


def parse_chain(text: str) -> ChainId:
    """Return the chain that `text` names, C(FAMILY TABLE CHAIN) as nft writes it; raise FirewallError otherwise."""
    parts = text.split()
    if len(parts) != 3 or parts[0] not in _FAMILIES or not all(_IDENTIFIER.match(part) for part in parts[1:]):
        raise FirewallError("bad_chain", f"{text!r} is not a chain of nftables; write it as: inet filter output")
    return ChainId(*parts)


def require_plain_names(chain: ChainId) -> None:
    """Raise FirewallError for a chain whose name could not be written in a rule as it is."""
    if not all(_IDENTIFIER.match(part) for part in (chain.table, chain.name)):
        raise FirewallError("firewall_not_understood", f"the chain {chain} has a name that cannot be written in a rule")
