# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.summary import LONGEST, closing_summary
from ansible_collections.stapling.httpd.tests.unit.support import reports


def test_the_closing_summary_is_short_whatever_the_size() -> None:
    many = [
        reports.entry(f"web{number}", reports.vhost("x" * 500, reports.handshake("no_staple", message="y" * 5000)))
        for number in range(500)
    ]
    lines = closing_summary(reports.document(*many), directory="report", writer="nobody")
    assert len(lines) <= LONGEST
    assert max(map(len, lines)) <= 300
    assert "and 492 more, all in findings.csv" in lines[-2]
    assert (
        lines[0] == "OCSP stapling: all 500 hosts got to their end; a strict client refuses 500 of 500 virtual hosts."
    )
