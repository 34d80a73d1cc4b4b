# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host of a report: what its run said of it, checked and with all keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._result import HANDSHAKE_KEYS

# The version of what is written: report.json and the lines of report.jsonl.
SCHEMA: Final = 1

RUN_KEYS: Final = (
    "id",
    "playbook",
    "started",
    "finished",
    "check_mode",
    "hosts",
    "limit",
    "collection",
    "ansible_core",
    "written_by",
    "interrupted",
    "merged",
)
_TEXT = (str, type(None))
# What a host has beside its name and state: the types that each may have, and what stands for nothing.
_HOST: Final[Mapping[str, tuple[tuple[type, ...], Any]]] = {
    "message": (_TEXT, None),
    "finished": (_TEXT, None),
    # What the role said; a host that it called enabled may have failed all the same.
    "result_state": (_TEXT, None),
    "changed": ((bool,), False),
    "cause": (_TEXT, None),
    "engine": (_TEXT, None),
    "scope": (_TEXT, None),
    "cache": ((dict, type(None)), None),
    "log": ((list,), []),
    "vhosts": ((list,), []),
    "endpoints": ((list,), []),
    "responder_checks": ((list,), []),
    "warnings": ((list,), []),
    "left_behind": ((list,), []),
}
_VHOST: Final[Mapping[str, tuple[tuple[type, ...], Any]]] = {
    "names": ((list,), []),
    "action": (_TEXT, None),
    "reason": (_TEXT, None),
    "detail": (_TEXT, None),
    "must_staple": ((bool,), False),
    "stapled": ((bool, type(None)), None),
    "acceptable": ((bool, type(None)), None),
    "certificate_status": (_TEXT, None),
    "next_update": (_TEXT, None),
    "problem": (_TEXT, None),
    "handshakes": ((list,), []),
}
_HANDSHAKE: Final[Mapping[str, tuple[tuple[type, ...], Any]]] = {
    **dict.fromkeys(HANDSHAKE_KEYS, (_TEXT, None)),
    "port": ((int, type(None)), None),
    "stapled": ((bool, type(None)), None),
    "acceptable": ((bool, type(None)), None),
}


def make_host(
    name: str, result: Mapping[str, Any], *, state: str, message: str | None, finished: str
) -> dict[str, Any]:
    """Return the entry of a host, from its ocsp_stapling_result or from what stands for one.

    A result of the wrong shape is a ValueError: it may come out of a file that somebody else has written.
    """
    if state not in words.STATES:
        raise ValueError(f"host {name!r}: state must be one of {', '.join(words.STATES)}, not {state!r}.")
    given = {**result, "message": message, "finished": finished}
    given.setdefault("result_state", result.get("state"))
    entry = {"host": name, "state": state, **_complete(given, _HOST, f"host {name!r}")}
    entry["vhosts"] = [_vhost(vhost, f"host {name!r}") for vhost in entry["vhosts"]]
    for endpoint in entry["endpoints"]:
        _endpoint(endpoint, f"host {name!r}")
    return entry


def _vhost(vhost: Any, where: str) -> dict[str, Any]:
    if not isinstance(vhost, Mapping) or not isinstance(vhost.get("id"), str):
        raise ValueError(f"{where}: a virtual host is not an object with an id.")
    where = f"{where}, virtual host {vhost['id']!r}"
    entry = {**vhost, **_complete(vhost, _VHOST, where)}
    entry["names"] = [str(name) for name in entry["names"]]
    entry["handshakes"] = [_complete(_object(seen, where), _HANDSHAKE, where) for seen in entry["handshakes"]]
    return entry


def _endpoint(endpoint: Any, where: str) -> None:
    named = isinstance(endpoint, Mapping) and isinstance(endpoint.get("host"), str)
    if not named or not isinstance(endpoint.get("port"), int):
        raise ValueError(f"{where}: an endpoint is not an object with host and port.")
    if not all(isinstance(endpoint.get(key, []), list) for key in ("addresses", "needed_by")):
        raise ValueError(f"{where}, endpoint {endpoint['host']!r}: addresses and needed_by must be lists.")


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: a handshake is not an object.")
    return value


def _complete(
    given: Mapping[str, Any], shape: Mapping[str, tuple[tuple[type, ...], Any]], where: str
) -> dict[str, Any]:
    """Return all keys of `shape`, those that are not given with what stands for nothing."""
    entry = {}
    for key, (types, nothing) in shape.items():
        value = given.get(key, nothing)
        if value is None and list in types:
            value = nothing
        if not isinstance(value, types):
            raise ValueError(f"{where}: {key} is {type(value).__name__}, which it must not be.")
        entry[key] = list(value) if isinstance(value, list) else value
    return entry
