# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of httpd itself: who it is, told from a recorded dump and real processes."""

from __future__ import annotations

import os
import pwd
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd import program
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.program import describe_program
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.query import Question, Request


@pytest.fixture
def describe(tmp_path: Path) -> t.Callable[..., dict[str, t.Any]]:
    """Describe an httpd whose dump has these fields."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    binary = tmp_path / "bin" / "httpd"
    if not binary.exists():
        binary.write_text("#!/bin/sh\n")
        binary.chmod(0o755)

    def described(**fields: t.Any) -> dict[str, t.Any]:
        dump = Dump(server_root=str(tmp_path), **fields)
        return describe_program(Question(Request(program=str(binary))), "2.4.62", dump, Files())

    return described


def test_the_user_of_the_configuration(describe: t.Callable[..., dict[str, t.Any]]) -> None:
    root = pwd.getpwuid(0).pw_name
    assert describe(user="www-data")["user"] == "www-data"
    assert describe(user="#0")["user"] == root
    assert describe(user="#4100200300")["user"] == "4100200300"
    assert describe()["user"] is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's process")
def test_the_user_of_the_processes_counts_more(
    describe: t.Callable[..., dict[str, t.Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = pwd.getpwall()[-1]
    monkeypatch.setattr(program, "serving_uid", lambda pid, binary: entry.pw_uid)
    monkeypatch.setattr(Question, "pid", lambda self, pid_file: os.getpid())
    assert describe(user="www-data")["user"] == entry.pw_name


def test_the_modules_of_an_httpd_that_has_them_built_in(
    describe: t.Callable[..., dict[str, t.Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Question, "modules", None, raising=False)
    monkeypatch.setattr(
        "ansible_collections.stapling.httpd.plugins.module_utils._httpd.query.modules_dir", lambda httpd, root: None
    )
    assert describe()["modules_dir"] is None
    (tmp_path / "modules").mkdir()
    assert describe()["modules_dir"] == str(tmp_path / "modules")


def test_nobody_serves_an_httpd_that_does_not_run(describe: t.Callable[..., dict[str, t.Any]]) -> None:
    found = describe(pid_file="logs/httpd.pid")
    assert (found["running"], found["pid"]) == (False, None)
    # Where systemd runs this machine, and has an httpd.service, that one would.
    assert found["served_by"] in (None, "systemd")
    assert found["restart_obstacle"] is None
