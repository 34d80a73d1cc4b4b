# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at a target: a handshake, and the staple judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .handshake import TLS_OPTIONS, shake_hands

Verdict = Callable[[bytes, str], dict[str, Any]]
Job = tuple[dict[str, Any], str, str]


def jobs_for(targets: list[dict[str, Any]]) -> list[Job]:
    """Return every target with each of its key types and TLS versions."""
    return [
        (target, key_type, tls) for target in targets for key_type in target["key_types"] for tls in _versions(target)
    ]


def look(job: Job, ca_file: str, verdict: Verdict, *, plain: bool = False) -> dict[str, Any]:
    """Return what was found; plain: also how a client fares that asks for no staple."""
    target, key_type, tls = job
    handshake = shake_hands(target, key_type, tls, ca_file)
    found = {
        "host": target["host"],
        "name": target["name"],
        "port": target["port"],
        "key_type": key_type,
        "tls": tls,
        "handshake": handshake.completed,
        "trusted": handshake.trusted,
        "detail": handshake.detail,
        "stapled": bool(handshake.staple),
        "acceptable": False,
        "seconds": handshake.seconds,
    }
    if plain:
        without = shake_hands(target, key_type, tls, ca_file, ask=False)
        found.update(plain=without.completed and without.trusted, plain_seconds=without.seconds)
    if handshake.staple and handshake.leaf_pem:
        found.update(verdict(handshake.staple, handshake.leaf_pem))
    return found


def _versions(target: dict[str, Any]) -> list[str]:
    allowed = [word.removeprefix("TLSv") for word in target["protocols"] if word.removeprefix("TLSv") in TLS_OPTIONS]
    return allowed or list(TLS_OPTIONS)
