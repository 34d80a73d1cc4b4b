# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table as a page that needs nothing but itself."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import Results, closing_lines, table_rows

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>OCSP stapling</title>
<style>
body {{ font-family: sans-serif; margin: 2em; }}
table {{ border-collapse: collapse; }}
th, td {{ border: 1px solid #999; padding: 0.3em 0.7em; text-align: left; }}
</style>
</head>
<body>
<h1>OCSP stapling</h1>
<ul>
{summaries}
</ul>
<table>
{rows}
</table>
</body>
</html>
"""


def render_html(results: Results) -> str:
    """Return the table and the closing lines as a page."""
    head, *body = table_rows(results)
    return _PAGE.format(
        summaries="\n".join(f"<li>{html.escape(line)}</li>" for line in closing_lines(results)),
        rows="\n".join([_row(head, "th"), *(_row(row, "td") for row in body)]),
    )


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"
