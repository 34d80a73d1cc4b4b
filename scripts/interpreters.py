# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Python interpreters of this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def find_interpreter(version: str) -> Path | None:
    """Find the real interpreter of a version like 3.9: on PATH, or among pyenv's, whether active or not."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [Path(directory) / f"python{version}" for directory in os.get_exec_path()]
    candidates += sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True)
    for candidate in candidates:
        if not os.access(candidate, os.X_OK):
            continue
        # A shim of an inactive version is executable and fails; one of an active version tells where the real one is.
        asked = subprocess.run(
            [candidate, "-I", "-c", "import sys, ensurepip; print(getattr(sys, '_base_executable', sys.executable))"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode == 0:
            return Path(asked.stdout.strip())
    return None
