# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All files of a report, from one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import findings, words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.egress import render_egress
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import (
    LINES,
    RETRY,
    SELECTION,
    remove_file,
    replace_files,
    to_json,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.junit import render_junit
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page import render_html
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.query import run_query
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import render_csv, render_text, to_csv


def render_findings(document: Mapping[str, Any]) -> str:
    """Return findings.csv: a line for each finding, the most severe ones first."""
    found = [finding for host in document["hosts"].values() for finding in host["findings"]]
    found.sort(key=lambda finding: words.SEVERITIES.index(finding["severity"]))
    return to_csv([findings.KEYS, *([finding[key] for key in findings.KEYS] for finding in found)])


def render_retry(document: Mapping[str, Any]) -> str:
    """Return report.retry, for `--limit @report.retry`: the hosts that another run has something to do on."""
    hosts = document["hosts"].values()
    return "".join(f"{host['host']}\n" for host in hosts if host["state"] in words.RETRY_STATES)


FILES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "report.json": lambda document: to_json(document) + "\n",
    "report.txt": lambda document: render_text(document["hosts"]) + "\n",
    "report.csv": lambda document: render_csv(document["hosts"]),
    "report.html": render_html,
    "report.junit.xml": render_junit,
    RETRY: render_retry,
    "findings.csv": render_findings,
    "egress.csv": lambda document: render_egress(document["hosts"]),
}


def write_report(
    directory: str, document: Mapping[str, Any], query: str | None, lines: str | None = None
) -> list[dict[str, Any]]:
    """Write all files into the directory, and return path, bytes and sha256 of each.

    report.jsonl is only written where `lines` is its new content; a run appends to it instead.
    """
    contents = {name: render(document) for name, render in FILES.items()}
    if lines is not None:
        contents[LINES] = lines
    if query:
        contents[SELECTION] = to_json(run_query(query, document)) + "\n"
    written = replace_files(directory, contents)
    if not query:
        remove_file(directory, SELECTION)
    return written
