# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook import Playbook
from ansible.vars.manager import VariableManager

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import plays


# Names are short here, since only Ansible's own programs set up what finds the long ones.
def load(directory: Path, tasks: str) -> Any:
    """Return a play as Ansible has read it."""
    indented = textwrap.indent(textwrap.dedent(tasks), "    ")
    head = "- name: Play\n  hosts: all\n  gather_facts: false\n  tasks:\n"
    (directory / "play.yml").write_text(head + indented, encoding="utf-8")
    loader = DataLoader()
    manager = VariableManager(loader=loader, inventory=InventoryManager(loader=loader, sources=["web1,"]))
    (play,) = Playbook.load(str(directory / "play.yml"), variable_manager=manager, loader=loader).get_plays()
    return play


INCLUDED = """
- name: Deep
  block:
    - name: Deeper
      block:
        - include_role:
            name: stapling.httpd.ocsp_stapling
            tasks_from: audit
"""
SET = "- set_fact:\n    ocsp_stapling_result: {}\n"
OTHER = "- include_role:\n    name: stapling.httpd.ocsp_egress\n- debug:\n"


@pytest.mark.parametrize("tasks, expected", [(INCLUDED, True), (SET, True), (OTHER, False)])
def test_a_play_is_known_by_its_role_or_its_result(tmp_path: Path, tasks: str, expected: bool) -> None:
    assert plays.staples(load(tmp_path, tasks)) is expected


NESTED = """
- block:
    - block:
        - name: rescued
          debug:
      always:
        - name: also rescued
          debug:
  rescue:
    - name: not rescued
      debug:
  always:
    - name: neither
      debug:
"""


def test_a_task_is_rescued_where_a_rescue_comes_after_it(tmp_path: Path) -> None:
    tasks = plays._flat(load(tmp_path, NESTED).tasks)
    rescued = {task.name: plays.will_be_rescued(task) for task in tasks}
    assert rescued == {"rescued": True, "also rescued": True, "not rescued": False, "neither": False}


@pytest.mark.parametrize(
    "result, states",
    [
        ({"ansible_facts": {"ocsp_stapling_result": {"state": "enabled"}}}, ["enabled"]),
        ({"results": [{"ansible_facts": {"ocsp_stapling_result": {"state": "refused"}}}, 5]}, ["refused"]),
        ({"ansible_facts": {"ocsp_stapling_result": "text"}}, []),
        ({"results": "text"}, []),
    ],
)
def test_results_are_found_in_what_set_fact_returns(result: dict, states: list) -> None:
    assert [found["state"] for found in plays.results_in(result)] == states
