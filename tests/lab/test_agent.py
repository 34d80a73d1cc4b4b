# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process that executes commands on a lab host, run here, and asked through the connection plugin."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import pytest
from labtool.paths import LAB

AGENT = LAB / "agent"


@pytest.fixture(name="run", scope="module")
def fixture_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("lab_agent", AGENT / "connection" / "lab_agent.py")
    assert spec is not None and spec.loader is not None
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    # Longer than the address of a socket may be.
    directory = tmp_path_factory.mktemp("agent") / ("long" * 40)
    directory.mkdir()
    started = subprocess.Popen([sys.executable, AGENT / "agent.py", "socket"], cwd=directory)
    while not (directory / "socket").exists():
        time.sleep(0.02)

    def run(command: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(tempfile.TemporaryFile()) for _number in range(3)]
            files[0].write(stdin)
            files[0].seek(0)
            agent = stack.enter_context(plugin._connect(str(directory)))
            result: tuple[int, bytes, bytes] = plugin.Connection._run(None, agent, ["/bin/sh", "-c", command], *files)
            return result

    yield run
    started.kill()
    started.wait()


def test_what_a_command_prints_is_kept_apart(run: Any) -> None:
    assert run("cat; echo err >&2; exit 3", b"in\0") == (3, b"in\0", b"err\n")


def test_a_signal_is_told_as_a_shell_tells_it(run: Any) -> None:
    assert run("kill -9 $$")[0] == 137


def test_a_process_left_behind_is_not_waited_for(run: Any) -> None:
    before = time.monotonic()
    assert run("sleep 20 & echo started") == (0, b"started\n", b"")
    assert time.monotonic() - before < 15


def test_commands_get_signals_as_under_an_engine(run: Any) -> None:
    assert run("(exit 4) & wait $!; exit $?")[0] == 4
    ignored = int(run("grep SigIgn /proc/self/status")[1].split()[1], 16)
    # What the agent itself ignores; others may be ignored where the tests run in the background.
    assert ignored & (1 << signal.SIGCHLD - 1 | 1 << signal.SIGPIPE - 1) == 0


def test_a_long_command_arrives_whole(run: Any) -> None:
    text = "x" * 100_000
    assert run(f"printf %s {text} | wc -c")[1].strip() == b"100000"
