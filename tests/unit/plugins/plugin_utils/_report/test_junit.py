# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.junit import render_junit
from ansible_collections.stapling.httpd.tests.unit.support import reports


def test_junit_fails_the_cases_that_are_bad_and_skips_what_nobody_has_looked_at() -> None:
    root = ElementTree.fromstring(render_junit(reports.fleet()).encode())
    ends = {(case.get("classname"), case.get("name")): [child.tag for child in case] for case in root.iter("testcase")}
    assert ends["web1", "good.example:443 rsa"] == []
    assert ends["web1", "free.example"] == ["skipped"]
    assert ends["web2", "must.example:443 rsa"] == ["failure"]
    assert ends["web3", "host disabled"] == [] and ends["web3", "off.example"] == ["failure"]
    assert ends["web7", "later.example"] == ["skipped"]
    assert ends["web8", "host unreachable"] == ["failure"]
    assert root.get("failures") == str(sum(each == ["failure"] for each in ends.values()))
    assert root.get("tests") == str(len(ends))
