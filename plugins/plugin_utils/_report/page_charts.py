# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The charts of report.html: bars as inline SVG, each with its number as text and a link to what it counts."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_rows import COLUMNS, GOOD, OK, TIMES_LEFT
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_text import spoken, text

# Bars of a chart; what is rarer is in the table.
MOST_BARS: Final = 10
_COLOURS: Final = {
    words.ACCEPTABLE: GOOD,
    words.NOT_ACCEPTABLE: words.HIGH,
    words.NOT_CONFIRMED: words.LOW,
    words.LEFT: words.INFO,
    **dict(zip(TIMES_LEFT, (words.CRITICAL, words.HIGH, words.MEDIUM, words.LOW, GOOD))),
}

# Label, count, colour and link of a bar.
Bar = tuple[str, int, str, str]


def charts(
    document: Mapping[str, Any], rows: Sequence[Sequence[str]], responders: Mapping[tuple[str, int], int]
) -> Iterator[str]:
    """Yield the charts; one without anything to show is left out.

    `responders` are host and port of each responder with the number of certificates that need it, in the order of the
    table of responders.
    """
    outcomes = document["totals"]["virtual_hosts"]
    made = {
        "Virtual hosts by outcome": [_bar("outcome", name, outcomes[name]) for name in words.OUTCOMES],
        "Handshakes by time to nextUpdate": _counted(rows, "time_left", TIMES_LEFT),
        "Rows by reason": _counted(rows, "reason", None),
        "Responders by certificates": [
            (f"{host}:{port}", count, words.LOW, f"responder-{index}")
            for index, ((host, port), count) in enumerate(responders.items())
        ],
    }
    if any(count for bars in made.values() for _label, count, _colour, _link in bars):
        yield '<h2 id="charts">At a glance</h2>\n<div class="charts">'
        for title, bars in made.items():
            yield from _chart(title, [entry for entry in bars if entry[1]])
        yield "</div>"


def _bar(name: str, value: str, count: int) -> Bar:
    return spoken(value), count, _COLOURS.get(value, words.LOW), f"{name}={quote(value)}"


def _counted(rows: Sequence[Sequence[str]], name: str, values: Mapping[str, Any] | None) -> list[Bar]:
    """Return bars for the values of a column: for those given, or for all but `ok`, the most frequent first."""
    place = list(COLUMNS).index(name)
    counts = Counter(row[place] for row in rows)
    order = values or [value for value, _count in counts.most_common() if value != OK]
    return [_bar(name, value, counts[value]) for value in order]


def _chart(title: str, bars: Sequence[Bar]) -> Iterator[str]:
    if not bars:
        return
    most = max(count for _label, count, _colour, _link in bars)
    yield f"<figure><figcaption>{text(title)}</figcaption>\n<ul>"
    for label, count, colour, link in bars[:MOST_BARS]:
        width = max(1, round(100 * count / most))
        drawn = (
            f'<svg class="{colour}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
            f'<title>{text(f"{label}: {count}")}</title><rect width="{width}" height="6" rx="1"/></svg>'
        )
        yield f'<li><a href="#{html.escape(link)}"><span>{text(label)} <b>{count}</b></span>{drawn}</a></li>'
    if len(bars) > MOST_BARS:
        yield f"<li>and {len(bars) - MOST_BARS} more</li>"
    yield "</ul></figure>"
