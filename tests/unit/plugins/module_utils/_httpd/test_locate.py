# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding httpd and how it was started: real files and processes, made for the purpose."""

from __future__ import annotations

import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd import locate
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.locate import (
    Httpd,
    find_httpd,
    modules_dir,
    sysconfig,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import (
    CommandLine,
    Process,
    running_programs,
)


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_an_httpd_from_source_is_called_through_its_script(tmp_path: Path) -> None:
    binary = script(tmp_path / "bin" / "httpd", "")
    (tmp_path / "conf").mkdir()
    assert find_httpd(program=str(binary)).control == (str(binary),)
    control = script(tmp_path / "bin" / "apachectl", "")
    (tmp_path / "bin" / "envvars").touch()
    for program in (binary, control):
        found = find_httpd(program=str(program))
        assert (found.control, found.binary, found.layout) == ((str(control),), str(binary), "upstream")


@pytest.mark.parametrize(
    ("names", "program", "expected"),
    [
        (["apache2", "apache2ctl"], "apache2ctl", "apache2"),
        (["httpd", "apache2ctl"], "apache2ctl", "httpd"),
        (["httpd", "apachectl", "start_apache2", "envvars"], "apachectl", "httpd"),
        (["httpd", "apachectl", "start_apache2", "envvars"], "httpd", "httpd"),
    ],
)
def test_scripts_that_change_their_arguments_are_not_used(
    tmp_path: Path, names: list[str], program: str, expected: str
) -> None:
    """Gentoo's and SUSE's scripts have the names of Debian's and upstream's, and are something else."""
    for name in names:
        script(tmp_path / "sbin" / name, "")
    found = find_httpd(program=str(tmp_path / "sbin" / program))
    path = str(tmp_path / "sbin" / expected)
    assert (found.control, found.binary, found.layout) == ((path,), path, None)


def test_the_one_that_runs_is_found_wherever_it_is(
    start: t.Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = script(tmp_path / "usr" / "httpd", "")
    monkeypatch.setattr(locate, "_USUAL", (str(installed),))
    monkeypatch.setattr(locate, "running_programs", lambda: running_below(tmp_path))
    assert find_httpd().binary == str(installed)
    start()
    assert find_httpd().binary == str(tmp_path / "bin" / "httpd")


def running_below(directory: Path) -> list[str]:
    """Return what runs for this test, and nothing else that runs on this machine."""
    return [path for path in running_programs() if path.startswith(f"{directory}/")]


def test_what_the_caller_gives_comes_first(tmp_path: Path) -> None:
    binary = script(tmp_path / "sbin" / "httpd", "")
    found = find_httpd(program=str(binary), config_file="/f", server_root="/d", defines=["A", "A", "B"])
    assert found.argv() == [str(binary), "-d", "/d", "-f", "/f", "-D", "A", "-D", "B"]
    assert found.layout is None


def test_the_second_instance_of_debian(tmp_path: Path) -> None:
    control = script(tmp_path / "sbin" / "apache2ctl-two", "export APACHE_CONFDIR")
    found = find_httpd(program=str(control))
    assert (found.control, found.instance, found.layout) == ((str(control),), "two", "debian")
    plain = script(tmp_path / "sbin" / "apache2ctl", "export APACHE_CONFDIR")
    found = find_httpd(program=str(plain), server_root="/etc/apache2-three/")
    assert found.instance == "three"
    assert found.argv() == ["/usr/bin/env", "APACHE_CONFDIR=/etc/apache2-three", str(plain)]


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


def test_the_modules_directory_is_that_of_the_running_httpd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = tmp_path / "lib64" / "modules"
    running.mkdir(parents=True)
    monkeypatch.setattr(locate, "modules_dir_of", lambda pid: str(running))
    process = Process(4711, str(tmp_path / "bin" / "httpd"), CommandLine())
    httpd = Httpd((), process.binary, None, CommandLine(), process=process)
    assert modules_dir(httpd) == str(running)
    # A usual name for the same directory is the better one: it stays.
    (tmp_path / "modules").symlink_to(running)
    assert modules_dir(httpd) == str(tmp_path / "modules")
    # It was removed by an upgrade.
    (tmp_path / "modules").unlink()
    running.rmdir()
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "mod_info.so").touch()
    assert modules_dir(httpd) == str(tmp_path / "modules")
