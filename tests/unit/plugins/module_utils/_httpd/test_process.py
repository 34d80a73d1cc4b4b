# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running httpd as /proc shows it: command lines, processes, PID files and units."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import (
    CommandLine,
    ancestors_of,
    command_line_of,
    environment_of,
    is_httpd,
    main_processes,
    modules_dir_of,
    parse_command_line,
    read_pid,
    serving_uid,
)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], CommandLine()),
        (["-k", "start"], CommandLine()),
        (["-DFOREGROUND"], CommandLine(foreground=True)),
        (["-D", "FOREGROUND", "-D", "SSL", "-DPROXY"], CommandLine(("SSL", "PROXY"), foreground=True)),
        (["-D", "SSL", "-D", "SSL"], CommandLine(("SSL",))),
        (["-d", "/etc/apache2-two", "-k", "start"], CommandLine(server_root="/etc/apache2-two")),
        (["-f", "/srv/httpd.conf"], CommandLine(config_file="/srv/httpd.conf")),
        (["-f/srv/httpd.conf"], CommandLine(config_file="/srv/httpd.conf")),
        (["-C", "Define X", "-c", "Listen 81"], CommandLine(directives=("-C", "Define X", "-c", "Listen 81"))),
        (["-E", "/tmp/log", "-e", "debug", "-X"], CommandLine(foreground=True)),
        (["-f"], CommandLine()),
    ],
)
def test_what_is_taken_over_from_a_command_line(argv: list[str], expected: CommandLine) -> None:
    assert parse_command_line(argv) == expected


def test_a_command_line_comes_out_as_it_went_in() -> None:
    line = CommandLine(("A", "B"), "/f", "/d", ("-C", "x y"))
    assert line.arguments() == ["-d", "/d", "-f", "/f", "-D", "A", "-D", "B", "-C", "x y"]
    assert parse_command_line(line.arguments()) == line


@given(st.lists(st.text(max_size=10), max_size=10))
def test_no_command_line_raises(argv: list[str]) -> None:
    parse_command_line(argv)


def proc_entry(proc: Path, pid: int, *, exe: str, argv: list[str], parent: int = 1, namespace: str = "pid:[1]") -> None:
    entry = proc / str(pid)
    (entry / "ns").mkdir(parents=True)
    (entry / "ns" / "pid").symlink_to(namespace)
    (entry / "exe").symlink_to(exe)
    (entry / "cmdline").write_bytes(b"".join(os.fsencode(word) + b"\0" for word in argv))
    (entry / "stat").write_text(f"{pid} (a b) c) S {parent} 1 1")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "proc" / "self" / "ns").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "ns" / "pid").symlink_to("pid:[1]")
    return tmp_path / "proc"


def test_main_processes_are_told_from_workers_other_programs_and_containers(proc: Path) -> None:
    proc_entry(proc, 10, exe="/opt/x/httpd", argv=["httpd", "-DSSL"])
    proc_entry(proc, 11, exe="/opt/x/httpd", argv=["httpd", "-DSSL"], parent=10)
    proc_entry(proc, 12, exe="/opt/x/httpd (deleted)", argv=["httpd", "-d", "/two"])
    proc_entry(proc, 13, exe="/opt/y/other", argv=["other"])
    proc_entry(proc, 14, exe="/opt/x/httpd", argv=["httpd"], namespace="pid:[2]")
    proc_entry(proc, 15, exe="/opt/x/httpd", argv=[])
    found = main_processes("/opt/x/httpd", proc=str(proc))
    assert [(entry.pid, entry.command_line) for entry in found] == [
        (10, CommandLine(("SSL",))),
        (12, CommandLine(server_root="/two")),
    ]
    assert command_line_of(12, proc=str(proc)) == CommandLine(server_root="/two")


def test_no_proc_at_all(tmp_path: Path) -> None:
    assert main_processes("/opt/x/httpd", proc=str(tmp_path / "none")) == []


def test_a_process_is_httpd_or_not(proc: Path) -> None:
    proc_entry(proc, 10, exe="/usr/sbin/apache2", argv=["x"])
    proc_entry(proc, 11, exe="/opt/x/my-httpd", argv=["x"])
    proc_entry(proc, 12, exe="/usr/bin/python3", argv=["x"])
    assert is_httpd(10, None, proc=str(proc))
    assert is_httpd(11, "/opt/x/my-httpd", proc=str(proc))
    assert not is_httpd(11, "/opt/x/httpd", proc=str(proc))
    assert not is_httpd(12, "/usr/sbin/apache2", proc=str(proc))
    assert not is_httpd(99, "/usr/sbin/apache2", proc=str(proc))


@pytest.mark.parametrize(("state", "expected"), [("S", True), ("Z", False)])
def test_without_rights_the_name_decides(proc: Path, state: str, expected: bool) -> None:
    (proc / "10").mkdir()
    (proc / "10" / "comm").write_text("apache2\n")
    (proc / "10" / "stat").write_text(f"10 (apache2) {state} 1 1")
    assert is_httpd(10, "/usr/sbin/apache2", proc=str(proc)) is expected


@pytest.mark.parametrize(
    ("text", "pid"),
    [
        ("123\n", 123),
        (" 9 ", 9),
        ("", None),
        ("1", 1),
        ("0", None),
        ("-5", None),
        ("abc", None),
        ("\uff11\uff12", None),
    ],
)
def test_pid_files(tmp_path: Path, text: str, pid: int | None) -> None:
    path = tmp_path / "pid"
    path.write_text(text, encoding="utf-8")
    assert read_pid(str(path)) == pid
    assert read_pid(str(tmp_path / "none")) is None
    assert read_pid(None) is None


def test_the_environment_without_what_belongs_to_one_run(proc: Path) -> None:
    proc_entry(proc, 10, exe="/opt/x/httpd", argv=["httpd"])
    (proc / "10" / "environ").write_bytes(b"SITE_TLS=/srv/a=b\0NOTIFY_SOCKET=/run/n\0LISTEN_FDS=1\0broken\0NAME=\xff\0")
    assert environment_of(10, proc=str(proc)) == {"SITE_TLS": "/srv/a=b", "NAME": "\udcff"}
    assert environment_of(11, proc=str(proc)) is None


MAPS = """\
55d0-55d1 r--p 00000000 fe:00 391234                     /opt/site/bin/httpd
7f10-7f11 r--p 00000000 fe:00 391235                     /opt/other/modules/mod_mpm_event.so
7f12-7f13 r-xp 00001000 fe:00 391236                     /opt/my site/modules/mod_ssl.so{deleted}
7f14-7f15 rw-p 00000000 00:00 0
7f16-7f17 r--p 00000000 fe:00 391237                     /usr/lib/libssl.so.3
"""


@pytest.mark.parametrize("deleted", ["", " (deleted)"])
def test_the_directory_that_mod_ssl_was_loaded_from(proc: Path, deleted: str) -> None:
    proc_entry(proc, 10, exe="/opt/x/httpd", argv=["httpd"])
    assert modules_dir_of(10, proc=str(proc)) is None
    (proc / "10" / "maps").write_text(MAPS.format(deleted=deleted))
    assert modules_dir_of(10, proc=str(proc)) == "/opt/my site/modules"
    (proc / "10" / "maps").write_text(MAPS.splitlines()[1])
    assert modules_dir_of(10, proc=str(proc)) == "/opt/other/modules"
    (proc / "10" / "maps").write_text(MAPS.splitlines()[0])
    assert modules_dir_of(10, proc=str(proc)) is None


def status(proc: Path, pid: int, uid: int) -> None:
    (proc / str(pid) / "status").write_text(f"Name:\thttpd\nUid:\t0\t{uid}\t0\t0\nGid:\t0\t0\t0\t0\n")


def test_the_user_that_answers_requests(proc: Path) -> None:
    proc_entry(proc, 10, exe="/opt/x/httpd", argv=["httpd"])
    proc_entry(proc, 11, exe="/opt/x/httpd", argv=["httpd"], parent=10)
    proc_entry(proc, 12, exe="/opt/x/httpd", argv=["httpd"], parent=10)
    # A logger runs as root, and so does another httpd.
    proc_entry(proc, 13, exe="/usr/bin/rotatelogs", argv=["rotatelogs"], parent=10)
    proc_entry(proc, 14, exe="/opt/x/httpd", argv=["httpd"])
    for pid, uid in ((10, 0), (11, 33), (12, 33), (13, 99), (14, 77)):
        status(proc, pid, uid)
    assert serving_uid(10, "/opt/x/httpd", proc=str(proc)) == 33
    # With User= in its unit, the main process is no root either.
    assert serving_uid(14, "/opt/x/httpd", proc=str(proc)) == 77
    # Children that become somebody for each request only.
    for pid in (11, 12):
        status(proc, pid, 0)
    assert serving_uid(10, "/opt/x/httpd", proc=str(proc)) is None


def test_ancestors(proc: Path) -> None:
    proc_entry(proc, 1, exe="/sbin/init", argv=["init"], parent=0)
    proc_entry(proc, 10, exe="/bin/sh", argv=["sh"])
    proc_entry(proc, 11, exe="/opt/x/httpd", argv=["httpd"], parent=10)
    assert ancestors_of(11, proc=str(proc)) == [10, 1]
    assert ancestors_of(1, proc=str(proc)) == []
