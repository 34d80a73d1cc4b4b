# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_text import heads, spoken, text


def test_text_is_never_markup_and_never_turns_the_line_around() -> None:
    assert text('<b a="&">\u202e') == "&lt;b a=&quot;&amp;&quot;&gt;\\u202e"
    assert text(None) == "-"


def test_words_are_said_without_underscores() -> None:
    assert spoken("not_acceptable") == "not acceptable"


def test_head_cells_belong_to_their_column() -> None:
    assert heads("A", "B") == '<th scope="col">A</th><th scope="col">B</th>'
