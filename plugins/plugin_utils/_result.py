# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a host: the plan and what was seen afterwards, as the ocsp_stapling_result fact and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

STATES = ("enabled", "disabled", "nothing_to_do", "refused", "rolled_back")

_COLUMNS = ("HOST", "VHOST", "KEY", "STAPLED", "STATUS", "NEXT UPDATE", "WHY")


def build_result(
    plan: Mapping[str, Any],
    *,
    state: str,
    changed: bool,
    confirmed: Sequence[Mapping[str, Any]] = (),
    responder_checks: Sequence[Mapping[str, Any]] = (),
    cause: str | None = None,
) -> dict[str, Any]:
    """Return the ocsp_stapling_result fact: per vhost what the plan said and what the handshakes showed."""
    if state not in STATES:
        raise ValueError(f"state must be one of {', '.join(STATES)}, not {state!r}.")
    handshakes: dict[Any, list[Mapping[str, Any]]] = {}
    for seen in confirmed:
        handshakes.setdefault(seen.get("vhost"), []).append(seen)
    return {
        "state": state,
        "changed": changed,
        "cause": cause,
        "engine": plan.get("engine"),
        "scope": plan.get("scope"),
        "cache": plan.get("cache"),
        "vhosts": [_vhost(vhost, handshakes.get(vhost["id"], [])) for vhost in plan.get("vhosts", [])],
        "endpoints": list(plan.get("endpoints", [])),
        "responder_checks": list(responder_checks),
        "warnings": list(plan.get("warnings", [])),
    }


def _vhost(vhost: Mapping[str, Any], seen: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A vhost is stapled when every handshake with it brought an acceptable staple; null when nobody has looked."""
    bad = next((one for one in seen if not one.get("acceptable")), None)
    worst = bad or next(iter(seen), {})
    return {
        "id": vhost["id"],
        "names": list(vhost.get("names", [])),
        "action": vhost.get("action"),
        "reason": vhost.get("reason"),
        "detail": vhost.get("detail"),
        "stapled": bad is None if seen else None,
        "certificate_status": worst.get("certificate_status"),
        "next_update": min((one["next_update"] for one in seen if one.get("next_update")), default=None),
        "problem": worst.get("problem"),
        "handshakes": [
            {
                key: one.get(key)
                for key in (
                    "address",
                    "port",
                    "server_name",
                    "key_type",
                    "tls_version",
                    "stapled",
                    "acceptable",
                    "certificate_status",
                    "next_update",
                    "problem",
                    "message",
                )
            }
            for one in seen
        ],
    }


def render_table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one line per host, vhost and key type, and a closing line per host, as aligned text."""
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for host, result in results.items():
        for vhost in result["vhosts"]:
            rows.extend(_rows(host, vhost))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS) - 1)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]).rstrip()
        for row in (rows if len(rows) > 1 else [])
    ]
    return "\n".join(lines + [_summary(host, result) for host, result in results.items()])


def _rows(host: str, vhost: Mapping[str, Any]) -> list[tuple[str, ...]]:
    name = _plain(next(iter(vhost["names"]), None) or vhost["id"])
    if not vhost["handshakes"]:
        why = vhost["reason"] if vhost["reason"] != "ok" else "not confirmed"
        return [(host, name, "-", "-" if vhost["action"] == "staple" else "no", "-", "-", str(why))]
    return [
        (
            host,
            name,
            seen["key_type"] or "-",
            "yes" if seen["stapled"] else "no",
            seen["certificate_status"] or "-",
            seen["next_update"] or "-",
            seen["problem"] or "ok",
        )
        for seen in vhost["handshakes"]
    ]


def _plain(text: Any) -> str:
    """A server name may come from anywhere: what a terminal would act on is shown as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(text))


def _summary(host: str, result: Mapping[str, Any]) -> str:
    vhosts = result["vhosts"]
    planned = [vhost for vhost in vhosts if vhost["action"] == "staple"]
    reasons = sorted({str(vhost["reason"]) for vhost in vhosts if vhost["action"] != "staple"})
    stapled = sum(1 for vhost in planned if vhost["stapled"])
    change = "changed" if result["changed"] else "no change"
    text = f"{host}: {result['state']}, {change}; {stapled} of {len(vhosts)} virtual hosts stapled"
    if len(planned) < len(vhosts):
        text += f", {len(vhosts) - len(planned)} left as they are ({', '.join(reasons)})"
    if result.get("cause"):
        text += f". {_plain(result['cause'])}"
    return text
