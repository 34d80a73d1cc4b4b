# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._addresses import FORBIDDEN_NETWORKS
from ansible_collections.stapling.httpd.plugins.module_utils._egress import known_addresses
from ansible_collections.stapling.httpd.plugins.module_utils._egress.known_addresses import (
    find_addresses,
    known_as_json,
    openings_of,
    read_known,
    resolver_openings,
)
from ansible_collections.stapling.httpd.plugins.module_utils._egress.outcome import EgressOutcome
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import EgressEndpoint, Known
from ansible_collections.stapling.httpd.plugins.module_utils._egress.settings import EgressSettings
from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host

SETTINGS = EgressSettings(forbidden_networks=FORBIDDEN_NETWORKS, timeout=20)
NO_NAME = EgressEndpoint("no-such-name.invalid", 80)


@pytest.fixture(name="file", autouse=True)
def fixture_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = str(tmp_path / "lib" / "addresses.json")
    monkeypatch.setattr(known_addresses, "ADDRESSES_FILE", path)
    return path


def find(*endpoints: EgressEndpoint, ask: bool = True) -> tuple[dict[str, list[str]], EgressOutcome]:
    outcome = EgressOutcome()
    found = find_addresses(endpoints, SETTINGS, None, outcome, ask=ask, now=1000)
    return {name: list(item.addresses) for name, item in found.items()}, outcome


def test_what_is_kept_and_damaged_is_left_out(file: str) -> None:
    host.write(file, json.dumps({"a:80": {"192.0.2.1": None, "x": "y"}, "b:80": "c"}))
    assert {name: item.addresses for name, item in read_known().items()} == {"a:80": {"192.0.2.1": None}}


def test_addresses_come_back_as_they_were_kept(file: str) -> None:
    known = {"a:80": Known({"192.0.2.1": None, "192.0.2.2": 5.0}), "b:80": Known()}
    host.write(file, known_as_json(known))
    assert read_known() == {"a:80": known["a:80"]}


def test_an_address_needs_no_look_up() -> None:
    found, outcome = find(EgressEndpoint("192.0.2.1", 80), EgressEndpoint("169.254.169.254", 80), ask=False)
    assert found == {"192.0.2.1:80": ["192.0.2.1"]}
    assert [item.reason for item in outcome.refused] == ["destination_forbidden"]


def test_a_name_that_leads_to_this_host_is_refused() -> None:
    found, outcome = find(EgressEndpoint("localhost", 80))
    assert found == {}
    assert [item.reason for item in outcome.refused] == ["destination_forbidden"]


def test_a_name_without_an_address_is_refused_with_the_cause() -> None:
    found, outcome = find(NO_NAME)
    assert found == {}
    assert [item.reason for item in outcome.refused] == ["name_not_resolved"]
    assert "ocsp_egress_open_dns" in outcome.refused[0].detail


def test_addresses_known_before_are_kept_with_a_warning(file: str) -> None:
    host.write(file, json.dumps({NO_NAME.name: {"192.0.2.1": None}}))
    found, outcome = find(NO_NAME)
    assert found == {NO_NAME.name: ["192.0.2.1"]}
    assert outcome.refused == [] and [item["code"] for item in outcome.warnings] == ["name_not_resolved"]


def test_without_asking_the_addresses_known_last_are_taken(file: str) -> None:
    host.write(file, json.dumps({"localhost:80": {"192.0.2.1": None, "127.0.0.1": None}}))
    found, outcome = find(EgressEndpoint("localhost", 80), ask=False)
    assert found == {"localhost:80": ["192.0.2.1"]}
    assert outcome.refused == [] and outcome.warnings == []


def test_one_opening_for_each_address_and_port() -> None:
    endpoints = [EgressEndpoint("b.example", 8080), EgressEndpoint("a.example", 80)]
    known = {
        "a.example:80": Known({"2001:db8::1": None, "192.0.2.1": None}),
        "b.example:8080": Known({"192.0.2.1": None}),
    }
    lines = [item.line for item in openings_of(endpoints, known)]
    assert lines == ["tcp 192.0.2.1:80", "tcp 192.0.2.1:8080", "tcp [2001:db8::1]:80"]


def test_the_path_to_the_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_addresses, "nameservers", lambda: ["192.0.2.53", "127.0.0.53"])
    outcome = EgressOutcome()
    assert resolver_openings(SETTINGS, outcome) == []
    lines = [item.line for item in resolver_openings(EgressSettings(open_dns=True), outcome)]
    assert lines == ["tcp 192.0.2.53:53", "udp 192.0.2.53:53"]
    assert [item["code"] for item in outcome.warnings] == ["local_resolver"]
