# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import (
    Findings,
    Verdict,
    format_time,
    verdict_fields,
)


def test_the_first_problem_counts() -> None:
    findings = Findings()
    findings.add("bad_signature", "first")
    findings.add("stale", "second")
    assert (findings.problem, findings.detail, findings.warnings) == ("bad_signature", "first", [])


def test_what_a_site_accepts_is_a_warning_once() -> None:
    findings = Findings(frozenset({"too_old"}))
    findings.add("too_old", "first")
    findings.add("too_old", "second")
    findings.warn("go_refuses")
    assert findings.problem is None
    assert findings.warnings == [("too_old", "first"), ("go_refuses", "")]


def test_times() -> None:
    early = datetime.datetime(1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
    assert format_time(early) == "0001-02-03T04:05:06Z"
    assert format_time(None) is None


def test_without_a_response_everything_is_unknown() -> None:
    assert set(verdict_fields(None).values()) == {None}
    assert verdict_fields(Verdict(size=3))["response_size"] == 3
