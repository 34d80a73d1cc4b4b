# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running programs: real ones, among them some that hang."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._process import (
    Output,
    ProcessError,
    Running,
    run,
)


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_output_is_kept_apart() -> None:
    assert run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], timeout=20) == Output(3, "out\n", "err\n")


def test_bytes_that_are_no_text() -> None:
    assert run(["/bin/sh", "-c", "printf 'a\\377b'"], timeout=20).stdout == "a\\udcffb"


def test_several_run_side_by_side() -> None:
    begin = time.monotonic()
    running = [Running(["/bin/sh", "-c", f"sleep 1; echo {number}"], timeout=20) for number in range(3)]
    assert [process.output().stdout for process in running] == ["0\n", "1\n", "2\n"]
    assert time.monotonic() - begin < 2.9


def test_what_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    hanging = script(tmp_path / "httpd", f"sleep 300 & echo $! $$ > {pids}; wait")
    begin = time.monotonic()
    with pytest.raises(ProcessError) as caught:
        run([str(hanging)], timeout=1)
    assert time.monotonic() - begin < 15
    assert caught.value.code == "timeout"
    assert "1 seconds" in caught.value.message
    for pid in pids.read_text().split():
        deadline = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                break
            time.sleep(0.05)
        else:
            assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    ("program", "code"),
    [("/nowhere/httpd", "not_found"), ("/etc/passwd", "not_executable"), ("/bin/a\0b", "not_executable")],
)
def test_what_cannot_be_run(program: str, code: str) -> None:
    with pytest.raises(ProcessError) as caught:
        run([program], timeout=5)
    assert caught.value.code == code


def test_the_environment_can_be_replaced() -> None:
    output = Running(["/usr/bin/env"], timeout=20, environment={"SITE": "a b"}).output()
    assert sorted(output.stdout.splitlines()) == ["LC_ALL=C", "SITE=a b"]
