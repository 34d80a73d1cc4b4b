# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of several hosts as a table for people: as text and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words

COLUMNS = ("HOST", "VHOST", "KEY", "STAPLED", "ACCEPTABLE", "STATUS", "NEXT UPDATE", "WHY")
MOST_WARNINGS = 5
YES_NO = {True: "yes", False: "no", None: "-"}

Results = Mapping[str, Mapping[str, Any]]


def render_text(results: Results) -> str:
    """Return aligned columns, a line for each host, virtual host and handshake, and a closing line for each host."""
    rows = table_rows(results)
    if len(rows) == 1:
        return "\n".join(closing_lines(results))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS) - 1)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]).rstrip() for row in rows]
    return "\n".join([*lines, *closing_lines(results)])


def render_csv(results: Results) -> str:
    """Return the same rows as CSV (RFC 4180)."""
    return to_csv(table_rows(results))


def table_rows(results: Results) -> list[tuple[str, ...]]:
    """Return the head and the rows of the table, every cell safe to show."""
    rows: list[tuple[str, ...]] = [COLUMNS]
    for host, result in results.items():
        for vhost in result["vhosts"]:
            rows.extend(tuple(plain(cell) for cell in row) for row in _vhost_rows(host, vhost))
    return rows


def _vhost_rows(host: str, vhost: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    name = words.name_of(vhost)
    if not vhost["handshakes"]:
        why = "not confirmed" if words.outcome(vhost) == words.NOT_CONFIRMED else vhost["reason"]
        yield (host, name, "-", "-", "-", "-", "-", why)
    for seen in vhost["handshakes"]:
        yield (
            host,
            name,
            seen["key_type"] or "-",
            YES_NO[seen["stapled"]],
            YES_NO[seen["acceptable"]],
            seen["certificate_status"] or "-",
            seen["next_update"] or "-",
            seen["problem"] or "ok",
        )


def closing_lines(results: Results) -> list[str]:
    """Return the closing line of each host, followed by what stays on it and by its warnings."""
    return [line for host, result in results.items() for line in (closing_line(host, result), *_remarks(host, result))]


def _remarks(host: str, result: Mapping[str, Any]) -> Iterable[str]:
    """Yield what stays on a host whose httpd was not restarted, and the first few of its warnings."""
    left = result.get("left_behind") or []
    if left:
        yield plain(f"{host}: left behind, harmless, until a run may restart httpd: {', '.join(left)}")
    messages = [str(warning["message"]) for warning in result.get("warnings") or []]
    yield from (plain(f"{host}: warning: {message}") for message in messages[:MOST_WARNINGS])
    if len(messages) > MOST_WARNINGS:
        yield plain(f"{host}: and {len(messages) - MOST_WARNINGS} more warnings")


def closing_line(host: str, result: Mapping[str, Any]) -> str:
    """Return the closing line of a host: its state, and how many virtual hosts the table shows as what."""
    vhosts = result["vhosts"]
    outcomes = [words.outcome(vhost) for vhost in vhosts]
    reasons = sorted({str(vhost["reason"]) for vhost in vhosts if words.outcome(vhost) == words.LEFT})
    counts = {
        "not acceptable to a strict client": outcomes.count(words.NOT_ACCEPTABLE),
        "not confirmed": outcomes.count(words.NOT_CONFIRMED),
        f"left as they are ({', '.join(reasons)})": outcomes.count(words.LEFT),
    }
    change = "changed" if result["changed"] else "no change"
    stapled = sum(vhost["stapled"] is True for vhost in vhosts)
    cause = result.get("message") or result.get("cause")
    if cause and not vhosts:
        return plain(f"{host}: {result['state']}, {change}. {cause}")
    text = f"{host}: {result['state']}, {change}; {stapled} of {len(vhosts)} virtual hosts stapled"
    text += "".join(f", {count} {what}" for what, count in counts.items() if count)
    return plain(f"{text}. {cause}" if cause else text)


def plain(text: Any) -> str:
    """Return a text with escapes for what a terminal would act on: a server name may come from anywhere."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(text))


def to_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV (RFC 4180) whose cells are data to a spreadsheet, too; None is an empty cell."""
    out = io.StringIO()
    cells = ([_no_formula("" if cell is None else plain(cell)) for cell in row] for row in rows)
    csv.writer(out, lineterminator="\n").writerows(cells)
    return out.getvalue()


def _no_formula(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, whatever blanks stand before it.

    A leading apostrophe makes it text.
    """
    return f"'{cell}" if cell != "-" and cell.lstrip()[:1] in tuple("=+-@") else cell
