# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ocsp_stapling_result facts of several hosts for people to read: as text, as CSV, as a page."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

COLUMNS = ("HOST", "VHOST", "KEY", "STAPLED", "ACCEPTABLE", "STATUS", "NEXT UPDATE", "WHY")
YES_NO = {True: "yes", False: "no", None: "-"}
EGRESS_COLUMNS = ("HOST", "PORT", "PROTOCOL", "ADDRESSES", "NEEDED BY HOSTS", "NEEDED BY CERTIFICATES")

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

Results = Mapping[str, Mapping[str, Any]]


def render_text(results: Results) -> str:
    """Aligned columns, one line per host, vhost and key type; a closing line per host."""
    rows = _rows(results)
    if len(rows) == 1:
        return "\n".join(_summaries(results))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS) - 1)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]).rstrip() for row in rows]
    return "\n".join([*lines, *_summaries(results)])


def render_csv(results: Results) -> str:
    """The same rows, comma separated (RFC 4180)."""
    return _csv(_rows(results))


def render_html(results: Results) -> str:
    """The same rows as a page that needs nothing but itself."""
    head, *body = _rows(results)
    return _PAGE.format(
        summaries="\n".join(f"<li>{html.escape(line)}</li>" for line in _summaries(results)),
        rows="\n".join([_html_row(head, "th"), *(_html_row(row, "td") for row in body)]),
    )


def render_egress(results: Results) -> str:
    """What the perimeter firewall must let out, one line per responder, comma separated."""
    needed: dict[tuple[str, int], tuple[set[str], set[str], set[str]]] = {}
    for host, result in results.items():
        for endpoint in result["endpoints"]:
            addresses, hosts, certificates = needed.setdefault(
                (str(endpoint["host"]), int(endpoint["port"])), (set(), set(), set())
            )
            addresses.update(endpoint.get("addresses", []))
            hosts.add(host)
            certificates.update(endpoint.get("needed_by", []))
    rows = [
        [host, str(port), "tcp", *(" ".join(sorted(each)) for each in needed[host, port])]
        for host, port in sorted(needed)
    ]
    return _csv([EGRESS_COLUMNS, *rows])


FORMATS = {"text": render_text, "csv": render_csv, "html": render_html, "egress": render_egress}


def _rows(results: Results) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [COLUMNS]
    for host, result in results.items():
        for vhost in result["vhosts"]:
            rows.extend(tuple(_plain(cell) for cell in row) for row in _vhost_rows(host, vhost))
    return rows


def _vhost_rows(host: str, vhost: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    name = next(iter(vhost["names"]), None) or vhost["id"]
    if not vhost["handshakes"]:
        why = vhost["reason"] if vhost["reason"] != "ok" else "not confirmed"
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


def _summaries(results: Results) -> list[str]:
    return [_summary(host, result) for host, result in results.items()]


def _summary(host: str, result: Mapping[str, Any]) -> str:
    """Return the closing line of a host: its state, and how many virtual hosts the table shows as what."""
    vhosts = result["vhosts"]
    left = [vhost for vhost in vhosts if vhost["action"] != "staple"]
    stapled = [vhost for vhost in vhosts if vhost["stapled"]]
    counts = {
        "not acceptable to a strict client": sum(vhost["acceptable"] is False for vhost in vhosts),
        "not confirmed": sum(vhost["action"] == "staple" and not vhost["handshakes"] for vhost in vhosts),
        f"left as they are ({', '.join(sorted({str(vhost['reason']) for vhost in left}))})": len(left),
    }
    change = "changed" if result["changed"] else "no change"
    text = f"{host}: {result['state']}, {change}; {len(stapled)} of {len(vhosts)} virtual hosts stapled"
    text += "".join(f", {count} {what}" for what, count in counts.items() if count)
    if result.get("cause"):
        text += f". {result['cause']}"
    return _plain(text)


def _plain(text: Any) -> str:
    """A server name may come from anywhere: what a terminal would act on is shown as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(text))


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_no_formula(_plain(cell)) for cell in row] for row in rows)
    return out.getvalue()


def _no_formula(cell: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula, whatever blanks stand before it; a leading
    apostrophe makes it text."""
    return f"'{cell}" if cell != "-" and cell.lstrip()[:1] in tuple("=+-@") else cell


def _html_row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"
