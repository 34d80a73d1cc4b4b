# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nftables: write the transaction that opens the path, or closes it. Pure, no I/O.

An accept in another table does not override the drop of the site's chain, so the opening is a jump at the head of each
chain of the site that filters output, to a chain and two sets of the collection in the same table. One C(nft -f)
carries all of it: it takes effect as a whole or not at all.
"""

from __future__ import annotations

import typing as t

from .._firewall.nftables_ruleset import ChainId, Rule, Ruleset, require_plain_names
from .policy import Opening

CHAIN = "ocsp_egress"
SETS = {4: "ocsp_egress4", 6: "ocsp_egress6"}

_TYPE = {4: "ipv4_addr", 6: "ipv6_addr"}
_DADDR = {4: "ip", 6: "ip6"}


def elements(openings: t.Sequence[Opening], version: int) -> list[tuple[str, int]]:
    """Return what goes into the set of one IP version: address and port of each responder."""
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
    """Return each rule twice: as text for C(nft -f), and as C(nft -j) shows it once it is there.

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
    """Return the pairs in a set of the collection; None where it is not there, or is of another type."""
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
    """Tell whether a packet gets as far as the jump: a bare verdict before it would be the end."""
    for rule in rules:
        if rule is jump:
            return True
        verdicts = [e for e in rule.expr if isinstance(e, dict) and not ({"counter", "log", "limit"} & set(e))]
        if len(verdicts) == 1 and {"drop", "reject", "accept", "goto"} & set(verdicts[0]):
            return False
    return False


def _is_up_to_date(
    ruleset: Ruleset, chains: t.Sequence[ChainId], openings: t.Sequence[Opening], uid: int | None
) -> bool:
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
        holders = {chain for chain in chains if (chain.family, chain.table) == (table.family, table.table)}
        jumps = _jumps(ruleset, table.family, table.table)
        if len(jumps) != len(holders) or {jump.chain for jump in jumps} != holders:
            return False
        if not all(_reached(ruleset.rules_of(jump.chain), jump) for jump in jumps):
            return False
    return True


def render_absent(ruleset: Ruleset) -> str:
    """Return the transaction that takes out all of the collection and nothing else; empty when there is nothing."""
    lines = []
    for table in _own_tables(ruleset):
        require_plain_names(table)
        where = f"{table.family} {table.table}"
        for jump in _jumps(ruleset, table.family, table.table):
            require_plain_names(jump.chain)
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
    """Return the transaction from the live ruleset to the requested openings; empty when they are there already."""
    if not openings:
        return render_absent(ruleset)
    if _is_up_to_date(ruleset, chains, openings, uid):
        return ""
    lines = []
    tables = sorted({ChainId(chain.family, chain.table, CHAIN) for chain in chains})
    if set(_own_tables(ruleset)) - set(tables):
        return render_absent(ruleset) + render_present(without_own(ruleset), chains=chains, openings=openings, uid=uid)
    for table in tables:
        require_plain_names(table)
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
        require_plain_names(chain)
        lines.append(f"insert rule {chain} jump {CHAIN}")
    return "".join(line + "\n" for line in lines)


def without_own(ruleset: Ruleset) -> Ruleset:
    """Return the ruleset as it is without the collection."""
    jump = ({"jump": {"target": CHAIN}},)
    return Ruleset(
        chains=tuple(chain for chain in ruleset.chains if chain.id.name != CHAIN),
        rules=tuple(rule for rule in ruleset.rules if rule.chain.name != CHAIN and rule.expr != jump),
        sets={key: body for key, body in ruleset.sets.items() if key[2] not in SETS.values()},
    )


def openings_in(ruleset: Ruleset, table: ChainId, sets: t.Mapping[int, str]) -> set[str]:
    """Return what the sets and rules of one chain let out, a line for each opening."""
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


def current_openings(ruleset: Ruleset) -> list[str]:
    """Return what the collection has opened, a line for each opening."""
    return sorted({line for table in _own_tables(ruleset) for line in openings_in(ruleset, table, SETS)})


def _version(left: t.Any) -> int:
    return 6 if left["payload"]["protocol"] == "ip6" else 4


def _is_field(expr: t.Any, name: str) -> bool:
    left = expr.get("match", {}).get("left") if isinstance(expr, dict) else None
    return isinstance(left, dict) and left.get("payload", {}).get("field") == name
