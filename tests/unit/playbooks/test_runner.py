# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs under ansible-runner, as controllers make them, and under ansible-navigator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stapling.httpd.tests.unit.support.plays import RECORD, Fleet

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
HOSTS: dict[str, dict[str, Any]] = {
    "web1": {},
    "web2": {"trouble": "stale"},
    "web3": {"dead": True},
    "web4": {"trouble": "revoked"},
    "web5": {},
}
PLAY = f"""
- name: Staple
  hosts: all
  gather_facts: false
  tasks:
    - name: Reach the host
      ansible.builtin.ping:
{RECORD}
"""


def run(fleet: Fleet, *command: str | Path, stdin: bytes | None = None) -> bytes:
    """Return what a command prints; an exit code that is not 0 is for the caller to find in what is left behind."""
    environment = {**fleet.environment(), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    words = list(map(str, command))
    done = subprocess.run(
        words, cwd=fleet.directory, env=environment, input=stdin, capture_output=True, timeout=240, check=False
    )
    return done.stdout


def job(fleet: Fleet, name: str, hosts: Collection[str]) -> Path:
    """Return the private directory of a job: a project, an inventory of these hosts alone, and variables."""
    fleet.inventory({host: HOSTS[host] for host in hosts})
    directory = fleet.directory / name
    for part in ("project", "inventory", "env"):
        (directory / part).mkdir(parents=True)
    shutil.move(fleet.directory / "hosts.json", directory / "inventory" / "hosts.json")
    (directory / "project" / "site.yml").write_text(PLAY, encoding="utf-8")
    variables = {"ocsp_stapling_report_dir": str(fleet.directory / f"report-{name}")}
    (directory / "env" / "extravars").write_text(json.dumps(variables), encoding="utf-8")
    return directory


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def findings(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(found["id"], found["severity"]) for host in document["hosts"].values() for found in host["findings"]}


def test_slices_on_execution_nodes_and_a_merge_are_one_run(fleet: Fleet) -> None:
    """A slice is hosts[k-1::n], and goes through transmit, worker and process."""
    for number in (1, 2):
        directory = job(fleet, f"slice{number}", sorted(HOSTS)[number - 1 :: 2])
        sent = run(fleet, "ansible-runner", "transmit", directory, "-p", "site.yml", "-i", "id")
        done = run(fleet, "ansible-runner", "worker", "--private-data-dir", fleet.directory / f"n{number}", stdin=sent)
        run(fleet, "ansible-runner", "process", directory, "-i", "id", stdin=done)
        # The first slice has the host that cannot be reached.
        status = (directory / "artifacts" / "id" / "status").read_text()
        assert status == ("failed" if number == 1 else "successful")
    fleet.inventory({})
    merged = fleet.run(
        str(ROOT / "playbooks" / "merge_reports.yml"),
        ocsp_stapling_report_from=[f"{fleet.directory}/report-slice*/report.jsonl"],
    )
    run(fleet, "ansible-runner", "run", job(fleet, "whole", HOSTS), "-p", "site.yml", "-i", "id")
    whole = read(fleet.directory / "report-whole" / "report.json")
    assert merged.document["totals"] == whole["totals"]
    assert merged.states == {name: host["state"] for name, host in whole["hosts"].items()}
    assert findings(merged.document) == findings(whole) != set()


def test_the_events_are_small_and_have_the_result_that_the_report_has(fleet: Fleet) -> None:
    directory = job(fleet, "job", HOSTS)
    run(fleet, "ansible-runner", "run", directory, "-p", "site.yml", "-i", "id")
    paths = list((directory / "artifacts" / "id" / "job_events").glob("*.json"))
    assert len(paths) > 10
    assert max(path.stat().st_size for path in paths) < 100_000
    recorded = {
        event["event_data"]["host"]: event["event_data"]["res"]["ansible_facts"]["ocsp_stapling_result"]["vhosts"]
        for event in map(read, paths)
        if event["event"] == "runner_on_ok" and event["event_data"]["task"] == "Record the result"
    }
    lines = (fleet.directory / "report-job" / "report.jsonl").read_text(encoding="utf-8").splitlines()
    reported = {line["host"]: line["vhosts"] for line in map(json.loads, lines) if line["state"] != "unreachable"}
    assert reported == recorded
    assert len(recorded) == 4


def test_ansible_navigator_runs_a_playbook_of_the_collection(fleet: Fleet) -> None:
    """With the settings of docs/examples, and so without an execution environment."""
    shutil.copy(ROOT / "docs" / "examples" / "ansible-navigator.yml", fleet.directory)
    report = fleet.directory / "report"
    given = {"ocsp_survey_endpoints": "127.0.0.1:1", "ocsp_stapling_report_dir": str(report)}
    shown = run(fleet, "ansible-navigator", "run", "stapling.httpd.survey_endpoints", "-e", json.dumps(given))
    assert b"TASK [Write the report]" in shown
    assert read(report / "report.json")["hosts"]["127.0.0.1"]["state"] == "unreachable"
    assert not list(fleet.directory.glob("*artifact*"))
