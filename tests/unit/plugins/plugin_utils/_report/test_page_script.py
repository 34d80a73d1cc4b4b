# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page import render_html
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_rows import COLUMNS, FILTERS
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_script import SCRIPT
from ansible_collections.stapling.httpd.tests.unit.support import reports


def test_every_element_that_the_script_looks_for_is_there() -> None:
    page = render_html(reports.fleet())
    names = set(re.findall(r'find\("([\w-]+)"\)', SCRIPT))
    assert names >= {
        "data",
        "count",
        "table",
        "more",
        "q",
        "reset",
        "csv",
        "json",
        "print",
        "theme",
        "chooser",
        "tools",
    }
    for name in (*names, *FILTERS):
        assert f'id="{name}"' in page, name


def test_texts_become_no_markup() -> None:
    assert "textContent" in SCRIPT
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", SCRIPT)


def test_the_script_names_columns_that_are_there() -> None:
    assert set(re.findall(r'name === "(\w+)"', SCRIPT)) == {"severity"} <= set(COLUMNS)
