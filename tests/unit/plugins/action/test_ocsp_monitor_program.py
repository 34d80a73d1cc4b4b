# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program, put onto this machine by Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="it becomes root's")


def put(dest: Path, *options: str) -> dict[str, t.Any]:
    ansible = str(Path(sys.executable).with_name("ansible"))
    module = ["-m", "stapling.httpd.ocsp_monitor_program", "-a", f"dest={dest}"]
    environment = {
        **os.environ,
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.json",
    }
    command = [ansible, "localhost", "-c", "local", *module, "-e", f"ansible_python_interpreter={sys.executable}"]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False, env=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return t.cast("dict[str, t.Any]", json.loads(ran.stdout[ran.stdout.index("{") :]))


def test_it_is_put_there_once_and_runs(tmp_path: Path) -> None:
    dest = tmp_path / "monitor.pyz"
    assert changed(put(dest, "--check")) and not dest.exists()
    assert changed(put(dest))
    assert not changed(put(dest))
    assert dest.stat().st_mode & 0o777 == 0o644
    ran = subprocess.run([sys.executable, "-I", str(dest)], capture_output=True, text=True, check=False)
    assert ran.returncode == 3 and "monitor.json cannot be read" in ran.stderr


def changed(found: dict[str, t.Any]) -> bool:
    """Return whether the one task has changed something."""
    return bool(found["plays"][0]["tasks"][0]["hosts"]["localhost"]["changed"])
