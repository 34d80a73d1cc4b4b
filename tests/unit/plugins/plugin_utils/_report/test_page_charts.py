# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections import Counter

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_charts import MOST_BARS, charts
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_rows import COLUMNS, make_rows
from ansible_collections.stapling.httpd.tests.unit.support import reports


def drawn(document: dict, responders: dict) -> str:
    return "\n".join(charts(document, make_rows(document), responders))


def test_each_bar_counts_the_rows_that_its_link_shows() -> None:
    document = reports.fleet()
    text = drawn(document, {})
    rows = [dict(zip(COLUMNS, row)) for row in make_rows(document)]
    bars = re.findall(r'href="#(reason|time_left)=([^"]+)"><span>[^<]*<b>(\d+)</b>', text)
    assert len(bars) > 8
    for name, value, count in bars:
        assert Counter(row[name] for row in rows)[value.replace("%20", " ")] == int(count), (name, value)


def test_the_longest_bar_is_as_wide_as_the_chart_and_the_others_in_proportion() -> None:
    text = drawn(reports.document(), {("a.example", 80): 40, ("b.example", 80): 10, ("c.example", 8080): 1})
    assert re.findall(r'<rect width="(\d+)"', text) == ["100", "25", "2"]
    assert "c.example:8080 <b>1</b>" in text


def test_a_chart_has_only_so_many_bars_and_says_how_many_more_there_are() -> None:
    text = drawn(reports.document(), {(f"r{number}.example", 80): 1 for number in range(MOST_BARS + 3)})
    assert text.count("<rect") == MOST_BARS
    assert "and 3 more" in text


def test_nothing_is_drawn_where_nothing_was_counted() -> None:
    assert drawn(reports.document(), {}) == ""
