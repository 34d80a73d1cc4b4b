# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role says of a failure: by the variable itself, in plays of ansible-core on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
VARS = str(ROOT / "roles" / "ocsp_stapling" / "vars" / "main.yml")
BEGIN = {"ansible.builtin.set_fact": {"__ocsp_stapling_failed_before": "{{ ansible_failed_task.uuid | default('') }}"}}
FIRST = "inventory_hostname == 'first'"


def causes(directory: Path, *tasks: dict[str, Any], before: tuple[dict[str, Any], ...] = ()) -> dict[str, str]:
    """Return the cause on each of two hosts, after these tasks have run in a block with a rescue."""
    keep = {
        "ansible.builtin.copy": {
            "content": "{{ __ocsp_stapling_cause }}",
            "dest": f"{directory}/{{{{ inventory_hostname }}}}",
        }
    }
    play = {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "any_errors_fatal": True,
        "vars": {"ansible_python_interpreter": sys.executable},
        "vars_files": [VARS],
        "tasks": [*before, BEGIN, {"block": [*tasks], "rescue": [keep]}],
        "handlers": [{"name": "Restart something else", "ansible.builtin.command": "/bin/false", "when": FIRST}],
    }
    playbook = directory / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    ansible_playbook = Path(sys.executable).with_name("ansible-playbook")
    command = [str(ansible_playbook), "-i", "first,second,", str(playbook)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    found = {host: directory / host for host in ("first", "second")}
    assert all(path.exists() for path in found.values()), ended.stdout + ended.stderr
    return {host: path.read_text(encoding="utf-8") for host, path in found.items()}


def test_the_sentence_of_a_task_and_the_failure_of_another_host(tmp_path: Path) -> None:
    found = causes(tmp_path, {"ansible.builtin.fail": {"msg": "This is why."}, "when": FIRST})
    assert found["first"] == "This is why."
    assert found["second"].startswith("Another host of this play has failed")


def test_what_was_rescued_before_the_role_is_not_its_cause(tmp_path: Path) -> None:
    rescued = {"block": [{"ansible.builtin.fail": {"msg": "long ago"}}], "rescue": [{"ansible.builtin.meta": "noop"}]}
    found = causes(tmp_path, {"ansible.builtin.fail": {"msg": "This is why."}, "when": FIRST}, before=(rescued,))
    assert found["first"] == "This is why."
    assert found["second"].startswith("Another host of this play has failed")


def test_a_handler_of_another_role_is_named(tmp_path: Path) -> None:
    notify = {"ansible.builtin.command": "/bin/true", "notify": "Restart something else"}
    found = causes(tmp_path, {"ansible.builtin.meta": "flush_handlers"}, before=(notify,))
    assert found["first"] == 'The task "Restart something else" failed: non-zero return code'
