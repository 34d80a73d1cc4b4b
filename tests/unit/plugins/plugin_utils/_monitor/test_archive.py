# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program as hosts get it, run by a Python that sees nothing else of the collection or of Ansible."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.archive import build, sources

OLDEST = (3, 9)


def test_the_same_collection_makes_the_same_bytes() -> None:
    assert build("1.0.0") == build("1.0.0") != build("1.0.1")


def test_the_oldest_python_of_hosts_can_read_every_file() -> None:
    for name, text in sources("1.0.0").items():
        ast.parse(text, name, feature_version=OLDEST)


def test_nothing_of_ansible_is_needed_when_it_is_loaded() -> None:
    for name, text in sources("1.0.0").items():
        for node in ast.parse(text).body:
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            needed = [module for module in imported if module.split(".")[0] == "ansible"]
            # What writes is not loaded by what looks.
            assert needed == [] or name.endswith("/_httpd/host.py"), name


def test_it_runs_alone(tmp_path: Path) -> None:
    program = tmp_path / "monitor.pyz"
    program.write_bytes(build("1.0.0"))
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(program), "--help"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert str(tmp_path / "monitor.json") in "".join(ran.stdout.split())
    assert [path.name for path in tmp_path.iterdir()] == ["monitor.pyz"]
