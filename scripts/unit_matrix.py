# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the unit tests of what runs on managed hosts with one Python and one cryptography of theirs.

    unit_matrix.py 3.9 cryptography==3.3.2 pyOpenSSL==20.0.1

No ansible-core can be installed on such a Python. As on a managed host, only its module_utils are there: the
controller's, which support these versions. Where this machine has no such Python, the controller's stands in.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from environments import make_environment
from interpreters import find_interpreter

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".nox" / "matrix"
REQUIREMENTS = ROOT / "tests" / "unit" / "requirements-matrix.txt"
UNIT = ROOT / "tests" / "unit" / "plugins"


def link(path: Path, target: Path) -> None:
    """Make a symbolic link, unless an equal run beside this one has just made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.symlink_to(target, target_is_directory=True)
    except FileExistsError:
        if path.readlink() != target:
            raise


def import_path() -> str:
    """Where `ansible.module_utils` and `ansible_collections.stapling.httpd` are found, and nothing else of Ansible."""
    tree = WORK / "path"
    link(tree / "ansible" / "module_utils", Path(sysconfig.get_path("purelib")) / "ansible" / "module_utils")
    (tree / "ansible" / "__init__.py").touch()
    link(tree / "ansible_collections" / "stapling" / "httpd", ROOT)
    return str(tree)


def main() -> int:
    version, *packages = sys.argv[1:]
    interpreter = find_interpreter(version)
    if interpreter is None:
        interpreter = Path(sys.executable)
        print(f"No Python {version} on this machine: the same packages are tested on the controller's.", flush=True)
    name = "-".join(packages).replace("==", "-")
    directory = make_environment(WORK / name, interpreter, REQUIREMENTS, packages)
    variables = {
        **os.environ,
        "PYTHONPATH": import_path(),
        # Two versions of hypothesis must not share a database.
        "HYPOTHESIS_STORAGE_DIRECTORY": str(directory / "hypothesis"),
    }
    python = str(directory / "bin" / "python")
    tests = [str(UNIT / "module_utils"), str(UNIT / "modules")]
    command = [python, "-m", "pytest", "-o", f"cache_dir={directory / 'cache'}", *tests]
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
