# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who serves httpd: the one place that decides who starts it again, and how it is told to.

An httpd that is restarted past its supervisor runs beside it from then on, and dies with the next command to it.
"""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import (
    ancestors_of,
    arguments_of,
    command_line_of,
    environment_of,
    program_of,
)
from ansible_collections.stapling.httpd.plugins.module_utils._process import ProcessError, run

SYSTEMD = "systemd"
SYSVINIT = "sysvinit"
OPENRC = "openrc"
RUNIT = "runit"
SUPERVISORD = "supervisord"
PID1 = "pid1"
BARE = "bare"
OTHER = "other"

_SHELLS = ("sh", "bash", "dash", "ash", "busybox", "ksh", "zsh")
# What starts a system. Whatever else has process ID 1 is the main process of a container, which ends with it.
_INITS = ("systemd", "init", "openrc-init", "runit", "runit-init", "runsvdir", "s6-svscan")
_UNIT_DIRECTORIES = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_LARGEST_SCRIPT = 256 * 1024


@dataclass(frozen=True)
class Supervisor:
    """Who starts httpd again.

    `name` is the unit, script, service directory or program that stands for httpd there. `restart` is the command that
    restarts it, nothing where httpd itself has to be stopped and started, or cannot be. `obstacle` is why it cannot be
    restarted without a person, None if it can.
    """

    kind: str
    name: str | None = None
    restart: tuple[str, ...] = ()
    obstacle: str | None = None

    @property
    def unit(self) -> str | None:
        """Return the systemd unit, None for any other kind."""
        return self.name if self.kind == SYSTEMD else None


def supervisor_of(pid: int, *, scripts: t.Sequence[str], root: str = "/", timeout: float = 10.0) -> Supervisor:
    """Return who serves a running httpd. `scripts` are names or contents by which its init script is known."""
    proc = os.path.join(root, "proc")
    foreground = command_line_of(pid, proc=proc).foreground
    found = _supervised(pid, foreground=foreground, proc=proc)
    if found is not None:
        return found
    unit = unit_of(pid, root=root, timeout=timeout)
    if unit is not None:
        return Supervisor(SYSTEMD, unit, ("systemctl", "restart", unit))
    if foreground:
        parent = next(iter(ancestors_of(pid, proc=proc)), 0)
        name = program_of(parent, proc=proc) or "an unknown program"
        obstacle = f"httpd runs in the foreground under {name} (process {parent}), which is not known to restart it"
        return Supervisor(OTHER, name, (), obstacle)
    if systemd_is_init(root=root):
        return Supervisor(BARE)
    return _by_script(scripts, root=root) or Supervisor(BARE)


def _supervised(pid: int, *, foreground: bool, proc: str) -> Supervisor | None:
    """Return the process that watches over httpd, if there is one that is known."""
    ancestors = ancestors_of(pid, proc=proc)
    if pid == 1:
        return Supervisor(PID1, None, (), "httpd is the main process of its container, which would end with it")
    # The script that a supervisor runs may wait for httpd instead of becoming it.
    watcher = next((parent for parent in ancestors if program_of(parent, proc=proc) not in _SHELLS), 0)
    if program_of(watcher, proc=proc) == "runsv":
        directory = _directory(watcher, proc=proc)
        return Supervisor(RUNIT, directory, ("sv", "-w", "60", "restart", directory)) if directory else None
    for ancestor in ancestors:
        if _is_supervisord(ancestor, proc=proc):
            return _by_supervisord(pid, ancestor, proc=proc)
    if foreground and watcher in (0, 1) and program_of(1, proc=proc) not in _INITS:
        name = program_of(1, proc=proc) or "the main process"
        return Supervisor(PID1, name, (), f"{name} is the main process of this container, and ends it with httpd")
    return None


def _directory(pid: int, *, proc: str) -> str | None:
    try:
        return os.readlink(f"{proc}/{pid}/cwd")
    except OSError:
        return None


def _is_supervisord(pid: int, *, proc: str) -> bool:
    words = arguments_of(pid, proc=proc)
    # A script: the first word is its Python.
    return any(os.path.basename(word) == "supervisord" for word in words[:2])


def _by_supervisord(pid: int, supervisord: int, *, proc: str) -> Supervisor:
    environment = environment_of(pid, proc=proc) or {}
    program = environment.get("SUPERVISOR_PROCESS_NAME")
    if program is None:
        return Supervisor(SUPERVISORD, None, (), "the name that supervisord gives to httpd cannot be seen; use become")
    group = environment.get("SUPERVISOR_GROUP_NAME", program)
    name = program if group == program else f"{group}:{program}"
    words = arguments_of(supervisord, proc=proc)
    given = [following for word, following in zip(words, words[1:]) if word in ("-c", "--configuration")]
    configuration = ("-c", given[-1]) if given and os.path.isabs(given[-1]) else ()
    return Supervisor(SUPERVISORD, name, ("supervisorctl", *configuration, "restart", name))


def systemd_is_init(*, root: str = "/") -> bool:
    """Tell whether systemd runs this host."""
    return os.path.isdir(os.path.join(root, "run/systemd/system"))


def unit_of(pid: int, *, root: str = "/", timeout: float = 10.0) -> str | None:
    """Return the active systemd service that runs this httpd, None if there is none."""
    if not systemd_is_init(root=root):
        return None
    proc = os.path.join(root, "proc")
    try:
        with open(f"{proc}/{pid}/cgroup", encoding="utf-8", errors="replace") as handle:
            unit = unit_in_cgroup(handle.read())
        if unit is None:
            return None
        output = run(["systemctl", "show", "--property=MainPID,ActiveState", unit], timeout=timeout)
    except (OSError, ProcessError):
        return None
    properties = dict(line.partition("=")[::2] for line in output.stdout.splitlines())
    if properties.get("ActiveState") not in ("active", "reloading", "activating", "refreshing"):
        return None
    main = properties.get("MainPID", "")
    return unit if main.isdigit() and _is_main(int(main), pid, proc=proc) else None


def _is_main(main: int, pid: int, *, proc: str) -> bool:
    """Tell whether a unit with this MainPID is that of the httpd whose group it holds.

    systemd does not know the main process where it has to guess it (0), takes a logger of httpd for it, or sees the
    script that has started httpd. With any other one, the unit is that of a program from which httpd was started.
    """
    if main in (0, pid) or pid in ancestors_of(main, proc=proc):
        return True
    above = ancestors_of(pid, proc=proc)
    if main not in above:
        return False
    return all(program_of(parent, proc=proc) in _SHELLS for parent in above[: above.index(main) + 1])


def unit_in_cgroup(text: str) -> str | None:
    """Return the service that a /proc/PID/cgroup names, in the unified hierarchy or in systemd's own."""
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3 and parts[1] in ("", "name=systemd"):
            name = parts[2].rpartition("/")[2]
            if re.match(r"[\w@.:\\-]+\.service\Z", name):
                return name
    return None


def unit_exists(unit: str) -> bool:
    """Tell whether systemd knows a unit file for this service or for its template."""
    names = [unit]
    if "@" in unit:
        names.append(unit.partition("@")[0] + "@.service")
    return any(os.path.exists(os.path.join(directory, name)) for directory in _UNIT_DIRECTORIES for name in names)


def _by_script(scripts: t.Sequence[str], *, root: str) -> Supervisor | None:
    """Return the init script of this httpd: the one with its name, or the one that calls its program."""
    directory = os.path.join(root, "etc/init.d")
    try:
        names = sorted(name for name in os.listdir(directory) if os.access(os.path.join(directory, name), os.X_OK))
    except OSError:
        return None
    known = [name for name in scripts if name in names]
    known += [name for name in names if _mentions(os.path.join(directory, name), scripts)]
    if not known:
        return None
    name = known[0]
    if os.path.isdir(os.path.join(root, "run/openrc")):
        return Supervisor(OPENRC, name, ("rc-service", name, "restart"))
    return Supervisor(SYSVINIT, name, (f"/etc/init.d/{name}", "restart"))


def _mentions(path: str, scripts: t.Iterable[str]) -> bool:
    try:
        with open(path, "rb") as handle:
            text = os.fsdecode(handle.read(_LARGEST_SCRIPT))
    except OSError:
        return False
    return any(name in text for name in scripts if name.startswith("/"))
