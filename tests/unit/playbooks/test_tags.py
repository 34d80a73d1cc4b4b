# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What --skip-tags does: nothing is ever half done. What --tags does is seen on real httpd, by the target `fleet`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.stapling.httpd.tests.unit.support.plays import Fleet, Ran

ROOT = Path(__file__).parents[3]
STEPS = ["observe", "egress", "configure", "confirm"]
ROLE = """
- name: A site's own play
  hosts: all
  gather_facts: false
  roles: [stapling.httpd.ocsp_stapling]
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path)
    fleet.inventory({"web1": {"dead": True}})
    return fleet


def tasks(ran: Ran) -> list[str]:
    """Return the tasks that were run, but for the check of arguments that Ansible itself puts before each role."""
    lines = ran.output.splitlines()
    return [line for line in lines if line.startswith("TASK [") and "Validating arguments" not in line]


@pytest.mark.parametrize(("playbook", "step"), [("enable_stapling", "observe"), ("disable_stapling", "egress")])
def test_a_playbook_says_that_a_step_cannot_be_skipped(fleet: Fleet, playbook: str, step: str) -> None:
    ran = fleet.run(f"stapling.httpd.{playbook}", ["--skip-tags", f"{step},other"])
    assert ran.returncode == 2
    assert f"Nothing is done: --skip-tags {step} would leave out every task" in " ".join(ran.output.split())
    assert len(tasks(ran)) == 1
    assert ran.states == {"web1": "failed"}


@pytest.mark.parametrize(("playbook", "step"), [("audit_stapling", "configure"), ("enable_stapling", "other")])
def test_a_tag_that_a_playbook_does_not_have_skips_nothing(fleet: Fleet, playbook: str, step: str) -> None:
    ran = fleet.run(f"stapling.httpd.{playbook}", ["--skip-tags", step])
    assert ran.states == {"web1": "unreachable"}


def test_a_confirmation_that_skips_the_confirming_is_no_success(fleet: Fleet) -> None:
    assert fleet.run("stapling.httpd.confirm_stapling", ["--skip-tags", "confirm"]).returncode == 2


def test_the_role_in_a_play_of_the_site_runs_with_another_tag_skipped(fleet: Fleet) -> None:
    assert fleet.run(ROLE, ["--skip-tags", "other"]).returncode == 4


def test_the_role_in_a_play_of_the_site_does_nothing_at_all_with_a_step_skipped(fleet: Fleet) -> None:
    ran = fleet.run(ROLE, ["--skip-tags", "confirm"])
    assert (ran.returncode, tasks(ran)) == (0, [])


def test_every_task_of_the_role_has_the_tags_of_all_steps() -> None:
    """So that skipping any of them skips all, and nothing is written that nobody has observed."""
    tasks = yaml.safe_load((ROOT / "roles" / "ocsp_stapling" / "tasks" / "main.yml").read_text(encoding="utf-8"))
    assert [task.get("tags") for task in tasks] == [STEPS] * len(tasks)
