# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rollout stops where it should: the tasks of the playbooks around a role that is a stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.stapling.httpd.tests.unit.support.plays import RECORD, Fleet

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
PLAY = f"""
- name: Staple
  hosts: all
  gather_facts: false
  serial: "{{{{ ocsp_stapling_serial }}}}"
  max_fail_percentage: "{{{{ ocsp_stapling_max_fail_percentage | default(0) }}}}"
  tasks:
    - name: Begin with this batch
      ansible.builtin.import_tasks: {PLAYBOOKS}/tasks/begin_batch.yml
    - name: Reach the host
      ansible.builtin.ping:
{RECORD}
    - name: Go on only if this batch went well
      ansible.builtin.import_tasks: {PLAYBOOKS}/tasks/end_batch.yml
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path)
    fleet.inventory({"web1": {}, "web2": {"dead": True}, "web3": {}, "web4": {}, "web5": {}})
    return fleet


def test_an_unreachable_canary_stops_the_rollout(fleet: Fleet) -> None:
    ran = fleet.run(PLAY, ocsp_stapling_serial=[2, "100%"])
    assert ran.returncode != 0
    assert ran.states == {
        "web1": "enabled",
        "web2": "unreachable",
        "web3": "not_reached",
        "web4": "not_reached",
        "web5": "not_reached",
    }
    assert "1 of 2 hosts of this batch failed or could not be reached" in " ".join(ran.output.split())
    assert "It is web2." in ran.output


def test_ansible_alone_would_have_gone_on(fleet: Fleet) -> None:
    """Without the check the rollout does not stop: if it ever does, the check can go."""
    play = PLAY.replace(f"import_tasks: {PLAYBOOKS}/tasks/end_batch.yml", "debug: msg=end")
    assert fleet.run(play, ocsp_stapling_serial=[2, "100%"]).states["web5"] == "enabled"


def test_it_goes_on_as_far_as_the_percentage_allows(fleet: Fleet) -> None:
    ran = fleet.run(PLAY, ocsp_stapling_serial=[2, "100%"], ocsp_stapling_max_fail_percentage=50)
    assert ran.states["web5"] == "enabled"


def test_an_unreachable_host_of_the_last_batch_blames_no_other(fleet: Fleet) -> None:
    fleet.inventory({"web1": {}, "web2": {}, "web3": {"dead": True}})
    ran = fleet.run(PLAY, ocsp_stapling_serial=[1, "100%"])
    assert ran.returncode == 4
    assert ran.states == {"web1": "enabled", "web2": "enabled", "web3": "unreachable"}


@pytest.mark.parametrize("name", ["enable_stapling", "disable_stapling"])
def test_the_playbooks_have_these_tasks_around_the_role(name: str) -> None:
    (play,) = yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8"))
    imported = [task.get("ansible.builtin.import_tasks") for task in play["tasks"]]
    before = ["tasks/check_tags.yml", "tasks/check_report.yml", "tasks/begin_batch.yml"]
    assert imported == [*before, None, "tasks/end_batch.yml"]


@pytest.mark.parametrize("name", ["enable_stapling", "disable_stapling", "audit_stapling", "confirm_stapling"])
def test_the_playbooks_write_a_report_of_a_host_that_cannot_be_reached(fleet: Fleet, name: str) -> None:
    fleet.inventory({"web1": {"dead": True}})
    ran = fleet.run(f"stapling.httpd.{name}")
    assert ran.states == {"web1": "unreachable"}, ran.output


def test_the_example_of_an_ansible_cfg_enables_the_callback(fleet: Fleet) -> None:
    fleet.inventory({"web1": {}})
    example = PLAYBOOKS.parent / "docs" / "examples" / "ansible.cfg"
    (fleet.directory / "ansible.cfg").write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    ran = fleet.run(PLAY, environment=fleet.environment(callback=False), ocsp_stapling_serial=[1])
    assert ran.document["run"]["written_by"] == "callback"
    assert ran.output.count("stapling 1 of 1: web1: enabled") == 1
