# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_responders import (
    responders_of,
    responders_part,
    text_for_firewall,
)
from ansible_collections.stapling.httpd.tests.unit.support import reports


def test_a_responder_counts_hosts_and_certificates_once() -> None:
    first, second = responders_of(reports.fleet())
    assert (first.host, first.port, len(first.hosts), len(first.certificates)) == ("ocsp.example", 80, 2, 2)
    assert (second.host, second.port, len(second.hosts), len(second.certificates)) == ("other.example", 8080, 1, 1)


def test_the_firewall_team_gets_a_line_for_each_responder_with_its_addresses() -> None:
    endpoint = {"host": "ocsp.example", "port": 80, "addresses": ["192.0.2.7", "192.0.2.6"], "needed_by": ["aa"]}
    entry = reports.entry("web1")
    entry["endpoints"] = [endpoint]
    lines = text_for_firewall(responders_of(reports.document(entry))).splitlines()
    assert lines[2:] == ["tcp ocsp.example port 80 (now 192.0.2.6 192.0.2.7), from 1 host"]


def test_a_name_out_of_a_certificate_is_text() -> None:
    entry = reports.entry("web1")
    entry["endpoints"] = [{"host": "</pre><script>\n", "port": 80, "needed_by": []}]
    text = "\n".join(responders_part(responders_of(reports.document(entry))))
    assert "<script" not in text
    assert "&lt;/pre&gt;&lt;script&gt;\\n" in text


def test_without_responders_there_is_no_part() -> None:
    assert list(responders_part([])) == []
