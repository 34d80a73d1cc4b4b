# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for an httpd that has just been started: real processes, made for the purpose."""

from __future__ import annotations

import os
import signal
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.query import Question, Request


def asked(binary: Path, *, wait: float) -> Question:
    question = Question(Request(program=str(binary), wait=wait))
    # What stands for httpd here cannot answer; it only has to come to its end.
    with pytest.raises(HttpdError):
        question.answers()
    return question


def test_one_that_has_no_pid_file_yet_is_waited_for(start: t.Callable[..., int], tmp_path: Path) -> None:
    pid_file = tmp_path / "httpd.pid"
    question = asked(tmp_path / "bin" / "httpd", wait=60)
    pid = start()
    timer = threading.Timer(1, lambda: pid_file.write_text(f"{pid}\n"))
    timer.start()
    assert question.pid(str(pid_file)) == pid
    timer.join()


def test_waiting_has_an_end(start: t.Callable[..., int], tmp_path: Path) -> None:
    question = asked(tmp_path / "bin" / "httpd", wait=1)
    start()
    begin = time.monotonic()
    assert question.pid(str(tmp_path / "httpd.pid")) is None
    assert time.monotonic() - begin >= 1


def test_a_dead_one_is_not_waited_for(start: t.Callable[..., int], tmp_path: Path) -> None:
    pid_file = tmp_path / "httpd.pid"
    question = asked(tmp_path / "bin" / "httpd", wait=60)
    pid = start()
    # Dies while it is waited for, and leaves its PID file behind.
    pid_file.write_text("4194304\n")
    timer = threading.Timer(0.5, os.kill, (pid, signal.SIGKILL))
    begin = time.monotonic()
    timer.start()
    assert question.pid(str(pid_file)) is None
    assert time.monotonic() - begin < 30
    timer.join()
