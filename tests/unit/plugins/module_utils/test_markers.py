# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._markers import BEGIN, END, MANAGED_FILE, is_managed

BLOCK = [
    "<VirtualHost *:443>",
    f"    {BEGIN}",
    "    SSLUseStapling off",
    f"\t{END}\r",
    "SSLEngine on",
    "</VirtualHost>",
]


@pytest.mark.parametrize(
    "line_number, expected", [(0, False), (1, False), (3, True), (5, False), (6, False), (7, False), (-1, False)]
)
def test_block_in_a_site_file(line_number, expected):
    assert is_managed(BLOCK, line_number) is expected


@pytest.mark.parametrize("first", [MANAGED_FILE, f"{MANAGED_FILE}: do not edit"])
def test_file_that_is_managed(first):
    assert is_managed([first, "SSLUseStapling on"], 2) is True


@pytest.mark.parametrize(
    "lines, line_number",
    [
        pytest.param([], 1, id="empty file"),
        pytest.param(["SSLUseStapling on"], 1, id="no mark at all"),
        pytest.param(
            ["ServerName a", MANAGED_FILE, "SSLUseStapling on"], 3, id="the managed mark counts on the first line only"
        ),
        pytest.param([BEGIN, "SSLUseStapling on"], 2, id="end is missing"),
        pytest.param(["SSLUseStapling on", END], 1, id="begin is missing"),
        pytest.param([BEGIN, "SSLUseStapling on", BEGIN, "SSLEngine on", END], 2, id="closed by another block's end"),
        pytest.param([BEGIN, "SSLEngine on", END, "SSLUseStapling on"], 4, id="after the block"),
        pytest.param([f"{BEGIN} no more", "SSLUseStapling on", END], 2, id="mark with more text behind it"),
    ],
)
def test_lines_that_are_the_sites(lines, line_number):
    assert is_managed(lines, line_number) is False
