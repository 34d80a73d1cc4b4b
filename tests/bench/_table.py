# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the benchmarks show what they have measured: one table each, with the bound beside the figure."""

from __future__ import annotations

import typing as t


class Row(t.NamedTuple):
    """One line: kept is whether the figure is within its bound, None where there is none."""

    what: str
    measured: str
    bound: str = ""
    kept: bool | None = None


def show(title: str, rows: t.Sequence[Row]) -> bool:
    """Print the table; whether every bound was kept."""
    lines = [("", "measured", "bound", ""), *((row.what, row.measured, row.bound, _mark(row)) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    print(f"\n{title}")
    for what, measured, bound, mark in lines:
        print(f"  {what:<{widths[0]}}  {measured:>{widths[1]}}  {bound:<{widths[2]}}  {mark}".rstrip())
    return all(row.kept is not False for row in rows)


def _mark(row: Row) -> str:
    return "" if row.kept is None else "ok" if row.kept else "MISSED"
