# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results and reports for tests, made by the functions that make the real ones."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.document import make_document
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import make_host
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.run import TASK, describe
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.tracker import state_of
from ansible_collections.stapling.httpd.plugins.plugin_utils._result import build_result

NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)
FINISHED = "2026-11-28T00:00:00.000000Z"


def handshake(problem: str | None = None, **more: Any) -> dict[str, Any]:
    """Return what a handshake showed: a good staple, or one with a problem."""
    silent = problem == "no_staple"
    return {
        "port": 443,
        "key_type": "rsa",
        "tls_version": "TLSv1.3",
        "stapled": not silent,
        "acceptable": problem is None,
        "certificate_status": None if silent else "good",
        "this_update": None if silent else "2026-11-27T12:00:00Z",
        "next_update": None if silent else "2026-11-30T00:00:00Z",
        "problem": problem,
        "message": None if problem is None else f"{problem}: it is.",
        **more,
    }


def vhost(
    name: str, *handshakes: dict[str, Any], action: str = "staple", reason: str = "ok", must_staple: bool = False
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a virtual host of a plan, and what was seen of it."""
    planned = {"id": f"{name}:443", "names": [name], "action": action, "reason": reason, "detail": f"{reason}, it is."}
    return {**planned, "must_staple": must_staple}, [{"id": f"{name}:443", **seen} for seen in handshakes]


def entry(host: str, *vhosts: Any, state: str = "enabled", cause: str | None = None, **plan: Any) -> dict[str, Any]:
    """Return the entry of a host with these virtual hosts."""
    joined = build_result(
        {"vhosts": [planned for planned, _seen in vhosts], **plan},
        state=state,
        changed=False,
        cause=cause,
        confirmed=[handshake for _planned, seen in vhosts for handshake in seen],
    )
    stands, message = state_of(joined)
    return make_host(host, joined, state=stands, message=message, finished=FINISHED)


def lost(host: str, state: str, message: str = "It is gone.") -> dict[str, Any]:
    """Return the entry of a host without a result."""
    return make_host(host, {}, state=state, message=message, finished=FINISHED)


def document(*entries: dict[str, Any]) -> dict[str, Any]:
    """Return the report of these hosts, made at NOW."""
    return make_document(entries, describe(TASK, playbook="enable_stapling.yml"), NOW)


def fleet() -> dict[str, Any]:
    """Return a report with every state and every outcome in it."""
    responder = {"host": "ocsp.example", "port": 80, "needed_by": ["aa", "bb"], "vhosts": []}
    late = {"this_update": "2026-11-25T12:00:00Z", "next_update": "2026-11-28T12:00:00Z"}
    other = {"host": "other.example", "port": 8080, "needed_by": ["cc"], "vhosts": []}
    return document(
        entry(
            "web1",
            vhost("good.example", handshake(), handshake(key_type="ecdsa", **late)),
            vhost("free.example", action="leave", reason="no_ocsp_uri"),
            endpoints=[responder],
            warnings=[{"code": "cache_exists", "message": "A cache is there.", "vhost": None}],
        ),
        entry(
            "web2",
            vhost("must.example", handshake("no_staple"), must_staple=True),
            vhost("bad.example", handshake("bad_signature")),
            vhost("revoked.example", handshake("revoked")),
            cause="no_staple: it is.",
            endpoints=[other, responder],
        ),
        entry("web3", vhost("off.example"), state="disabled"),
        entry("web4", state="nothing_to_do"),
        entry("web5", state="refused", cause="httpd does not run."),
        entry("web6", vhost("old.example", handshake("stale")), state="rolled_back", cause="stale: it is."),
        entry("web7", vhost("later.example")),
        lost("web8", "unreachable"),
        lost("web9", "not_reached"),
    )
