# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process that executes commands on a lab host, run here, and asked through the connection plugin."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from labtool.paths import LAB

AGENT = LAB / "agent"


@pytest.fixture(name="plugin", scope="module")
def fixture_plugin() -> Any:
    spec = importlib.util.spec_from_file_location("lab_agent", AGENT / "connection" / "lab_agent.py")
    assert spec is not None and spec.loader is not None
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    return plugin


@pytest.fixture(name="run", scope="module")
def fixture_run(plugin: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
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


def python(program: str, run: Any, interpreter: str = sys.executable) -> tuple[int, bytes, bytes]:
    result: tuple[int, bytes, bytes] = run(f"/bin/sh -c '{interpreter} && sleep 0'", program.encode())
    return result


def test_a_program_for_the_same_python_runs_as_in_a_new_one(run: Any, tmp_path: Path) -> None:
    program = """
import os, sys
assert __name__ == "__main__" and sys.modules["__main__"].__dict__ is globals() and "serve" not in globals()
print(sys.argv, sys.path, sys.stdin.read(), sorted(os.listdir("/proc/self/fd")), __builtins__)
print(os.getpgrp() == os.getsid(0))
print("err", file=sys.stderr)
import atexit, threading
atexit.register(print, "the end")
threading.Thread(target=lambda: print("of a thread")).start()
sys.exit(3)
"""
    assert python(program, run) == run(f"{sys.executable}; exit $?", program.encode())
    assert (
        python("import os; print(os.getppid())", run)[1]
        != run(f"{sys.executable} -c 'import os; print(os.getppid())'")[1]
    )


@pytest.mark.parametrize(
    ("program", "code"),
    [("import os; os.kill(os.getpid(), 9)", 137), ("import os; os._exit(7)", 7), ("pass", 0), ("exit('why')", 1)],
)
def test_the_end_of_a_program_is_told(run: Any, program: str, code: int) -> None:
    assert python(program, run)[0] == code == run(f"{sys.executable}; exit $?", program.encode())[0]


def test_a_program_that_fails_says_where(run: Any) -> None:
    code, stdout, stderr = python("print(1)\n1/0", run)
    assert (
        (code, stdout) == (1, b"1\n")
        and b'"<stdin>", line 2' in stderr
        and stderr.endswith(b"ZeroDivisionError: division by zero\n")
    )


def test_programs_know_nothing_of_each_other(run: Any) -> None:
    assert python("import json; json.left = __builtins__.left = 1; left = 2", run)[0] == 0
    assert (
        python("import json; print(hasattr(json, 'left'), 'left' in globals(), hasattr(__builtins__, 'left'))", run)[1]
        == b"False False False\n"
    )


def test_what_belongs_to_openssl_is_not_loaded_before_it_is_needed(run: Any) -> None:
    assert (
        python(
            "import sys; print({'ssl', '_ssl', 'hashlib', '_hashlib', 'cryptography', 'ansible'} & {*sys.modules})", run
        )[1]
        == b"set()\n"
    )


def test_another_python_is_started(run: Any, tmp_path: Path) -> None:
    other = tmp_path / "python3"
    other.write_text("#!/bin/sh\necho another\n", encoding="utf-8")
    other.chmod(0o755)
    assert python("print(1)", run, str(other)) == (0, b"another\n", b"")
    assert python("print(1)", run, str(tmp_path / "none"))[0] == 127


def test_controllers_share_what_they_pack_of_the_same_files(plugin: Any, tmp_path: Path) -> None:
    place, first, second = tmp_path / "place", tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    shared = plugin._share_built_modules(place, first)
    (first / "ansiballz_cache" / "built").touch()
    assert plugin._share_built_modules(place, second) == shared
    assert (second / "ansiballz_cache" / "built").is_file()


def test_other_files_are_packed_by_themselves(plugin: Any, tmp_path: Path) -> None:
    file = tmp_path / "plugins" / "modules" / "first.py"
    file.parent.mkdir(parents=True)
    seen = set()
    for text, moment in (("a", 1), ("a", 2), ("ab", 2)):
        file.write_text(text)
        os.utime(file, (moment, moment))
        seen.add(plugin._digest(tmp_path))
    file.rename(file.with_name("second.py"))
    assert plugin._digest(tmp_path) not in seen and len(seen) == 3


def test_what_nobody_has_used_for_long_is_not_kept(plugin: Any, tmp_path: Path) -> None:
    old, recent = tmp_path / "place" / "old", tmp_path / "place" / "recent"
    for directory in (old, recent):
        (directory / "in").mkdir(parents=True)
    os.utime(old, (0, 0))
    plugin._share_built_modules(tmp_path / "place", tmp_path)
    assert recent.is_dir() and not old.exists()
