# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the commands of a check, which ends with the first that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(directory: Path, *command: str, **environment: str) -> str:
    """Run a command in a directory and show, and return, what it prints."""
    result = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(result.stdout, end="", flush=True)
    if result.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return result.stdout
