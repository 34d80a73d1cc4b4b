# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who serves httpd, told from process tables as they were seen on real hosts."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.supervisor import (
    Supervisor,
    supervisor_of,
    unit_in_cgroup,
    unit_of,
)

SCRIPTS = ["apache2", "/usr/sbin/apache2"]
SERVICE = "0::/system.slice/apache2.service\n"
IN_FRONT = ("/usr/sbin/apache2", "-k", "start", "-DFOREGROUND")
DETACHED = ("/usr/sbin/apache2", "-k", "start")


class Host:
    """A file system with a /proc of its own, and the answer of its systemctl."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        (root / "bin").mkdir(parents=True)
        monkeypatch.setenv("PATH", f"{root}/bin{os.pathsep}{os.environ['PATH']}")

    def process(self, pid: int, *argv: str, parent: int = 1, cgroup: str = "0::/\n", **more: str) -> None:
        """Add a process; its program is the first word, unless `comm` says otherwise."""
        entry = self.root / "proc" / str(pid)
        entry.mkdir(parents=True)
        (entry / "cmdline").write_bytes(b"".join(os.fsencode(word) + b"\0" for word in argv))
        (entry / "comm").write_text(more.get("comm", os.path.basename(argv[0]))[:15] + "\n")
        (entry / "stat").write_text(f"{pid} (x) S {parent if pid != 1 else 0} 1 1")
        (entry / "cgroup").write_text(cgroup)
        (entry / "environ").write_text(more.get("environ", "").replace(" ", "\0"))
        if "cwd" in more:
            (entry / "cwd").symlink_to(more["cwd"])

    def systemd(self, *, main_pid: int, state: str = "active") -> None:
        (self.root / "run" / "systemd" / "system").mkdir(parents=True)
        self.program("bin/systemctl", f"echo MainPID={main_pid}; echo ActiveState={state}")

    def program(self, path: str, body: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def supervisor(self, pid: int) -> Supervisor:
        return supervisor_of(pid, scripts=SCRIPTS, root=str(self.root))

    def unit(self, pid: int) -> str | None:
        return unit_of(pid, root=str(self.root))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_the_unit_whose_main_process_it_is(host: Host) -> None:
    host.systemd(main_pid=50)
    host.process(1, "/sbin/init", comm="systemd")
    host.process(50, *DETACHED, cgroup=SERVICE)
    command = ("systemctl", "restart", "apache2.service")
    assert host.supervisor(50) == Supervisor("systemd", "apache2.service", command)
    assert host.supervisor(50).unit == "apache2.service"


def test_an_active_unit_whose_main_process_systemd_does_not_know(host: Host) -> None:
    host.systemd(main_pid=0)
    host.process(1, "/sbin/init", comm="systemd")
    host.process(50, *DETACHED, cgroup=SERVICE)
    assert host.unit(50) == "apache2.service"


def test_a_unit_that_takes_a_logger_for_its_main_process(host: Host) -> None:
    host.systemd(main_pid=51)
    host.process(1, "/sbin/init", comm="systemd")
    host.process(50, *DETACHED, cgroup=SERVICE)
    host.process(51, "/usr/bin/rotatelogs", "/var/log/a", parent=50, cgroup=SERVICE)
    assert host.unit(50) == "apache2.service"


def test_a_unit_whose_script_waits_for_httpd(host: Host) -> None:
    host.systemd(main_pid=49)
    host.process(1, "/sbin/init", comm="systemd")
    host.process(49, "/bin/bash", "/usr/sbin/start_apache2", cgroup=SERVICE)
    host.process(50, *IN_FRONT, parent=49, cgroup=SERVICE)
    assert host.unit(50) == "apache2.service"


@pytest.mark.parametrize("parent", [1, 40])
def test_the_unit_of_a_program_that_has_started_httpd_is_not_its_own(host: Host, parent: int) -> None:
    host.systemd(main_pid=40)
    host.process(1, "/sbin/init", comm="systemd")
    host.process(40, "/usr/sbin/cron", cgroup="0::/system.slice/cron.service\n")
    host.process(50, *DETACHED, parent=parent, cgroup="0::/system.slice/cron.service\n")
    assert host.supervisor(50) == Supervisor("bare")


def test_a_unit_that_has_failed_does_not_serve(host: Host) -> None:
    host.systemd(main_pid=0, state="failed")
    host.process(50, *DETACHED, cgroup=SERVICE)
    assert host.unit(50) is None


def test_a_program_of_supervisord(host: Host) -> None:
    host.process(1, "/usr/bin/python3", "/usr/bin/supervisord", "-n", "-c", "/etc/s.conf", comm="supervisord")
    host.process(50, *IN_FRONT, environ="SUPERVISOR_PROCESS_NAME=apache SUPERVISOR_GROUP_NAME=apache")
    command = ("supervisorctl", "-c", "/etc/s.conf", "restart", "apache")
    assert host.supervisor(50) == Supervisor("supervisord", "apache", command)


def test_a_program_of_supervisord_as_a_unit_belongs_to_supervisord(host: Host) -> None:
    host.systemd(main_pid=40)
    host.process(1, "/sbin/init", comm="systemd")
    host.process(40, "/usr/bin/python3", "/usr/bin/supervisord", cgroup="0::/system.slice/supervisor.service\n")
    host.process(
        50,
        *IN_FRONT,
        parent=40,
        cgroup="0::/system.slice/supervisor.service\n",
        environ="SUPERVISOR_PROCESS_NAME=web SUPERVISOR_GROUP_NAME=site",
    )
    assert host.supervisor(50).restart == ("supervisorctl", "restart", "site:web")


def test_a_service_of_runit(host: Host) -> None:
    host.process(1, "runit")
    host.process(40, "runsv", "apache2", cwd="/etc/sv/apache2")
    host.process(50, *IN_FRONT, parent=40)
    command = ("sv", "-w", "60", "restart", "/etc/sv/apache2")
    assert host.supervisor(50) == Supervisor("runit", "/etc/sv/apache2", command)


def test_the_main_process_of_a_container(host: Host) -> None:
    host.process(1, *IN_FRONT)
    found = host.supervisor(1)
    assert (found.kind, found.restart) == ("pid1", ())
    assert "would end with it" in (found.obstacle or "")


def test_a_container_that_ends_with_httpd(host: Host) -> None:
    host.process(1, "/usr/bin/tini", "--", "apache2")
    host.process(50, *IN_FRONT)
    found = host.supervisor(50)
    assert (found.kind, found.name, found.restart) == ("pid1", "tini", ())


def test_a_supervisor_that_nobody_knows(host: Host) -> None:
    host.process(1, "/sbin/init", comm="init")
    host.process(40, "/opt/watcher/watcherd")
    host.process(50, *IN_FRONT, parent=40)
    found = host.supervisor(50)
    assert (found.kind, found.name, found.restart) == ("other", "watcherd", ())
    assert "watcherd (process 40)" in (found.obstacle or "")


@pytest.mark.parametrize(
    ("script", "openrc", "expected"),
    [
        ("apache2", False, Supervisor("sysvinit", "apache2", ("/etc/init.d/apache2", "restart"))),
        ("apache2", True, Supervisor("openrc", "apache2", ("rc-service", "apache2", "restart"))),
        # Under another name, but it calls the program.
        ("web", False, Supervisor("sysvinit", "web", ("/etc/init.d/web", "restart"))),
        (None, True, Supervisor("bare")),
    ],
)
def test_init_scripts(host: Host, script: str | None, openrc: bool, expected: Supervisor) -> None:
    host.process(1, "/sbin/init", comm="init")
    host.process(50, *DETACHED)
    if script is not None:
        host.program(f"etc/init.d/{script}", "exec /usr/sbin/apache2 -k start")
    host.program("etc/init.d/ssh", "exec /usr/sbin/sshd")
    if openrc:
        (host.root / "run" / "openrc").mkdir(parents=True)
    assert host.supervisor(50) == expected


def test_nobody(host: Host) -> None:
    host.process(1, "sleep", "infinity")
    host.process(50, *DETACHED)
    assert host.supervisor(50) == Supervisor("bare")


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
