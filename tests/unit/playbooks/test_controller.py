# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a controller gets of a run: totals, and the report somewhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.tests.unit.support import servers
from ansible_collections.stapling.httpd.tests.unit.support.plays import RECORD, Fleet

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
PLAY = f"""
- name: Staple
  hosts: all
  gather_facts: false
  tasks:
    - name: Check where the report goes
      ansible.builtin.import_tasks: {PLAYBOOKS}/tasks/check_report.yml
    - name: As the playbooks do it
      block:
        - name: Reach the host
          ansible.builtin.ping:
{RECORD.replace(chr(10), chr(10) + "    ")}
      always:
        - name: Write the report
          ansible.builtin.import_tasks: {PLAYBOOKS}/tasks/write_report.yml
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path)
    fleet.inventory({"web1": {}, "web2": {"dead": True}, "web3": {}})
    return fleet


@pytest.mark.parametrize("callback", [True, False], ids=["callback", "task"])
def test_a_job_passes_its_totals_on_under_a_key_of_its_own(fleet: Fleet, callback: bool) -> None:
    environment = fleet.environment(callback=callback, ANSIBLE_SHOW_CUSTOM_STATS="1")
    ran = fleet.run(PLAY, environment=environment, awx_job_id=17)
    (stats,) = re.findall(r"RUN: (\{.*\})", ran.output)
    passed = json.loads(stats)["ocsp_stapling_17"]
    assert passed["totals"]["hosts"]["enabled"] == 2
    assert passed["totals"]["hosts"]["total"] == 3
    assert passed["retry"] == ["web2"]


def test_without_a_controller_nothing_is_passed_on(fleet: Fleet) -> None:
    ran = fleet.run(PLAY, environment=fleet.environment(ANSIBLE_SHOW_CUSTOM_STATS="1"))
    assert "RUN:" not in ran.output


def test_the_lines_are_kept_on_another_host(fleet: Fleet) -> None:
    keep = {"ocsp_stapling_report_host": "localhost", "ocsp_stapling_report_host_dir": str(fleet.directory)}
    ran = fleet.run(PLAY, awx_workflow_job_id=3, awx_job_id=17, **keep)
    kept = (fleet.directory / "ocsp-stapling-3-17.jsonl").read_text(encoding="utf-8")
    assert {json.loads(line)["host"] for line in kept.splitlines()} == {"web1", "web2", "web3"}
    assert ran.states["web1"] == "enabled"


def test_a_host_that_cannot_keep_them_fails_no_other(fleet: Fleet) -> None:
    keep = {"ocsp_stapling_report_host": "localhost", "ocsp_stapling_report_host_dir": "/nowhere/at/all"}
    ran = fleet.run(PLAY, **keep)
    assert "the report could not be copied there" in ran.output
    assert ran.states == {"web1": "enabled", "web2": "unreachable", "web3": "enabled"}


@pytest.mark.parametrize("callback", [True, False], ids=["callback", "task"])
def test_a_url_that_makes_no_sense_stops_before_the_first_host(fleet: Fleet, callback: bool) -> None:
    ran = fleet.run(PLAY, environment=fleet.environment(callback=callback), ocsp_stapling_report_url="file:///tmp/x")
    assert ran.returncode == 2
    assert "ocsp_stapling_report_url must be an http:// or https:// URL, not file:///tmp/x." in ran.output
    assert "Reach the host" not in ran.output


@pytest.mark.parametrize("callback", [True, False], ids=["callback", "task"])
def test_a_server_that_takes_nothing_is_said_and_fails_no_host(fleet: Fleet, callback: bool) -> None:
    url = f"http://127.0.0.1:{servers.closed_port()}/7.jsonl"
    ran = fleet.run(PLAY, environment=fleet.environment(callback=callback), ocsp_stapling_report_url=url)
    assert f"The report could not be sent to {url}" in " ".join(ran.output.split())
    assert ran.states["web1"] == "enabled"
