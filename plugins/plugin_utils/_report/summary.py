# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The closing summary of a run: at most LONGEST lines, whatever the size of the fleet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import RETRY
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import plain

LONGEST: Final = 20
_FINDINGS: Final = 8
_WIDEST: Final = 300


def closing_summary(
    document: Mapping[str, Any], *, directory: str | None, writer: str, retry: bool = True
) -> list[str]:
    """Return the lines: the verdict, the numbers, the worst findings, what to run next, and who wrote what where.

    `retry` is whether the run can be repeated for some of its hosts.
    """
    totals = document["totals"]
    lines = [
        f"OCSP stapling: {verdict(totals)}",
        f"  hosts: {_counts(totals['hosts'], words.STATES)}",
        f"  virtual hosts: {totals['virtual_hosts']['stapled']} of {totals['virtual_hosts']['total']} stapled;"
        f" {_counts(totals['virtual_hosts'], words.OUTCOMES)}",
        f"  findings: {_counts(totals['findings'], words.SEVERITIES)}",
        *_worst(document),
    ]
    if directory is None:
        return lines
    if retry and sum(totals["hosts"][state] for state in words.RETRY_STATES):
        lines.append(f"  to run it again for the hosts that need it: --limit @{plain(directory)}/{RETRY}")
    return [*lines, f"  report: {plain(directory)}, written by {writer}"]


def verdict(totals: Mapping[str, Mapping[str, int]]) -> str:
    """Return in one sentence how the fleet stands."""
    hosts = totals["hosts"]
    bad = sum(hosts[state] for state in words.RETRY_STATES)
    refused = totals["virtual_hosts"][words.NOT_ACCEPTABLE]
    if bad:
        text = f"{bad} of {hosts['total']} hosts did not get to their end"
    else:
        text = f"all {hosts['total']} hosts got to their end"
    if refused:
        text += f"; a strict client refuses {refused} of {totals['virtual_hosts']['total']} virtual hosts"
    return f"{text}."


def _counts(counts: Mapping[str, int], names: Sequence[str]) -> str:
    """Return the counts that are not 0."""
    return ", ".join(f"{counts[name]} {name}" for name in names if counts[name]) or "none"


def _worst(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the most severe findings, and how many more there are."""
    found = [finding for host in document["hosts"].values() for finding in host["findings"]]
    bad = [finding for finding in found if finding["severity"] != words.INFO]
    bad.sort(key=lambda finding: words.SEVERITIES.index(finding["severity"]))
    for finding in bad[:_FINDINGS]:
        place = " ".join(str(finding[key]) for key in ("host", "server_name", "key_type") if finding[key])
        line = plain(f"  {finding['severity']}: {place}: {finding['problem']}: {finding['message'] or ''}")
        yield line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..."
    if len(bad) > _FINDINGS:
        yield f"  and {len(bad) - _FINDINGS} more, all in findings.csv"
