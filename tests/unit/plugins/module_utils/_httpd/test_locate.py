# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding httpd and how it was started, and running it: with real files and processes, made for the purpose."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.locate import (
    Httpd,
    find_httpd,
    modules_dir,
    sysconfig,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import (
    CommandLine,
    command_line_of,
    is_httpd,
    main_processes,
    parse_command_line,
    read_pid,
    unit_in_cgroup,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.query import Question, Request
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.run import HttpdError, Output, Running, refusal, run


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


# Command lines


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], CommandLine()),
        (["-k", "start"], CommandLine()),
        (["-DFOREGROUND"], CommandLine()),
        (["-D", "FOREGROUND", "-D", "SSL", "-DPROXY"], CommandLine(("SSL", "PROXY"))),
        (["-D", "SSL", "-D", "SSL"], CommandLine(("SSL",))),
        (["-d", "/etc/apache2-two", "-k", "start"], CommandLine(server_root="/etc/apache2-two")),
        (["-f", "/srv/httpd.conf"], CommandLine(config_file="/srv/httpd.conf")),
        (["-f/srv/httpd.conf"], CommandLine(config_file="/srv/httpd.conf")),
        (["-C", "Define X", "-c", "Listen 81"], CommandLine(directives=("-C", "Define X", "-c", "Listen 81"))),
        (["-E", "/tmp/log", "-e", "debug", "-X"], CommandLine()),
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


# Processes


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
    assert [(one.pid, one.command_line) for one in found] == [
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


@pytest.mark.parametrize(("state", "alive"), [("S", True), ("Z", False)])
def test_without_rights_the_name_decides(proc: Path, state: str, alive: bool) -> None:
    (proc / "10").mkdir()
    (proc / "10" / "comm").write_text("apache2\n")
    (proc / "10" / "stat").write_text(f"10 (apache2) {state} 1 1")
    assert is_httpd(10, "/usr/sbin/apache2", proc=str(proc)) is alive


@pytest.mark.parametrize(
    ("text", "pid"),
    [("123\n", 123), (" 9 ", 9), ("", None), ("1", None), ("-5", None), ("abc", None), ("\uff11\uff12", None)],
)
def test_pid_files(tmp_path: Path, text: str, pid: int | None) -> None:
    path = tmp_path / "pid"
    path.write_text(text, encoding="utf-8")
    assert read_pid(str(path)) == pid
    assert read_pid(str(tmp_path / "none")) is None
    assert read_pid(None) is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("0::/system.slice/apache2.service\n", "apache2.service"),
        ("0::/system.slice/system-apache2.slice/apache2@two.service\n", "apache2@two.service"),
        ("12:cpu:/\n1:name=systemd:/docker/abc/system.slice/httpd.service\n0::/\n", "httpd.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", None),
        ("11:pids:/system.slice/apache2.service\n", None),
        ("0::/\n", None),
        ("garbage", None),
        ("0::/x/$(reboot).service\n", None),
    ],
)
def test_units(text: str, unit: str | None) -> None:
    assert unit_in_cgroup(text) == unit


# Finding


def test_an_httpd_from_source_is_called_through_its_script(tmp_path: Path) -> None:
    binary = script(tmp_path / "bin" / "httpd", "")
    (tmp_path / "conf").mkdir()
    assert find_httpd(program=str(binary)).control == (str(binary),)
    control = script(tmp_path / "bin" / "apachectl", "")
    (tmp_path / "bin" / "envvars").touch()
    for program in (binary, control):
        found = find_httpd(program=str(program))
        assert (found.control, found.binary, found.layout) == ((str(control),), str(binary), "upstream")


def test_what_the_caller_gives_comes_first(tmp_path: Path) -> None:
    binary = script(tmp_path / "sbin" / "httpd", "")
    found = find_httpd(program=str(binary), config_file="/f", server_root="/d", defines=["A", "A", "B"])
    assert found.argv() == [str(binary), "-d", "/d", "-f", "/f", "-D", "A", "-D", "B"]
    assert found.layout is None


def test_the_second_instance_of_debian(tmp_path: Path) -> None:
    control = script(tmp_path / "sbin" / "apache2ctl-two", "")
    found = find_httpd(program=str(control))
    assert (found.control, found.instance, found.layout) == ((str(control),), "two", "debian")
    plain = script(tmp_path / "sbin" / "apache2ctl", "")
    found = find_httpd(program=str(plain), server_root="/etc/apache2-three/")
    assert found.instance == "three"
    assert found.argv() == ["/usr/bin/env", "APACHE_CONFDIR=/etc/apache2-three", str(plain)]


@pytest.fixture
def start(tmp_path: Path) -> t.Iterator[t.Callable[..., int]]:
    """Starts a program of that name that is real and does nothing: what counts is how it was started."""
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


def test_the_running_one_tells_how_it_was_started(start: t.Callable[..., int], tmp_path: Path) -> None:
    binary = str(tmp_path / "bin" / "httpd")
    assert find_httpd(program=binary).process is None
    pid = start("-D", "SSL", "-f", "/srv/a.conf", "-DFOREGROUND")
    found = find_httpd(program=binary, defines=["MORE"])
    assert found.process is not None
    assert found.process.pid == pid
    assert found.command_line.defines == ("SSL", "MORE")
    assert found.command_line.config_file == "/srv/a.conf"
    # It says nothing about another configuration.
    other = find_httpd(program=binary, config_file="/srv/b.conf")
    assert (other.process, other.argv()) == (None, [binary, "-f", "/srv/b.conf"])
    assert find_httpd(program=binary, server_root="/srv").process is None


def test_of_several_instances_the_one_without_a_configuration_file_is_meant(
    start: t.Callable[..., int], tmp_path: Path
) -> None:
    binary = str(tmp_path / "bin" / "httpd")
    first = start("-D", "FIRST")
    second = start("-D", "SECOND", "-f", "conf/second.conf")
    found = find_httpd(program=binary)
    assert found.process is not None
    assert (found.process.pid, found.command_line.defines) == (first, ("FIRST",))
    named = find_httpd(program=binary, config_file=f"{tmp_path}/conf/second.conf")
    assert named.process is not None
    assert (named.process.pid, named.command_line.defines) == (second, ("SECOND",))
    start("-D", "THIRD")
    assert find_httpd(program=binary).process is None


# Waiting for one that has just been started


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


@pytest.mark.parametrize(
    ("make", "code"),
    [("none", "httpd_not_found"), ("file", "httpd_not_executable"), ("directory", "httpd_not_executable")],
)
def test_programs_that_are_none(tmp_path: Path, make: str, code: str) -> None:
    path = tmp_path / "httpd"
    if make == "file":
        path.touch(0o600)
    elif make == "directory":
        path.mkdir()
    with pytest.raises(HttpdError) as caught:
        find_httpd(program=str(path))
    assert caught.value.code == code
    assert str(path) in caught.value.message


def test_a_control_script_without_its_binary(tmp_path: Path) -> None:
    with pytest.raises(HttpdError, match="no httpd beside it"):
        find_httpd(program=str(script(tmp_path / "apachectl", "")))


def test_options_in_sysconfig(tmp_path: Path) -> None:
    path = tmp_path / "httpd"
    path.write_text(
        '# comment\nOPTIONS="-D SSL -f \\\n /srv/a.conf"\nLANG=C\nHTTPD_LANG=C\nSITE_DIR=\'/srv/a b\'\nBROKEN="x\n'
    )
    assert sysconfig(str(path)) == (
        ["HTTPD_LANG=C", "SITE_DIR=/srv/a b"],
        CommandLine(("SSL",), config_file="/srv/a.conf"),
    )
    assert sysconfig(str(tmp_path / "none")) == ([], CommandLine())


def test_the_modules_directory_is_the_one_with_mod_info(tmp_path: Path) -> None:
    httpd = Httpd((), str(tmp_path / "bin" / "httpd"), None, CommandLine())
    root = tmp_path / "root"
    for directory in (root / "modules", tmp_path / "modules"):
        directory.mkdir(parents=True)
        (directory / "mod_ssl.so").touch()
    assert modules_dir(httpd, str(root)) in (str(root / "modules"), "/usr/lib/apache2/modules")
    (tmp_path / "modules" / "mod_info.so").touch()
    assert modules_dir(httpd, str(root)) == str(tmp_path / "modules")


# Running


def test_output_is_kept_apart() -> None:
    assert run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], timeout=20) == Output(3, "out\n", "err\n")


def test_bytes_that_are_no_text() -> None:
    assert run(["/bin/sh", "-c", "printf 'a\\377b'"], timeout=20).stdout == "a\\udcffb"


def test_several_run_side_by_side() -> None:
    begin = time.monotonic()
    running = [Running(["/bin/sh", "-c", f"sleep 1; echo {number}"], timeout=20) for number in range(3)]
    assert [one.output().stdout for one in running] == ["0\n", "1\n", "2\n"]
    assert time.monotonic() - begin < 2.9


def test_what_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    hanging = script(tmp_path / "httpd", f"sleep 300 & echo $! $$ > {pids}; wait")
    begin = time.monotonic()
    with pytest.raises(HttpdError) as caught:
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


@pytest.mark.parametrize("argv", [["/nowhere/httpd"], ["/etc/passwd"], ["/bin/a\0b"]])
def test_what_cannot_be_run(argv: list[str]) -> None:
    with pytest.raises(HttpdError) as caught:
        run(argv, timeout=5)
    assert caught.value.code in ("httpd_not_found", "httpd_not_executable")


@pytest.mark.parametrize(
    ("stderr", "file", "line"),
    [
        (
            "[Sun Nov 22 10:00:00 2026] [ssl:notice] [pid 1] AH10510: something\n"
            "AH00526: Syntax error on line 3 of /etc/a.conf:\n"
            "SSLCertificateFile: file '/nope' does not exist or is empty\n",
            "/etc/a.conf",
            3,
        ),
        (
            "AH00526: Syntax error on line 3 of macro 'm' (defined on line 3 of \"/etc/b.conf\") used on line 9 of"
            ' "/etc/b.conf":\nSSLStaplingCache cannot occur within <VirtualHost> section\n',
            "/etc/b.conf",
            9,
        ),
        (
            "apache2: Syntax error on line 222 of /etc/apache2/apache2.conf: Syntax error on line 1 of /etc/c.conf:"
            " </Foo> without matching <Foo> section\n",
            "/etc/c.conf",
            1,
        ),
        ("apache2: Could not open configuration file /x: No such file or directory\n", None, None),
    ],
)
def test_the_words_of_httpd_when_it_refuses(stderr: str, file: str | None, line: int | None) -> None:
    error = refusal(Output(1, "", stderr))
    assert (error.code, error.file, error.line) == ("config_invalid", file, line)
    assert "AH10510" not in error.message
    assert stderr.splitlines()[-1] in error.message


def test_a_refusal_without_words() -> None:
    assert "exit code 7" in refusal(Output(7, "", "")).message
    assert "on stdout" in refusal(Output(7, "on stdout", "")).message
