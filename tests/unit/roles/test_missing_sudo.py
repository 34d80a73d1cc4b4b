# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role says on a host without sudo: the role itself, on this machine, with a sudo that is not there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("pipelining", ["True", "False"])
def test_the_message_names_the_program_that_is_missing(tmp_path: Path, pipelining: str) -> None:
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "become": True,
        "become_user": "nobody",
        "vars": {
            "ansible_python_interpreter": sys.executable,
            "ansible_become_exe": "/nowhere/sudo",
            "ansible_pipelining": pipelining,
        },
        "roles": ["stapling.httpd.ocsp_stapling"],
    }
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(playbook)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    last = re.findall(r'fatal: \[localhost\].*"msg": "(.*?)"', result.stdout)[-1]
    assert last.startswith("localhost: refused, httpd was not touched. /nowhere/sudo is not there on this host"), (
        result.stdout
    )
