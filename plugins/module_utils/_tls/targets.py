# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The handshakes that a target asks for, and the findings as plain data."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import format_time, verdict_fields
from ansible_collections.stapling.httpd.plugins.module_utils._problems import problem_fields, warning_list
from ansible_collections.stapling.httpd.plugins.module_utils._tls.context import KEY_TYPES, TLS_VERSIONS
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import HandshakeRequest
from ansible_collections.stapling.httpd.plugins.module_utils._tls.judge import Finding, Target

TARGET_SPEC: dict[str, dict[str, t.Any]] = {
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "default": 443},
    "server_name": {"type": "str"},
    "key_types": {
        "type": "list",
        "elements": "str",
        "choices": list(KEY_TYPES),
        "default": [],
        "no_log": False,
    },
    "tls_versions": {"type": "list", "elements": "str", "choices": list(TLS_VERSIONS), "default": []},
    "expected_fingerprints": {"type": "list", "elements": "str", "default": []},
    "staple": {"type": "bool", "default": True},
    "old_tls_only": {"type": "bool", "default": False},
    "proxy_protocol": {"type": "bool", "default": False},
    "proxy_protocol_exceptions": {"type": "list", "elements": "str", "default": []},
    "id": {"type": "str"},
}


def complete(target: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return a target with the defaults of what it leaves out, as Ansible completes those that it hands to a module."""
    return {**{name: option.get("default") for name, option in TARGET_SPEC.items()}, **target}


def normalized(fingerprint: str) -> str:
    """Return a fingerprint without colons, in lower case."""
    return fingerprint.replace(":", "").strip().lower()


def _identity(target: t.Mapping[str, t.Any], key_type: str | None, tls_version: str | None) -> tuple[t.Any, ...]:
    """Return what tells one handshake from all others."""
    return (
        *(target.get(name) or None for name in ("id", "address", "server_name")),
        int(target["port"]),
        key_type,
        tls_version,
    )


def read_unreached(entries: t.Iterable[t.Mapping[str, t.Any]]) -> frozenset[tuple[t.Any, ...]]:
    """Return which handshakes could not be made, out of the results of an earlier execution, or raise KeyError."""
    return frozenset(
        _identity(entry, entry["requested_key_type"], entry["requested_tls_version"])
        for entry in entries
        if not entry["reached"]
    )


def handshakes_of(
    number: int, target: dict[str, t.Any], unreached_before: frozenset[tuple[t.Any, ...]]
) -> list[tuple[int, dict[str, t.Any], Target]]:
    """Return every handshake that this target asks for."""
    fingerprints = frozenset(normalized(text) for text in target["expected_fingerprints"])
    return [
        (
            number,
            target,
            Target(
                HandshakeRequest(
                    address=target["address"],
                    port=target["port"],
                    server_name=target["server_name"] or None,
                    key_type=key_type,
                    tls_version=tls_version,
                    proxy_protocol=target["proxy_protocol"],
                    proxy_exceptions=tuple(target["proxy_protocol_exceptions"]),
                ),
                fingerprints,
                staple=target["staple"],
                old_tls_only=target["old_tls_only"],
                unreached_before=_identity(target, key_type, tls_version) in unreached_before,
            ),
        )
        for key_type in target["key_types"] or [None]
        for tls_version in target["tls_versions"] or [None]
    ]


def name_of(requested: HandshakeRequest) -> str:
    """Return the target as people call it."""
    host = f"[{requested.address}]" if ":" in requested.address else requested.address
    place = f"{host}:{requested.port}"
    forced = [text for text in (requested.key_type, requested.tls_version) if text]
    name = f"{requested.server_name} at {place}" if requested.server_name else f"{place} without a server name"
    return f"{name} ({', '.join(forced)})" if forced else name


def result_of(number: int, given: dict[str, t.Any], target: Target, finding: Finding) -> dict[str, t.Any]:
    """Return what came of a handshake with the target of this number."""
    handshake = finding.handshake
    return {
        "target": number,
        "id": given["id"],
        "address": given["address"],
        "port": given["port"],
        "server_name": given["server_name"],
        "requested_key_type": target.requested.key_type,
        "requested_tls_version": target.requested.tls_version,
        **problem_fields(finding.problem, finding.detail, about=name_of(target.requested)),
        "staple": given["staple"],
        "reached": finding.reached,
        "excused": finding.excused,
        "handshake": handshake is not None,
        "alert": finding.alert,
        "stapled": finding.stapled,
        "warnings": warning_list(finding.warnings, about=name_of(target.requested)),
        **verdict_fields(finding.verdict),
        "tls_version": handshake.tls_version if handshake else None,
        "key_type": finding.key_type,
        "forced_by": handshake.forced_by if handshake else None,
        "fingerprint_sha256": finding.fingerprint,
        "not_after": format_time(finding.not_after),
        "issuer_trusted": finding.issuer_trusted,
        "plain_handshake": finding.plain_handshake,
        "attempts": finding.attempts,
        "elapsed": round(finding.elapsed, 4),
    }
