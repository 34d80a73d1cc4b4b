# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of report.jsonl from several runs, slices or hosts, put together: the last word on each host counts."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import read_lines
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.findings import parse_time
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import RUN_KEYS, SCHEMA, make_host


def to_line(entry: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the line of report.jsonl for a host."""
    return {"schema": SCHEMA, "run": {key: run.get(key) for key in RUN_KEYS if key != "merged"}, **entry}


def from_line(line: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return entry and run of a line; a ValueError says why it is none."""
    if isinstance(line, ValueError):
        raise line
    if not isinstance(line, Mapping) or not isinstance(line.get("host"), str):
        raise ValueError("it is no object with a host")
    if line.get("schema") != SCHEMA:
        raise ValueError(f"its schema is {line.get('schema')!r}, and only {SCHEMA} is known")
    run = line.get("run")
    if not isinstance(run, Mapping) or not isinstance(run.get("id"), str):
        raise ValueError("it does not say which run it is of")
    if not isinstance(line.get("finished"), str) or parse_time(line["finished"]) is None:
        raise ValueError("it does not say when the run had finished with the host")
    message = line.get("message")
    entry = make_host(
        line["host"],
        line,
        state=str(line.get("state")),
        message=None if message is None else str(message),
        finished=line["finished"],
    )
    return entry, {key: run.get(key) for key in RUN_KEYS if key != "merged"}


class Merged:
    """What the lines of several files come to."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.paths: list[str] = []
        self.skipped: list[str] = []
        self._moments: dict[str, datetime] = {}

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Return the last word on each host, in the order of their names."""
        return [{**self.lines[host], "run_id": self.lines[host]["run"]["id"]} for host in sorted(self.lines)]

    def read(self, path: str) -> None:
        """Take in a file; a line that cannot be read is left out and named in `skipped`."""
        self.paths.append(path)
        try:
            for number, line in read_lines(path):
                try:
                    self._take(*from_line(line))
                except ValueError as error:
                    self.skipped.append(f"{path}, line {number}: {error}")
        except OSError as error:
            raise StaplingError("report_unreadable", f"{path!r} cannot be read: {error.strerror}.") from error

    def _take(self, entry: dict[str, Any], run: dict[str, Any]) -> None:
        self.runs.setdefault(run["id"], run)
        moment = parse_time(entry["finished"])
        before = self._moments.get(entry["host"])
        if moment is not None and (before is None or before <= moment):
            self.lines[entry["host"]] = to_line(entry, run)
            self._moments[entry["host"]] = moment


def merge(patterns: Iterable[str]) -> Merged:
    """Return what the lines of all files come to that the patterns match; none at all is an error."""
    patterns = list(patterns)
    paths = sorted({path for pattern in patterns for path in glob.glob(pattern, recursive=True)})
    if not paths:
        raise StaplingError("report_not_found", f"No file matches ocsp_stapling_report_from: {', '.join(patterns)}.")
    merged = Merged()
    for path in paths:
        merged.read(path)
    return merged


def states_of_run(path: str, run_id: str) -> dict[str, str]:
    """Return the last state of each host that a run has already appended a line for."""
    try:
        lines = [line for _number, line in read_lines(path) if isinstance(line, Mapping)]
    except FileNotFoundError:
        return {}
    own = [line for line in lines if isinstance(line.get("run"), Mapping) and line["run"].get("id") == run_id]
    return {str(line.get("host")): str(line.get("state")) for line in own}
