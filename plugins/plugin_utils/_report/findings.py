# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings: everything in a report that is not as it should be, or that people ask about, one flat record for each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.words import WORDS
from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words

KEYS: Final = (
    "id",
    "host",
    "server_name",
    "port",
    "key_type",
    "severity",
    "problem",
    "message",
    "hint",
    "next_update",
)
# What to do about a host, or about what only a report has a word for.
_HINTS: Final[Mapping[str, str]] = {
    words.REFUSED: "Nothing was changed. Mend what the message names, then run enable_stapling.yml again.",
    words.ROLLED_BACK: "httpd has its former configuration. Mend what the message names, then run it again.",
    words.FAILED: "Look at the task that failed in the output of the run, then run it again for this host.",
    words.UNREACHABLE: "Check name, network and login of the host, then run it again with --limit @report.retry.",
    words.NOT_REACHED: "Run it again with --limit @report.retry.",
    words.NOT_CONFIRMED: "Run confirm_stapling.yml to see what clients get.",
    words.NOT_ENABLED: "Run enable_stapling.yml to have it stapled.",
    words.RUNS_OUT: "Check that httpd still reaches the responder: it should have fetched a newer response by now.",
}
# A survey logs in nowhere, and has no inventory that could be limited.
_SURVEYED: Final = (
    "Check its name, its port, and the firewalls between the machine that ran the survey and this server; then run the"
    " survey again for the addresses in report.retry."
)


def findings_of(entry: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Return the findings of a host, the most severe ones first, each once."""
    found: dict[str, dict[str, Any]] = {}
    for finding in (*_of_host(entry), *_of_vhosts(entry, now), *_of_warnings(entry)):
        found.setdefault(finding["id"], finding)
    return sorted(found.values(), key=lambda finding: words.SEVERITIES.index(finding["severity"]))


def _finding(entry: Mapping[str, Any], problem: str, severity: str, message: str | None, **more: Any) -> dict[str, Any]:
    """Return a finding; its id stays the same from run to run as long as the problem does."""
    finding = {
        "host": entry["host"],
        "server_name": None,
        "port": None,
        "key_type": None,
        "severity": severity,
        "problem": problem,
        "message": message,
        "hint": _HINTS.get(problem),
        "next_update": None,
        **more,
    }
    identity = "\0".join(str(finding[key]) for key in ("host", "server_name", "port", "key_type", "problem"))
    return {"id": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:16], **finding}


def _of_host(entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if entry["state"] in words.RETRY_STATES:
        message = entry["message"] or entry["cause"]
        # No role calls its own host unreachable.
        surveyed = {"hint": _SURVEYED} if entry["result_state"] == words.UNREACHABLE else {}
        yield _finding(entry, entry["state"], words.severity(entry["state"], "host"), message, **surveyed)


def _of_vhosts(entry: Mapping[str, Any], now: datetime) -> Iterator[dict[str, Any]]:
    for vhost in entry["vhosts"]:
        outcome = words.outcome(vhost)
        if vhost["handshakes"]:
            yield from _of_handshakes(entry, vhost, now)
        elif outcome == words.LEFT:
            yield _of_vhost(entry, vhost, str(vhost["reason"]), vhost["detail"])
        elif entry["state"] == words.DISABLED:
            yield _of_vhost(entry, vhost, words.NOT_ENABLED, "It can be stapled, and stapling is off.")
        elif entry["state"] not in words.RETRY_STATES:
            yield _of_vhost(entry, vhost, words.NOT_CONFIRMED, "Nobody has looked at what clients get.")


def _of_vhost(entry: Mapping[str, Any], vhost: Mapping[str, Any], problem: str, message: str | None) -> dict[str, Any]:
    severity = words.severity(problem, "vhost", must_staple=vhost["must_staple"])
    finding = _finding(entry, problem, severity, message, server_name=words.name_of(vhost))
    if problem in WORDS and finding["hint"] is None:
        finding["hint"] = WORDS[problem].remedy
    return finding


def _of_handshakes(entry: Mapping[str, Any], vhost: Mapping[str, Any], now: datetime) -> Iterator[dict[str, Any]]:
    for seen in vhost["handshakes"]:
        more = {
            "server_name": seen["server_name"] or words.name_of(vhost),
            "port": seen["port"],
            "key_type": seen["key_type"],
            "next_update": seen["next_update"],
        }
        if not seen["acceptable"]:
            problem = seen["problem"] or words.NOT_ACCEPTABLE
            severity = words.severity(problem, "handshake", must_staple=vhost["must_staple"])
            hint = seen["hint"] or (PROBLEMS[problem].hint if problem in PROBLEMS else None)
            yield _finding(entry, problem, severity, seen["message"], **{**more, "hint": hint})
        elif _runs_out(seen, now):
            message = (
                f"The response is good until {seen['next_update']}, less than a quarter of the time it is made for."
            )
            yield _finding(entry, words.RUNS_OUT, words.severity(words.RUNS_OUT, "handshake"), message, **more)


def _of_warnings(entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for warning in entry["warnings"]:
        if isinstance(warning, Mapping):
            code = str(warning.get("code"))
            hint = WORDS[code].remedy if code in WORDS else None
            name = next(
                (words.name_of(vhost) for vhost in entry["vhosts"] if vhost["id"] == warning.get("vhost")), None
            )
            severity = words.severity(code, "warning")
            yield _finding(entry, code, severity, str(warning.get("message")), hint=hint, server_name=name)


def _runs_out(seen: Mapping[str, Any], now: datetime) -> bool:
    """Return whether less than a quarter of the life of a stapled response is left."""
    first, last = parse_time(seen["this_update"]), parse_time(seen["next_update"])
    return first is not None and last is not None and last - now < (last - first) / 4


def parse_time(text: str | None) -> datetime | None:
    """Return a moment as results have it (ISO 8601 with Z), or None where there is none that can be read."""
    try:
        moment = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
