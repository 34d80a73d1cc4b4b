# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ocsp_stapling_result fact: what became of a host, from the plan and from what was seen afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

STATES = ("enabled", "disabled", "nothing_to_do", "refused", "rolled_back")

# What a result keeps of each handshake of stapled_response_info.
HANDSHAKE_KEYS = (
    "address",
    "port",
    "server_name",
    "key_type",
    "tls_version",
    "stapled",
    "acceptable",
    "certificate_status",
    "this_update",
    "next_update",
    "problem",
    "message",
    "hint",
)


def build_result(
    plan: Mapping[str, Any],
    *,
    state: str,
    changed: bool,
    confirmed: Sequence[Mapping[str, Any]] = (),
    responder_checks: Sequence[Mapping[str, Any]] = (),
    cause: str | None = None,
    log: Sequence[Mapping[str, Any]] = (),
    opened: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the ocsp_stapling_result fact: per virtual host what the plan said and what the handshakes showed.

    `state` is one of STATES; any other is a ValueError. In the result, `stapled` says whether a response was stapled
    and `acceptable` whether a strict client is content with it, for each handshake and for each virtual host (where
    it holds if it holds for all handshakes); both are None where nobody has looked, or where a handshake could not be
    made for reasons in which stapling has no part.
    """
    if state not in STATES:
        raise ValueError(f"state must be one of {', '.join(STATES)}, not {state!r}.")
    handshakes: dict[Any, list[Mapping[str, Any]]] = {}
    for seen in confirmed:
        if _tells_something(seen):
            handshakes.setdefault(seen.get("id"), []).append(_judged(seen))
    return {
        "state": state,
        "changed": changed,
        "cause": cause,
        "log": list(log),
        "engine": plan.get("engine"),
        "engine_reason": plan.get("engine_reason"),
        "scope": plan.get("scope"),
        "cache": plan.get("cache"),
        "vhosts": [_vhost(vhost, handshakes.get(vhost["id"], [])) for vhost in plan.get("vhosts", [])],
        "endpoints": [_endpoint(endpoint, opened) for endpoint in plan.get("endpoints", [])],
        "responder_checks": list(responder_checks),
        "warnings": list(plan.get("warnings", [])),
        "left_behind": _left_behind(plan, state),
    }


def _tells_something(seen: Mapping[str, Any]) -> bool:
    """Return whether a handshake belongs in a result: one that went well where no staple is due does not."""
    return bool(seen.get("staple", True)) or not seen.get("acceptable")


def _judged(seen: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a handshake without a judgement where it could not be made, and stapling has no part in that."""
    return {**seen, "acceptable": None} if seen.get("excused") else seen


def _left_behind(plan: Mapping[str, Any], state: str) -> list[str]:
    """Return the directives that stay on the host because httpd cannot be restarted, or may not."""
    if state == "rolled_back":
        return list(plan.get("httpd", {}).get("left_by_undo", []))
    return list(plan.get("left_behind", [])) if state in ("disabled", "nothing_to_do") else []


def _endpoint(endpoint: Mapping[str, Any], opened: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an endpoint of the plan with the addresses that it has now, where the path to it was opened."""
    same = (entry for entry in opened if (entry["host"], entry["port"]) == (endpoint["host"], endpoint["port"]))
    return {**endpoint, "addresses": [address for entry in same for address in entry["addresses"]]}


def _vhost(vhost: Mapping[str, Any], seen: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the plan said about a virtual host together with what the handshakes with it showed."""
    # Those that could not be made say nothing of the others.
    judged = [handshake for handshake in seen if handshake.get("acceptable") is not None] or seen
    worst = next((handshake for handshake in judged if not handshake.get("acceptable")), None) or next(iter(judged), {})
    return {
        "id": vhost["id"],
        "names": list(vhost.get("names", [])),
        "action": vhost.get("action"),
        "reason": vhost.get("reason"),
        "detail": vhost.get("detail"),
        "must_staple": bool(vhost.get("must_staple")),
        "stapled": _all_of(judged, "stapled"),
        "acceptable": _all_of(judged, "acceptable"),
        "certificate_status": worst.get("certificate_status"),
        "next_update": min(filter(None, (handshake.get("next_update") for handshake in seen)), default=None),
        "problem": worst.get("problem"),
        "handshakes": [{key: handshake.get(key) for key in HANDSHAKE_KEYS} for handshake in seen],
    }


def _all_of(seen: Sequence[Mapping[str, Any]], key: str) -> bool | None:
    """Return whether `key` holds for every handshake, or None where there was none that could tell."""
    values = [handshake.get(key) for handshake in seen]
    if False in values:
        return False
    return None if None in values or not values else True
