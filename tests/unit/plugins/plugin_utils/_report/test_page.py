# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page import render_html
from ansible_collections.stapling.httpd.tests.unit.support import reports


def test_html_is_escaped() -> None:
    entry = reports.entry("<b>web</b>", reports.vhost("<script>alert(1)</script>", reports.handshake()))
    page = render_html({"<b>web</b>": entry})
    assert "<script>" not in page and "<b>web" not in page
    assert "&lt;script&gt;" in page
