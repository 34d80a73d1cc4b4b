# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document report.json: every host of a run, with totals; all other files are made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.benchmark import STATUSES, benchmark
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.findings import findings_of, parse_time
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import RUN_KEYS, SCHEMA


def make_document(
    entries: Iterable[Mapping[str, Any]], run: Mapping[str, Any], now: datetime | None = None
) -> dict[str, Any]:
    """Return report.json: `{schema, generated_at, run, totals, hosts}`, with all keys always there.

    `entries` are those of host.make_host, `run` is that of run.describe; `now` is what time left is counted from.
    """
    now = now or datetime.now(timezone.utc)
    hosts = {entry["host"]: _host(entry, entry.get("run_id") or run["id"], now) for entry in entries}
    return {
        "schema": SCHEMA,
        "generated_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "run": {key: run.get(key) for key in RUN_KEYS},
        "totals": _totals(hosts.values()),
        "hosts": hosts,
    }


def _host(entry: Mapping[str, Any], run_id: str, now: datetime) -> dict[str, Any]:
    vhosts = [
        {
            **vhost,
            "host": entry["host"],
            "name": words.name_of(vhost),
            "outcome": words.outcome(vhost),
            "seconds_left": _seconds_left(vhost["next_update"], now),
        }
        for vhost in entry["vhosts"]
    ]
    kept = {key: value for key, value in entry.items() if key not in ("schema", "run")}
    return {**kept, "run_id": run_id, "vhosts": vhosts, "findings": findings_of(entry, now), "cis": benchmark(entry)}


def _seconds_left(next_update: str | None, now: datetime) -> int | None:
    last = parse_time(next_update)
    return None if last is None else int((last - now).total_seconds())


def _totals(hosts: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    hosts = list(hosts)
    vhosts = [vhost for host in hosts for vhost in host["vhosts"]]
    obliged = [vhost for vhost in vhosts if vhost["must_staple"]]
    found = [finding["severity"] for host in hosts for finding in host["findings"]]
    return {
        "hosts": {"total": len(hosts), **_count(words.STATES, (host["state"] for host in hosts))},
        "virtual_hosts": {
            "total": len(vhosts),
            "stapled": sum(vhost["stapled"] is True for vhost in vhosts),
            **_count(words.OUTCOMES, (vhost["outcome"] for vhost in vhosts)),
        },
        "must_staple": {
            "total": len(obliged),
            **_count(words.OUTCOMES, (vhost["outcome"] for vhost in obliged)),
        },
        "findings": {"total": len(found), **_count(words.SEVERITIES, found)},
        "cis": {"total": len(hosts), **_count(STATUSES, (host["cis"]["status"] for host in hosts))},
    }


def _count(names: Iterable[str], values: Iterable[str]) -> dict[str, int]:
    """Return how often each name is among the values, those with 0 too."""
    counted = Counter(values)
    return {name: counted[name] for name in names}
