# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host without httpd, on which an earlier role of the play would install it: the role itself, on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run_role(
    directory: Path, *options: str, state: str = "present", role: str = "ocsp_stapling"
) -> subprocess.CompletedProcess[str]:
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {
            "ansible_python_interpreter": sys.executable,
            "ocsp_stapling_httpd": "/nowhere/httpd",
            "ocsp_stapling_state": state,
        },
        "roles": [f"stapling.httpd.{role}"],
    }
    playbook = directory / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(playbook), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("state", "words"), [("present", "would switch stapling on"), ("absent", "would find nothing to take out")]
)
def test_a_dry_run_says_what_it_would_do(tmp_path: Path, state: str, words: str) -> None:
    result = run_role(tmp_path, "--check", state=state)
    assert result.returncode == 0, result.stdout
    assert f"there is no httpd at /nowhere/httpd. Once httpd is there, this run {words}" in result.stdout


def test_a_real_run_refuses_the_host(tmp_path: Path) -> None:
    result = run_role(tmp_path)
    assert result.returncode != 0
    assert "refused, httpd was not touched. there is no httpd at /nowhere/httpd" in result.stdout


def test_a_dry_run_of_the_monitor_ends_there(tmp_path: Path) -> None:
    result = run_role(tmp_path, "--check", role="ocsp_monitor")
    assert result.returncode == 0, result.stdout
    assert "Once httpd is there" in result.stdout and "Put the program onto the host" not in result.stdout


def test_the_monitor_fails_where_there_is_nothing_to_watch(tmp_path: Path) -> None:
    result = run_role(tmp_path, role="ocsp_monitor")
    assert result.returncode != 0 and "there is no httpd at /nowhere/httpd" in result.stdout
