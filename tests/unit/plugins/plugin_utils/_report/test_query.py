# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.query import check_query, run_query
from ansible_collections.stapling.httpd.tests.unit.support import reports
from ansible_collections.stapling.httpd.tests.unit.support.queries import QUERIES

EXPECTED = {
    "the hosts to run it on again": ["web2", "web5", "web6", "web8", "web9"],
    "virtual hosts whose response is good for less than a day": [
        {"host": "web1", "name": "good.example", "next_update": "2026-11-28T12:00:00Z"}
    ],
    "responders, by the certificates that need them": [
        {"responder": "ocsp.example", "port": 80, "certificates": 2},
        {"responder": "ocsp.example", "port": 80, "certificates": 2},
        {"responder": "other.example", "port": 8080, "certificates": 1},
    ],
    "must-staple certificates without a good staple": [
        {"host": "web2", "name": "must.example", "problem": "no_staple"}
    ],
    "virtual hosts that are left alone, and why": [{"host": "web1", "name": "free.example", "reason": "no_ocsp_uri"}],
}


def test_the_documentation_has_six_queries() -> None:
    assert len(QUERIES) == 6


@pytest.mark.parametrize("title", QUERIES)
def test_what_a_documented_query_selects(title: str) -> None:
    found = run_query(QUERIES[title], reports.fleet())
    if title == "what is critical or high, with what to do":
        assert [each["problem"] for each in found][:2] == ["no_staple", "revoked"]
        assert len(found) == 8 and all(each["hint"] for each in found)
    else:
        assert found == EXPECTED[title]


@pytest.mark.parametrize("query", ["hosts[", "", "length(", "nothing(hosts)"])
def test_a_broken_query_is_one_sentence(query: str) -> None:
    with pytest.raises(StaplingError) as caught:
        run_query(query, reports.fleet())
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith(f"ocsp_stapling_report_query {query!r}")


def test_a_good_query_passes() -> None:
    check_query("totals.hosts.failed")
