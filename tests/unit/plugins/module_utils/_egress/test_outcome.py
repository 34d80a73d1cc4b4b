# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.module_utils._egress.outcome import EgressOutcome
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import EgressEndpoint, Known


def test_endpoints_are_described_with_the_certificates_that_name_them() -> None:
    outcome = EgressOutcome()
    requested = [
        {"host": "A.example.", "port": "80", "needed_by": ["aa:bb", "cc;dd"]},
        {"host": "a.example", "needed_by": ["00"]},
        {"host": "a.example", "port": 8080, "needed_by": ["ff"]},
        {"host": "a.example", "needed_by": "no list"},
        "rubbish",
    ]
    endpoints = [EgressEndpoint("a.example", 80), EgressEndpoint("gone.example", 80)]
    outcome.describe(requested, endpoints, {"a.example:80": Known({"192.0.2.1": None})})
    assert outcome.endpoints == [
        {"host": "a.example", "port": 80, "protocol": "tcp", "addresses": ["192.0.2.1"], "needed_by": ["00", "aa:bb"]}
    ]
    assert outcome.warnings == []


def test_an_unusual_port_is_a_warning() -> None:
    outcome = EgressOutcome()
    outcome.describe([], [EgressEndpoint("a.example", 8080)], {"a.example:8080": Known({"192.0.2.1": None})})
    assert [item["code"] for item in outcome.warnings] == ["unusual_port"]
