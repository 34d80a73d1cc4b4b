# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of real runs, as a task writes it where no callback is enabled, and reports that are merged."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.tests.unit.support.plays import RECORD, Fleet

PLAY = f"""
- name: Staple
  hosts: all
  gather_facts: false
  strategy: "{{{{ strategy | default('linear') }}}}"
  serial: "{{{{ batches | default('100%') }}}}"
  max_fail_percentage: 100
  tasks:
    - name: Check where the report goes
      stapling.httpd.stapling_report:
        report_dir: "{{{{ ocsp_stapling_report_dir }}}}"
        query: "{{{{ ocsp_stapling_report_query | default(omit) }}}}"
        state: checked
      run_once: true
    - name: As the playbooks do it
      block:
        - name: Reach the host
          ansible.builtin.ping:
          register: reached
        - name: Fail where that is asked for
          ansible.builtin.command: "false"
          register: failing
          when: broken is defined
{RECORD.replace(chr(10), chr(10) + "    ")}
      always:
        - name: Write the report
          stapling.httpd.stapling_report:
            report_dir: "{{{{ ocsp_stapling_report_dir }}}}"
            query: "{{{{ ocsp_stapling_report_query | default(omit) }}}}"
          run_once: true
          register: written
        - name: Show what the task returned
          ansible.builtin.debug:
            msg: "returned {{{{ written | to_json }}}} returned"
          run_once: true
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path)
    fleet.inventory({"web1": {}, "web2": {"dead": True}, "web3": {"broken": "yes"}, "web4": {}})
    return fleet


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_a_task_writes_the_same_without_the_callback(fleet: Fleet, strategy: str) -> None:
    ran = fleet.run(PLAY, environment=fleet.environment(callback=False), strategy=strategy)
    assert ran.states == {"web1": "enabled", "web2": "unreachable", "web3": "failed", "web4": "enabled"}
    assert ran.document["run"]["written_by"] == "task"
    assert "written by a task of the playbook" in ran.output
    assert {line["host"]: line["state"] for line in ran.lines} == ran.states


def test_the_result_of_the_task_holds_paths_and_sums_and_no_content(fleet: Fleet) -> None:
    ran = fleet.run(PLAY, environment=fleet.environment(callback=False))
    found = re.search(r"returned (\{.*\}) returned", ran.output)
    assert found is not None
    returned = json.loads(found.group(1).encode().decode("unicode_escape"))
    assert "ocsp.example" not in found.group(1)
    for file in returned["files"]:
        content = Path(file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert {Path(file["path"]).name for file in returned["files"]} >= {"report.json", "egress.csv", "findings.csv"}


def test_with_batches_each_host_gets_one_line(fleet: Fleet) -> None:
    ran = fleet.run(PLAY, environment=fleet.environment(callback=False), batches=[1, "100%"])
    assert sorted(line["host"] for line in ran.lines) == ["web1", "web2", "web3", "web4"]
    assert len({line["run"]["id"] for line in ran.lines}) == 1


def test_the_task_leaves_it_to_the_callback_where_that_is_enabled(fleet: Fleet) -> None:
    ran = fleet.run(PLAY)
    assert ran.document["run"]["written_by"] == "callback"
    assert "The report is written by the callback stapling.httpd.stapling_report when the run ends." in ran.output
    assert len(ran.lines) == 4


@pytest.mark.parametrize("callback", [True, False])
def test_a_broken_query_is_one_sentence_before_the_first_host(fleet: Fleet, callback: bool) -> None:
    environment = fleet.environment(callback=callback)
    ran = fleet.run(PLAY, environment=environment, ocsp_stapling_report_query="hosts[?state=")
    assert "ocsp_stapling_report_query 'hosts[?state=' is no JMESPath expression: " in ran.output
    assert "TASK [Reach the host]" not in ran.output
    assert ran.returncode == 2


def test_a_directory_that_cannot_be_written_to_stops_before_the_first_host(fleet: Fleet) -> None:
    fleet.report.write_text("a file stands in the way")
    ran = fleet.run(PLAY, environment=fleet.environment(callback=False))
    assert "cannot be written to (File exists)" in ran.output
    assert "TASK [Reach the host]" not in ran.output
    assert ran.returncode == 2


def test_two_slices_merged_are_one_run(fleet: Fleet) -> None:
    whole = fleet.run(PLAY)
    slices = []
    for number, limit in enumerate(["web1,web3", "web2,web4"]):
        fleet.report = fleet.directory / f"slice{number}"
        slices.append(fleet.run(PLAY, ["--limit", limit]))
    fleet.report = fleet.directory / "merged"
    merged = fleet.run("stapling.httpd.merge_reports", ocsp_stapling_report_from=[f"{fleet.directory}/slice*/*.jsonl"])
    assert merged.returncode == 0, merged.output
    assert "written by a merge of 2 runs" in merged.output

    def told(document: dict) -> dict:
        changing = ("finished", "run_id")
        return {
            name: {key: value for key, value in host.items() if key not in changing}
            for name, host in document["hosts"].items()
        }

    assert told(merged.document) == told(whole.document)
    assert merged.document["totals"] == whole.document["totals"]
    assert [run["id"] for run in merged.document["run"]["merged"]] == [each.document["run"]["id"] for each in slices]
    assert len(merged.lines) == 4


def test_merging_nothing_is_an_error(fleet: Fleet) -> None:
    ran = fleet.run("stapling.httpd.merge_reports", ocsp_stapling_report_from=[f"{fleet.directory}/none/*.jsonl"])
    assert ran.returncode == 2
    assert "No file matches ocsp_stapling_report_from: " in ran.output
