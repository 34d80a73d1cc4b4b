# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that stand for an httpd: what counts is how they were started."""

from __future__ import annotations

import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import main_processes


@pytest.fixture
def start(tmp_path: Path) -> t.Iterator[t.Callable[..., int]]:
    """Start a real program of that name that does nothing: what counts is how it was started."""
    binary = tmp_path / "bin" / "httpd"
    binary.parent.mkdir()
    binary.write_bytes(Path("/bin/sh").read_bytes())
    binary.chmod(0o755)
    processes: list[subprocess.Popen[bytes]] = []

    def started(*arguments: str) -> int:
        # The shell takes what follows its script for the arguments of the script.
        process = subprocess.Popen([str(binary), "-c", "read x", "x", *arguments], stdin=subprocess.PIPE)
        processes.append(process)
        deadline = time.monotonic() + 10
        while len(main_processes(str(binary))) < len(processes) and time.monotonic() < deadline:
            time.sleep(0.01)
        return process.pid

    yield started
    for process in processes:
        process.kill()
        process.communicate()
