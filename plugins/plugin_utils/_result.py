# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a host: the plan and what was seen afterwards, as the ocsp_stapling_result fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

STATES = ("enabled", "disabled", "nothing_to_do", "refused", "rolled_back")


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
    """Return the ocsp_stapling_result fact: per vhost what the plan said and what the handshakes showed."""
    if state not in STATES:
        raise ValueError(f"state must be one of {', '.join(STATES)}, not {state!r}.")
    handshakes: dict[Any, list[Mapping[str, Any]]] = {}
    for seen in confirmed:
        handshakes.setdefault(seen.get("id"), []).append(seen)
    return {
        "state": state,
        "changed": changed,
        "cause": cause,
        "log": list(log),
        "engine": plan.get("engine"),
        "scope": plan.get("scope"),
        "cache": plan.get("cache"),
        "vhosts": [_vhost(vhost, handshakes.get(vhost["id"], [])) for vhost in plan.get("vhosts", [])],
        "endpoints": [_endpoint(endpoint, opened) for endpoint in plan.get("endpoints", [])],
        "responder_checks": list(responder_checks),
        "warnings": list(plan.get("warnings", [])),
    }


def _endpoint(endpoint: Mapping[str, Any], opened: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """An endpoint of the plan with the addresses that it has at this moment, where the way to it was opened."""
    same = (one for one in opened if (one["host"], one["port"]) == (endpoint["host"], endpoint["port"]))
    return {**endpoint, "addresses": [address for one in same for address in one["addresses"]]}


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
        "must_staple": bool(vhost.get("must_staple")),
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
