# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ruleset as C(nft -j list ruleset) shows it, made of a few words."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.stapling.httpd.plugins.module_utils._firewall.nftables_ruleset import (
    ChainId,
    Ruleset,
    read_ruleset,
)

OUTPUT = ChainId("inet", "filter", "output")


def chain(name: str = "output", *, table: str = "filter", family: str = "inet", **base: Any) -> dict[str, Any]:
    if base:
        base = {"type": "filter", "hook": "output", "prio": 0, "policy": "accept", **base}
    return {"chain": {"family": family, "table": table, "name": name, "handle": 1, **base}}


def rule(
    *expr: Any, name: str = "output", table: str = "filter", family: str = "inet", handle: int = 7
) -> dict[str, Any]:
    return {"rule": {"family": family, "table": table, "chain": name, "handle": handle, "expr": list(expr)}}


def read(*items: dict[str, Any]) -> Ruleset:
    return read_ruleset(json.dumps({"nftables": [{"metainfo": {"json_schema_version": 1}}, *items]}))


def jump(target: str) -> dict[str, Any]:
    return {"jump": {"target": target}}


NOT_ESTABLISHED = {"match": {"op": "!=", "left": {"ct": {"key": "state"}}, "right": "established"}}
TO_NOWHERE = {"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "daddr"}}, "right": "::"}}
DROP, REJECT = {"drop": None}, {"reject": {"type": "icmp", "expr": "port-unreachable"}}
SITE = (
    chain(policy="drop"),
    rule({"match": {"op": "==", "left": {"meta": {"key": "oif"}}, "right": "lo"}}, {"accept": None}),
)
