# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of report.html: whatever a stranger wrote is text there, and never markup."""

from __future__ import annotations

import html
from typing import Any

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import plain


def text(value: Any) -> str:
    """Return any value as text of the page; None is a dash."""
    return html.escape(plain("-" if value is None else value))


def spoken(word: str) -> str:
    """Return a stable word as people say it."""
    return word.replace("_", " ")


def heads(*titles: str) -> str:
    """Return the head cells of a table."""
    return "".join(f'<th scope="col">{title}</th>' for title in titles)
