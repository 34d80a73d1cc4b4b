# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nftables: understand C(nft -j list ruleset), and write the transaction that opens or closes. Pure, no I/O.

An accept in another table does not override the drop of the site's chain, so the opening is a jump at the head of each
chain of the site that filters output, to a chain and two sets of ours in the same table. One C(nft -f) carries all of
it: it takes effect as a whole or not at all.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from .._firewall.errors import FirewallError
from .policy import Opening

CHAIN = "ocsp_egress"
SETS = {4: "ocsp_egress4", 6: "ocsp_egress6"}

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9/\\_.]*\Z")
_FAMILIES = ("ip", "ip6", "inet")
_XTABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})
_XTABLES_CHAINS = frozenset({"INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"})
_TYPE = {4: "ipv4_addr", 6: "ipv6_addr"}
_DADDR = {4: "ip", 6: "ip6"}


@dataclass(frozen=True, order=True)
class ChainId:
    family: str
    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.family} {self.table} {self.name}"

    @property
    def versions(self) -> tuple[int, ...]:
        return {"ip": (4,), "ip6": (6,)}.get(self.family, (4, 6))


@dataclass(frozen=True)
class Chain:
    id: ChainId
    hook: str | None
    type: str | None
    policy: str | None


@dataclass(frozen=True)
class Rule:
    chain: ChainId
    handle: int
    expr: tuple[t.Any, ...]


@dataclass(frozen=True)
class Ruleset:
    chains: tuple[Chain, ...]
    rules: tuple[Rule, ...]
    sets: t.Mapping[tuple[str, str, str], t.Any]

    def chain(self, identity: ChainId) -> Chain | None:
        return next((chain for chain in self.chains if chain.id == identity), None)

    def rules_of(self, identity: ChainId) -> list[Rule]:
        return [rule for rule in self.rules if rule.chain == identity]


def read_ruleset(text: str) -> Ruleset:
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
    """Whether the table is one that iptables-nft keeps; those are changed with iptables only."""
    if chain.family not in ("ip", "ip6") or chain.table not in _XTABLES:
        return False
    return any(
        other.id.name in _XTABLES_CHAINS
        for other in ruleset.chains
        if (other.id.family, other.id.table) == (chain.family, chain.table) and other.hook
    )


def is_firewalld(chain: ChainId) -> bool:
    return chain.table == "firewalld"


def _words(value: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    """Every key of an expression with its value, at any depth: a verdict may stand inside a vmap."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _words(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _words(inner)


def _only_not_new(rule: Rule) -> bool:
    """Whether the rule is about packets that open no connection, such as the usual "ct state invalid drop"."""
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
    """Whether a new connection may be dropped in the chain or in one that it leads to."""
    chain = ruleset.chain(identity)
    if chain is not None and chain.policy == "drop":
        return True
    for rule in ruleset.rules_of(identity):
        if _only_not_new(rule):
            continue
        for key, value in _words(list(rule.expr)):
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
    """The site's own chains that filter output, other than those of iptables and firewalld."""
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
    return [
        chain.id
        for chain in ruleset.chains
        if chain.hook == "output"
        and is_xtables(chain.id, ruleset)
        and chain.id.table == "filter"
        and can_drop(chain.id, ruleset)
    ]


def strange_chains(ruleset: Ruleset) -> list[ChainId]:
    """Chains that may drop what leaves this host, at a place where an opening of ours would not help."""
    return [
        chain.id
        for chain in ruleset.chains
        if chain.hook in ("output", "postrouting", "egress")
        and not (chain.hook == "output" and chain.type == "filter")
        and not is_firewalld(chain.id)
        and can_drop(chain.id, ruleset)
    ]


def parse_chain(text: str) -> ChainId:
    """C(FAMILY TABLE CHAIN), as nft writes it."""
    parts = text.split()
    if len(parts) != 3 or parts[0] not in _FAMILIES or not all(_IDENTIFIER.match(part) for part in parts[1:]):
        raise FirewallError("bad_chain", f"{text!r} is not a chain of nftables; write it as: inet filter output")
    return ChainId(*parts)


def _check_names(chain: ChainId) -> None:
    if not all(_IDENTIFIER.match(part) for part in (chain.table, chain.name)):
        raise FirewallError("firewall_not_understood", f"the chain {chain} has a name that cannot be written in a rule")


def elements(openings: t.Sequence[Opening], version: int) -> list[tuple[str, int]]:
    return [(o.address, o.port) for o in openings if o.version == version and o.protocol == "tcp" and o.port != 53]


def _resolvers(openings: t.Sequence[Opening], version: int) -> list[Opening]:
    return [o for o in openings if o.version == version and (o.protocol == "udp" or o.port == 53)]


def _match(left: t.Any, right: t.Any) -> dict[str, t.Any]:
    return {"match": {"op": "==", "left": left, "right": right}}


def _payload(protocol: str, name: str) -> dict[str, t.Any]:
    return {"payload": {"protocol": protocol, "field": name}}


def own_rules(
    openings: t.Sequence[Opening],
    versions: t.Sequence[int],
    uid: int | None,
    *,
    sets: t.Mapping[int, str] | None = None,
    mark: int | None = None,
) -> list[tuple[str, list[t.Any]]]:
    """Each rule twice: as text for C(nft -f), and as C(nft -j) shows it once it is there.

    The rules accept or, when a mark is given, set it on packets that have none.
    """
    sets = sets or SETS
    who_text = "" if uid is None else f"meta skuid {uid} "
    who_json = [] if uid is None else [_match({"meta": {"key": "skuid"}}, uid)]
    end_text: str = "accept"
    end_json: dict[str, t.Any] = {"accept": None}
    if mark is not None:
        who_text = "meta mark 0 " + who_text
        who_json = [_match({"meta": {"key": "mark"}}, 0), *who_json]
        end_text = f"meta mark set {mark}"
        end_json = {"mangle": {"key": {"meta": {"key": "mark"}}, "value": mark}}
    rules: list[tuple[str, list[t.Any]]] = []
    for version in versions:
        if elements(openings, version):
            family = _DADDR[version]
            both = {"concat": [_payload(family, "daddr"), _payload("tcp", "dport")]}
            text = f"{who_text}{family} daddr . tcp dport @{sets[version]} {end_text}"
            rules.append((text, [*who_json, _match(both, f"@{sets[version]}"), end_json]))
    for version in versions:
        for item in _resolvers(openings, version):
            family = _DADDR[version]
            text = f"{who_text}{family} daddr {item.address} {item.protocol} dport {item.port} {end_text}"
            shown = [
                *who_json,
                _match(_payload(family, "daddr"), item.address),
                _match(_payload(item.protocol, "dport"), item.port),
                end_json,
            ]
            rules.append((text, shown))
    return rules


def live_elements(
    ruleset: Ruleset, table: ChainId, version: int, *, name: str = "", second: str = "inet_service"
) -> set[tuple[str, int]] | None:
    """The pairs in a set of ours; null when it is not there, or is not such a set."""
    body = ruleset.sets.get((table.family, table.table, name or SETS[version]))
    if body is None or body.get("type") != [_TYPE[version], second]:
        return None
    found = set()
    for element in body.get("elem", ()):
        pair = element.get("concat") if isinstance(element, dict) else None
        if not isinstance(pair, list) or len(pair) != 2:
            return None
        found.add((pair[0], pair[1]))
    return found


def _jumps(ruleset: Ruleset, family: str, table: str) -> list[Rule]:
    jump = ({"jump": {"target": CHAIN}},)
    return [r for r in ruleset.rules if (r.chain.family, r.chain.table) == (family, table) and r.expr == jump]


def _own_tables(ruleset: Ruleset) -> list[ChainId]:
    found = {
        ChainId(chain.id.family, chain.id.table, CHAIN)
        for chain in ruleset.chains
        if chain.id.name == CHAIN and not chain.hook
    }
    found |= {ChainId(family, table, CHAIN) for family, table, name in ruleset.sets if name in SETS.values()}
    return sorted(found)


def _reached(rules: t.Sequence[Rule], jump: Rule) -> bool:
    """Whether a packet gets as far as the jump: a bare verdict before it would be the end."""
    for rule in rules:
        if rule is jump:
            return True
        verdicts = [e for e in rule.expr if isinstance(e, dict) and not ({"counter", "log", "limit"} & set(e))]
        if len(verdicts) == 1 and {"drop", "reject", "accept", "goto"} & set(verdicts[0]):
            return False
    return False


def _as_wanted(ruleset: Ruleset, chains: t.Sequence[ChainId], openings: t.Sequence[Opening], uid: int | None) -> bool:
    tables = {ChainId(chain.family, chain.table, CHAIN) for chain in chains}
    if set(_own_tables(ruleset)) != tables:
        return False
    for table in tables:
        for version in table.versions:
            if live_elements(ruleset, table, version) != set(elements(openings, version)):
                return False
        live = [list(rule.expr) for rule in ruleset.rules_of(table)]
        if live != [shown for text, shown in own_rules(openings, table.versions, uid)]:
            return False
        wanted = {chain for chain in chains if (chain.family, chain.table) == (table.family, table.table)}
        jumps = _jumps(ruleset, table.family, table.table)
        if len(jumps) != len(wanted) or {jump.chain for jump in jumps} != wanted:
            return False
        if not all(_reached(ruleset.rules_of(jump.chain), jump) for jump in jumps):
            return False
    return True


def render_absent(ruleset: Ruleset) -> str:
    """The transaction that takes out all that is ours, and nothing else; empty when there is nothing."""
    lines = []
    for table in _own_tables(ruleset):
        _check_names(table)
        where = f"{table.family} {table.table}"
        for jump in _jumps(ruleset, table.family, table.table):
            _check_names(jump.chain)
            lines.append(f"delete rule {jump.chain} handle {jump.handle}")
        if ruleset.chain(table) is not None:
            lines += [f"flush chain {where} {CHAIN}", f"delete chain {where} {CHAIN}"]
        for name in SETS.values():
            if (table.family, table.table, name) in ruleset.sets:
                lines.append(f"delete set {where} {name}")
    return "".join(line + "\n" for line in lines)


def render_present(
    ruleset: Ruleset, *, chains: t.Sequence[ChainId], openings: t.Sequence[Opening], uid: int | None
) -> str:
    """The transaction that leads from the live ruleset to the wanted openings; empty when they are there already."""
    if not openings:
        return render_absent(ruleset)
    if _as_wanted(ruleset, chains, openings, uid):
        return ""
    lines = []
    tables = sorted({ChainId(chain.family, chain.table, CHAIN) for chain in chains})
    if set(_own_tables(ruleset)) - set(tables):
        return render_absent(ruleset) + render_present(without_own(ruleset), chains=chains, openings=openings, uid=uid)
    for table in tables:
        _check_names(table)
        where = f"{table.family} {table.table}"
        for version in table.versions:
            lines.append(f"add set {where} {SETS[version]} {{ type {_TYPE[version]} . inet_service; }}")
        lines += [f"add chain {where} {CHAIN}", f"flush chain {where} {CHAIN}"]
        for version in table.versions:
            lines.append(f"flush set {where} {SETS[version]}")
            pairs = ", ".join(f"{address} . {port}" for address, port in elements(openings, version))
            if pairs:
                lines.append(f"add element {where} {SETS[version]} {{ {pairs} }}")
        lines += [f"add rule {where} {CHAIN} {text}" for text, shown in own_rules(openings, table.versions, uid)]
        for jump in _jumps(ruleset, table.family, table.table):
            lines.append(f"delete rule {jump.chain} handle {jump.handle}")
    for chain in chains:
        _check_names(chain)
        lines.append(f"insert rule {chain} jump {CHAIN}")
    return "".join(line + "\n" for line in lines)


def without_own(ruleset: Ruleset) -> Ruleset:
    jump = ({"jump": {"target": CHAIN}},)
    return Ruleset(
        chains=tuple(chain for chain in ruleset.chains if chain.id.name != CHAIN),
        rules=tuple(rule for rule in ruleset.rules if rule.chain.name != CHAIN and rule.expr != jump),
        sets={key: body for key, body in ruleset.sets.items() if key[2] not in SETS.values()},
    )


def openings_in(ruleset: Ruleset, table: ChainId, sets: t.Mapping[int, str]) -> set[str]:
    lines = set()
    for version in table.versions:
        for address, port in live_elements(ruleset, table, version, name=sets[version]) or ():
            if isinstance(address, str) and isinstance(port, int):
                lines.add(Opening(version, address, port).line)
    for rule in ruleset.rules_of(table):
        to = next((e["match"] for e in rule.expr if _is_field(e, "daddr")), None)
        where = next((e["match"] for e in rule.expr if _is_field(e, "dport")), None)
        if to is not None and where is not None:
            protocol = str(where["left"]["payload"]["protocol"])
            lines.add(Opening(_version(to["left"]), str(to["right"]), int(where["right"]), protocol).line)
    return lines


def openings_now(ruleset: Ruleset) -> list[str]:
    """What is open through us now, a line each, for the diff."""
    return sorted({line for table in _own_tables(ruleset) for line in openings_in(ruleset, table, SETS)})


def _version(left: t.Any) -> int:
    return 6 if left["payload"]["protocol"] == "ip6" else 4


def _is_field(expr: t.Any, name: str) -> bool:
    left = expr.get("match", {}).get("left") if isinstance(expr, dict) else None
    return isinstance(left, dict) and left.get("payload", {}).get("field") == name
