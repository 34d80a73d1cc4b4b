# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands, run as somebody at this checkout runs them: for targets that are tests of pytest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
LAB = ROOT / "tests" / "lab" / "lab"
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "ANSIBLE_CALLBACKS_ENABLED": "stapling.httpd.stapling_report",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_LOCALHOST_WARNING": "0",
}


def run(
    *command: str | Path,
    cwd: Path,
    timeout: float,
    expected: Sequence[int] = (0,),
    environment: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> bytes:
    """Return what a command prints that has to end with one of these codes."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**ENVIRONMENT, **(environment or {})},
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode in expected, (done.stdout + done.stderr).decode(errors="replace")[-6000:]
    return done.stdout


def read_report(directory: Path) -> dict[str, Any]:
    """Return report.json of a run that has written its report to this directory."""
    document: dict[str, Any] = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    return document
