# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The survey of real TLS servers: `openssl s_server` with a good staple and a bad one, and a port that nobody is at."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ansible_collections.stapling.httpd.tests.unit.support import answers, pki, servers
from ansible_collections.stapling.httpd.tests.unit.support.plays import Fleet

ROOT = Path(__file__).parents[3]
PLAYBOOK = str(ROOT / "playbooks" / "survey_endpoints.yml")
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
PKI = pki.pki()


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path)
    fleet.inventory({})
    return fleet


@pytest.mark.parametrize("callback", [True, False], ids=["callback", "task"])
def test_a_survey_says_what_each_endpoint_presents_and_how_well_it_staples(fleet: Fleet, callback: bool) -> None:
    directories = [fleet.directory / name for name in ("good", "bad")]
    for directory in directories:
        directory.mkdir()
    staples = [answers.behaviour(name, PKI) for name in ("good", "revoked")]
    dead = servers.closed_port()
    with (
        servers.OpenSslServer(directories[0], PKI.leaf, staples[0]) as good,
        servers.OpenSslServer(directories[1], PKI.leaf, staples[1]) as bad,
    ):
        listed = (
            f"host,port,sni\n127.0.0.1,{good.port},test.example\n127.0.0.1,{bad.port},test.example\n[::1],{dead},\n"
        )
        (fleet.directory / "endpoints.csv").write_text(listed, encoding="utf-8")
        environment = fleet.environment(callback=callback)
        ran = fleet.run(PLAYBOOK, environment=environment, ocsp_survey_endpoints="endpoints.csv", ocsp_survey_batch=2)
    assert ran.returncode == 0, ran.output
    assert list(Draft202012Validator(SCHEMA).iter_errors(ran.document)) == []
    assert ran.states == {"127.0.0.1": "enabled", "::1": "unreachable"}
    vhosts = ran.document["hosts"]["127.0.0.1"]["vhosts"]
    assert [vhost["id"] for vhost in vhosts] == [f"127.0.0.1:{server.port}#test.example" for server in (good, bad)]
    assert [(vhost["outcome"], vhost["problem"]) for vhost in vhosts] == [
        ("acceptable", None),
        ("not_acceptable", "revoked"),
    ]
    assert [vhost["ocsp_responders"] for vhost in vhosts] == [["http://127.0.0.1/"]] * 2
    assert {line["host"] for line in ran.lines} == {"127.0.0.1", "::1"}
    with (ran.directory / "egress.csv").open(encoding="utf-8") as stream:
        (responder,) = csv.DictReader(stream)
    assert (responder["HOST"], responder["PORT"]) == ("127.0.0.1", "80")


def test_an_endpoint_that_makes_no_sense_stops_the_survey_before_it_connects(fleet: Fleet) -> None:
    ran = fleet.run(PLAYBOOK, ocsp_survey_endpoints=["a.example:443", "b.example:https"])
    assert ran.returncode != 0
    assert "ocsp_survey_endpoints, entry 2: 'https' is not a port from 1 to 65535." in " ".join(ran.output.split())
    assert not (ran.directory / "report.json").exists()


def test_endpoints_can_be_given_on_the_command_line(fleet: Fleet) -> None:
    ran = fleet.run(PLAYBOOK, ocsp_survey_endpoints=f"127.0.0.1:{servers.closed_port()},[::1]:{servers.closed_port()}")
    assert ran.states == {"127.0.0.1": "unreachable", "::1": "unreachable"}
    hints = {found["hint"] for host in ran.document["hosts"].values() for found in host["findings"]}
    assert any("the machine that ran the survey" in hint for hint in hints)
    assert not [hint for hint in hints if "login" in hint or "--limit" in hint]
