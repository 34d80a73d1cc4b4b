# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of useful queries in docs/report.md."""

from __future__ import annotations

import re
from pathlib import Path

_TEXT = (Path(__file__).parents[3] / "docs" / "report.md").read_text(encoding="utf-8")
QUERIES = {
    title: query.replace("\\|", "|") for title, query in re.findall(r"^\| ([^|]+) \| ``(.+)`` \|$", _TEXT, re.MULTILINE)
}
