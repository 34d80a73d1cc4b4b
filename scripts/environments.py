# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments beside .venv, for packages that cannot stand beside the tools."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path


def make_environment(directory: Path, interpreter: Path, requirements: Path, packages: list[str]) -> Path:
    """Make a virtual environment with the pinned packages, unless the one of the last run fits still; return it."""
    recipe = "\n".join([str(interpreter), *packages, requirements.read_text(encoding="utf-8")])
    digest = hashlib.sha256(recipe.encode()).hexdigest()
    stamp = directory / "stamp"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
        shutil.rmtree(directory, ignore_errors=True)
        make = [sys.executable, "-m", "virtualenv", "--quiet", "--no-download", "--python", str(interpreter)]
        subprocess.run([*make, str(directory)], check=True)
        install = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--requirement", str(requirements), *packages], check=True)
        stamp.write_text(digest, encoding="utf-8")
    return directory
