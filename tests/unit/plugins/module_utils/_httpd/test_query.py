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


def answering(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "sbin" / "httpd"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("Server version: Apache/2.4.62 (Debian)", "2.4.62"),
        ("Server version: Vendor_Server/9.0.5.16 (Unix)\nApache version: 2.4.12", "2.4.12"),
    ],
)
def test_versions(tmp_path: Path, output: str, version: str) -> None:
    program = answering(tmp_path, f"echo '{output}'")
    assert Question(Request(program=str(program))).answers().version == version


def test_the_running_one_is_asked_in_its_own_environment(
    start: t.Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_TLS", "/srv/tls")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/nobody")
    start()
    monkeypatch.delenv("SITE_TLS")
    monkeypatch.delenv("NOTIFY_SOCKET")
    question = Question(Request(program=str(tmp_path / "bin" / "httpd")))
    # It has the right path, and another program in its place answers.
    output = question._start(["/usr/bin/env"]).output().stdout.splitlines()
    assert "SITE_TLS=/srv/tls" in output
    assert "LC_ALL=C" in output
    assert not [line for line in output if line.startswith("NOTIFY_SOCKET=")]


def test_mod_info_below_server_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ansible_collections.stapling.httpd.plugins.module_utils._httpd.query.modules_dir", lambda httpd, root: None
    )
    program = answering(tmp_path, 'echo "Server version: Apache/2.4.62"; echo "$@"')
    question = Question(Request(program=str(program)))
    question.answers()
    assert question.ask_again(str(tmp_path)) is None
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "mod_info.so").touch()
    output = question.ask_again(str(tmp_path))
    assert output is not None
    assert f'-C LoadModule info_module "{tmp_path}/modules/mod_info.so"' in output.stdout
    assert (question.modules, question.loads_info) == (str(tmp_path / "modules"), True)


def test_other_vendors_are_refused(tmp_path: Path) -> None:
    program = answering(tmp_path, "echo 'Server version: IBM_HTTP_Server/9.0.5.16 (Unix)'")
    with pytest.raises(HttpdError, match="IBM HTTP Server"):
        Question(Request(program=str(program))).answers()
