# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of report.html: what its table shows, its filters choose from and its charts count."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import to_json
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.findings import parse_time
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import YES_NO, plain

COLUMNS: Final = {
    "host": "Host",
    "name": "Virtual host",
    "port": "Port",
    "key": "Key",
    "tls": "TLS",
    "stapled": "Stapled",
    "acceptable": "Acceptable",
    "status": "Status",
    "next_update": "Next update",
    "must_staple": "Must-staple",
    "severity": "Severity",
    "why": "Why",
    "state": "State of the host",
    "outcome": "Outcome",
    "reason": "Reason",
    "time_left": "Time left",
    "cis": "CIS 7.10/7.11",
}
FILTERS: Final = ("state", "outcome", "severity", "reason", "time_left", "cis")
# In the table only if somebody chooses them: the filters show them.
HIDDEN: Final = ("state", "outcome", "reason", "time_left", "cis")
SHOWN: Final = tuple(name for name in COLUMNS if name not in HIDDEN)
GOOD: Final = "good"
OK: Final = "ok"

OVER: Final = "over"
MORE: Final = "3 days or more"
# From the moment of the report to nextUpdate: how many seconds are less than each name says.
TIMES_LEFT: Final = {
    OVER: 0,
    "under 4 hours": 4 * 3600,
    "under 1 day": 24 * 3600,
    "under 3 days": 72 * 3600,
    MORE: None,
}


def make_rows(document: Mapping[str, Any]) -> list[list[str]]:
    """Return the rows: a row for each handshake, each virtual host without one, and each host without any."""
    now = parse_time(document["generated_at"])
    return [row for host in document["hosts"].values() for row in _host_rows(host, now)]


def pack(rows: Sequence[Sequence[str]]) -> str:
    """Return the columns for the script: each value once, and which value each row has; zipped, as base64.

    Without codes, a column has as many values as there are rows.
    """
    columns = {name: _column([row[index] for row in rows]) for index, name in enumerate(COLUMNS)}
    data = {
        "rows": len(rows),
        "columns": columns,
        "filters": FILTERS,
        "severities": [*words.SEVERITIES, GOOD],
        "shown": SHOWN,
    }
    return base64.b64encode(gzip.compress(to_json(data).encode(), mtime=0)).decode()


def _column(cells: Sequence[str]) -> dict[str, Any]:
    values = {value: code for code, value in enumerate(dict.fromkeys(cells))}
    codes = None if len(values) == len(cells) else [values[cell] for cell in cells]
    return {"values": list(values), "codes": codes}


def _host_rows(host: Mapping[str, Any], now: datetime | None) -> Iterator[list[str]]:
    state, bad = host["state"], host["state"] in words.RETRY_STATES
    common = {"host": host["host"], "state": state, "cis": host["cis"]["status"]}
    found = {_key(finding): finding for finding in reversed(host["findings"])}
    if not host["vhosts"] or bad:
        own = found.get((None, None, None))
        severity = own["severity"] if own and bad else GOOD
        why = f"{state}: {host['message'] or ''}" if bad else state
        yield _row(**common, severity=severity, why=why, reason=state)
    for vhost in host["vhosts"]:
        yield from _vhost_rows(common, vhost, found, now)


def _key(finding: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return finding["server_name"], finding["port"], finding["key_type"]


def _vhost_rows(
    common: Mapping[str, Any], vhost: Mapping[str, Any], found: Mapping[Any, Any], now: datetime | None
) -> Iterator[list[str]]:
    common = {
        **common,
        "name": vhost["name"],
        "must_staple": YES_NO[vhost["must_staple"]],
        "outcome": vhost["outcome"],
    }
    if not vhost["handshakes"]:
        finding = found.get((vhost["name"], None, None), {})
        left = vhost["outcome"] == words.LEFT
        why = f"{vhost['reason']}: {vhost['detail'] or ''}" if left else vhost["outcome"]
        reason = vhost["reason"] if left else vhost["outcome"]
        yield _row(**common, severity=finding.get("severity", words.INFO), why=why, reason=reason)
    for seen in vhost["handshakes"]:
        finding = found.get((seen["server_name"] or vhost["name"], seen["port"], seen["key_type"]), {})
        yield _row(
            **common,
            port=seen["port"],
            key=seen["key_type"],
            tls=seen["tls_version"],
            stapled=YES_NO[seen["stapled"]],
            acceptable=YES_NO[seen["acceptable"]],
            status=seen["certificate_status"],
            next_update=seen["next_update"],
            time_left=_time_left(seen["next_update"], now),
            severity=finding.get("severity", GOOD),
            why=finding.get("message") or finding.get("problem") or OK,
            reason=finding.get("problem") or OK,
        )


def _time_left(next_update: str | None, now: datetime | None) -> str | None:
    """Return which of TIMES_LEFT a response has."""
    last = parse_time(next_update)
    if last is None or now is None:
        return None
    left = (last - now).total_seconds()
    return next((name for name, below in TIMES_LEFT.items() if below is not None and left < below), MORE)


def _row(**cells: Any) -> list[str]:
    return [plain("-" if cells.get(name) is None else cells[name]) for name in COLUMNS]
