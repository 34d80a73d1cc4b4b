# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role removes of mod_md's store: the task file itself, on directories of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def empty(directory: Path, *stores: str) -> None:
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": [
            {
                "ansible.builtin.include_tasks": str(
                    ROOT / "roles" / "ocsp_stapling" / "tasks" / "steps" / "empty_mod_md_store.yml"
                ),
                "vars": {"__ocsp_stapling_info": {"stapling": {"mod_md": {"store": "{{ item }}"}}}},
                "loop": list(stores),
            }
        ],
    }
    playbook = directory / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    ansible_playbook = Path(sys.executable).with_name("ansible-playbook")
    command = [str(ansible_playbook), "-i", "localhost,", str(playbook)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_only_what_is_a_store_of_mod_md_loses_its_responses(tmp_path: Path) -> None:
    """The mark of a store stands everywhere but in one of them; a path from the root is not the one meant."""
    for name in ("store", "a store; touch x", "other", "here"):
        (tmp_path / name / "ocsp" / "other").mkdir(parents=True)
        (tmp_path / name / "md_store.json").touch()
    (tmp_path / "other" / "md_store.json").unlink()
    empty(tmp_path, f"{tmp_path}/store", f"{tmp_path}/a store; touch x", f"{tmp_path}/other", "/", "//", "", "here")
    left = sorted(path.parent.name for path in tmp_path.glob("*/ocsp"))
    assert left == ["here", "other"]
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == ["md_store.json"]
    assert not (tmp_path / "x").exists() and not Path("x").exists()
