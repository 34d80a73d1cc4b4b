# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of real runs, as the callback writes it."""

from __future__ import annotations

import contextlib
import csv
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ansible_collections.stapling.httpd.tests.unit.support.mounts import mounted
from ansible_collections.stapling.httpd.tests.unit.support.plays import RECORD, Fleet

PLAY = f"""
- name: Staple
  hosts: "{{{{ pattern | default('all') }}}}"
  gather_facts: false
  strategy: "{{{{ strategy | default('linear') }}}}"
  serial: "{{{{ batches | default('100%') }}}}"
  max_fail_percentage: "{{{{ limit | default(100) }}}}"
  tasks:
    - name: Reach the host
      ansible.builtin.ping:
    - name: Fail where that is asked for
      ansible.builtin.fail:
        msg: "httpd is not there: {{{{ broken }}}}"
      when: broken is defined
{RECORD}
"""

# What a playbook has at its end where no callback is enabled.
WRITE = f"""
    - name: Write the report
      ansible.builtin.import_tasks: {Path(__file__).parents[4]}/playbooks/tasks/write_report.yml
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path)
    fleet.inventory({"web1": {}, "web2": {"dead": True}, "web3": {}, "web4": {"broken": "<b>"}})
    return fleet


@pytest.mark.parametrize("strategy", ["linear", "free", "host_pinned"])
def test_every_host_is_in_the_report_with_its_reason(fleet: Fleet, strategy: str) -> None:
    ran = fleet.run(PLAY, strategy=strategy)
    assert ran.states == {"web1": "enabled", "web2": "unreachable", "web3": "enabled", "web4": "failed"}
    assert "Failed to connect" in ran.document["hosts"]["web2"]["message"]
    assert ran.document["hosts"]["web4"]["message"] == "httpd is not there: <b>"
    assert sorted((line["host"], line["state"]) for line in ran.lines) == sorted(ran.states.items())
    assert {line["run"]["id"] for line in ran.lines} == {ran.document["run"]["id"]}
    assert "written by the callback stapling.httpd.stapling_report" in ran.output


def test_with_batches_it_is_written_once_and_says_how_far_the_run_has_come(fleet: Fleet) -> None:
    ran = fleet.run(PLAY, batches=[1, 2, "100%"])
    assert [line["host"] for line in ran.lines] == ["web1", "web2", "web3", "web4"]
    for number in range(1, 5):
        assert f"stapling {number} of 4: web{number}: " in ran.output
    assert ran.document["totals"]["hosts"]["total"] == 4


def test_when_no_host_can_be_reached_there_is_a_report(fleet: Fleet) -> None:
    fleet.inventory({"web1": {"dead": True}, "web2": {"dead": True}})
    ran = fleet.run(PLAY)
    assert ran.returncode == 4
    assert ran.states == {"web1": "unreachable", "web2": "unreachable"}


def test_a_play_of_the_site_with_the_role_is_watched(fleet: Fleet) -> None:
    fleet.inventory({"web1": {"dead": True}})
    play = "- name: Site\n  hosts: all\n  gather_facts: false\n  roles:\n    - stapling.httpd.ocsp_stapling\n"
    assert fleet.run(play).states == {"web1": "unreachable"}


def test_hosts_that_the_rollout_did_not_come_to_are_named(fleet: Fleet) -> None:
    fleet.inventory({"web1": {"broken": "yes"}, "web2": {}, "web3": {}})
    ran = fleet.run(PLAY, batches=[1, "100%"])
    assert ran.states == {"web1": "failed", "web2": "not_reached", "web3": "not_reached"}
    assert ran.document["hosts"]["web2"]["message"] == "The run ended before it came to this host."
    assert (ran.directory / "report.retry").read_text() == "web1\nweb2\nweb3\n"


def test_the_retry_file_continues_and_the_report_is_of_that_run(fleet: Fleet) -> None:
    first = fleet.run(PLAY)
    fleet.inventory({"web1": {}, "web2": {}, "web3": {}, "web4": {}})
    ran = fleet.run(PLAY, ["--limit", f"@{first.directory}/report.retry"])
    assert ran.states == {"web2": "enabled", "web4": "enabled"}
    assert ran.document["run"]["limit"] == f"@{first.directory}/report.retry"
    assert len(ran.lines) == 6
    assert len({line["run"]["id"] for line in ran.lines}) == 2


def test_a_failure_that_is_rescued_leaves_the_last_word_to_the_result(fleet: Fleet) -> None:
    fleet.inventory({"web1": {"state": "refused", "cause": "httpd does not run."}})
    play = f"""
- name: Staple
  hosts: all
  gather_facts: false
  tasks:
    - name: As the role does it
      block:
        - name: Fail
          ansible.builtin.fail:
            msg: first
      rescue:
        - name: Go on
          ansible.builtin.debug:
            msg: rescued
{RECORD}
    - name: Stop here
      ansible.builtin.fail:
        msg: second
"""
    ran = fleet.run(play)
    assert [(line["state"], line["message"]) for line in ran.lines] == [("refused", "httpd does not run.")]
    assert ran.states == {"web1": "refused"}


def test_a_result_with_a_cause_is_a_failure(fleet: Fleet) -> None:
    fleet.inventory({"web1": {"cause": "revoked: it is.", "trouble": "revoked"}})
    host = fleet.run(PLAY).document["hosts"]["web1"]
    assert (host["state"], host["message"]) == ("failed", "revoked: it is.")
    assert host["vhosts"][0]["outcome"] == "not_acceptable"


def test_plays_that_are_about_something_else_are_left_alone(fleet: Fleet) -> None:
    other = "- name: Other\n  hosts: web2\n  gather_facts: false\n  tasks:\n    - ansible.builtin.ping:\n"
    ran = fleet.run(f"{other}{PLAY}", ["--limit", "web1,web2"], pattern="web1", fatal=False)
    assert not ran.directory.exists() or ran.states == {"web1": "enabled"}
    assert fleet.run(f"\n{other}").output.count("OCSP stapling:") == 0


def test_ctrl_c_leaves_a_report_that_says_where_each_host_was(fleet: Fleet) -> None:
    fleet.inventory({"web1": {}, "web2": {"nap": 60}, "web3": {}})
    nap = "    - name: Sleep\n      ansible.builtin.command: sleep {{ nap }}\n      when: nap is defined\n"
    play = PLAY.replace(RECORD, nap + RECORD)
    log = fleet.directory / "log"
    command = fleet.command(play, batches=[1, 1, "100%"])
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=fleet.directory, env=fleet.environment(), stdout=output, stderr=subprocess.STDOUT
        )
    deadline = time.monotonic() + 100
    while log.read_text().count("TASK [Sleep]") < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    document = json.loads((fleet.report / "report.json").read_text())
    hosts = document["hosts"]
    assert {name: host["state"] for name, host in hosts.items()} == {
        "web1": "enabled",
        "web2": "not_reached",
        "web3": "not_reached",
    }, log.read_text()
    assert document["run"]["interrupted"]
    assert hosts["web2"]["message"] == (
        "The run was interrupted before this host had a result; its last task was 'Sleep'."
    )
    assert hosts["web3"]["message"] == "The run was interrupted before it came to this host."


def test_hostile_content_is_data(fleet: Fleet) -> None:
    name = '=cmd|"\x1b[2J",\n<script>alert(1)</script>&\u202e{{ 7 * 7 }}'
    fleet.inventory({"web1": {"name": {"__ansible_unsafe": name}, "trouble": "revoked"}})
    ran = fleet.run(PLAY)
    assert ran.document["hosts"]["web1"]["vhosts"][0]["names"] == [name]
    assert len(ran.lines) == 1
    for path in ran.directory.iterdir():
        text = path.read_bytes()
        assert b"\x1b" not in text and "\u202e".encode() not in text, path
    assert "\x1b[2J" not in ran.output
    assert "<script>alert" not in (ran.directory / "report.html").read_text()
    (finding,) = list(csv.DictReader((ran.directory / "findings.csv").open()))
    assert finding["server_name"].startswith("'=cmd")
    ElementTree.parse(ran.directory / "report.junit.xml")


@pytest.mark.parametrize("place", ["environment", "ini", "group variable"])
def test_the_directory_comes_from_the_usual_places(fleet: Fleet, place: str) -> None:
    target = fleet.directory / "elsewhere"
    environment = fleet.environment()
    if place == "environment":
        environment["OCSP_STAPLING_REPORT_DIR"] = str(target)
    elif place == "ini":
        (fleet.directory / "ansible.cfg").write_text(f"[callback_stapling_report]\nreport_dir = {target}\n")
    else:
        (fleet.directory / "group_vars").mkdir()
        (fleet.directory / "group_vars" / "all.yml").write_text(
            "ocsp_stapling_report_dir: '{{ inventory_dir }}/elsewhere'\n"
        )
    command = fleet.command(PLAY)
    position = command.index("-e")
    del command[position : position + 2]
    subprocess.run(command, cwd=fleet.directory, env=environment, capture_output=True, check=False, timeout=120)
    assert (target / "report.json").exists()


def test_a_directory_that_cannot_be_written_to_is_reported_before_the_first_task(fleet: Fleet) -> None:
    fleet.report.write_text("a file stands in the way")
    ran = fleet.run(PLAY)
    assert "cannot be written to (File exists)" in ran.output
    assert ran.output.index("cannot be written to") < ran.output.index("TASK [Reach the host]")
    assert fleet.report.read_text() == "a file stands in the way"


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture
def small(fleet: Fleet) -> Iterator[Path]:
    """Put the report's directory on a file system of its own."""
    fleet.report.mkdir()
    mounted("-t", "tmpfs", "-o", "size=1m", "none", str(fleet.report))
    yield fleet.report
    subprocess.run(["umount", str(fleet.report)], check=True)


@pytest.mark.parametrize("callback", [True, False])
def test_on_a_full_disk_the_report_of_before_stays_whole(fleet: Fleet, small: Path, callback: bool) -> None:
    environment = fleet.environment(callback)
    play = PLAY if callback else PLAY + WRITE
    assert fleet.run(play, environment=environment, pattern="web1").states == {"web1": "enabled"}
    before = files(small)
    filler = small / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as stream:
        while stream.write(bytes(4096)):
            pass
    ran = fleet.run(play, environment=environment)
    filler.unlink()
    assert "(No space left on device)" in ran.output
    after = files(small)
    lines, former = after.pop("report.jsonl"), before.pop("report.jsonl")
    assert after == before
    # What has been begun of its last page takes whole lines or none.
    assert lines.startswith(former) and all(map(json.loads, lines.splitlines()))


def test_two_runs_at_once_do_not_mix_their_lines(fleet: Fleet) -> None:
    fleet.inventory({f"web{number}": {} for number in range(8)})
    command = fleet.command(PLAY, "--forks", "8", strategy="free")
    running = [
        subprocess.Popen(command, cwd=fleet.directory, env=fleet.environment(), stdout=subprocess.DEVNULL)
        for _run in range(2)
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    lines = [json.loads(line) for line in (fleet.report / "report.jsonl").read_text().splitlines()]
    runs = {line["run"]["id"] for line in lines}
    assert len(runs) == 2
    assert sorted((line["run"]["id"], line["host"]) for line in lines) == sorted(
        (run, f"web{number}") for run in runs for number in range(8)
    )
    document = json.loads((fleet.report / "report.json").read_text())
    assert document["run"]["id"] in runs and len(document["hosts"]) == 8


def test_what_is_shown_can_be_turned_off(fleet: Fleet) -> None:
    ran = fleet.run(PLAY, ocsp_stapling_report_show="nothing")
    assert "stapling 1 of" not in ran.output and "OCSP stapling:" not in ran.output
    assert ran.states["web1"] == "enabled"
