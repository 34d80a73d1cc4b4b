# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running httpd: which process it is, how it was started, and which service it belongs to."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._process import ProcessError, run

# Options of httpd that take a value, and the -D defines that say how to run, not what to serve.
_WITH_VALUE = "DdfCcekET"
_HOW_TO_RUN = ("FOREGROUND", "NO_DETACH", "ONE_PROCESS", "DEBUG")
_PROGRAMS = ("httpd", "apache2", "httpd.worker", "httpd.event", "httpd-prefork", "httpd-worker", "httpd-event")


@dataclass(frozen=True)
class CommandLine:
    """The options of an httpd that another one needs to see the same configuration."""

    defines: tuple[str, ...] = ()
    config_file: str | None = None
    server_root: str | None = None
    directives: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Return the options as arguments."""
        result: list[str] = []
        if self.server_root is not None:
            result += ["-d", self.server_root]
        if self.config_file is not None:
            result += ["-f", self.config_file]
        for define in self.defines:
            result += ["-D", define]
        return result + list(self.directives)


@dataclass(frozen=True)
class Process:
    """A main process of httpd, and how it was started."""

    pid: int
    binary: str
    command_line: CommandLine


def parse_command_line(argv: t.Sequence[str]) -> CommandLine:
    """Return what can be taken over from the arguments of a running httpd, without its name."""
    defines: list[str] = []
    directives: list[str] = []
    config_file = server_root = None
    position = 0
    while position < len(argv):
        argument = argv[position]
        position += 1
        if len(argument) < 2 or argument[0] != "-":
            continue
        option = argument[1]
        if option not in _WITH_VALUE:
            continue
        value = argument[2:]
        if not value:
            if position >= len(argv):
                break
            value = argv[position]
            position += 1
        if option == "D" and value not in _HOW_TO_RUN and value not in defines:
            defines.append(value)
        elif option == "f":
            config_file = value
        elif option == "d":
            server_root = value
        elif option in "Cc":
            directives += ["-" + option, value]
    return CommandLine(tuple(defines), config_file, server_root, tuple(directives))


def main_processes(binary: str, *, proc: str = "/proc") -> list[Process]:
    """Return every main process of this binary in our own PID namespace, so none of a container on this host."""
    own_namespace = _link(f"{proc}/self/ns/pid")
    path = os.path.realpath(binary)
    found: dict[int, Process] = {}
    try:
        entries = os.listdir(proc)
    except OSError:
        return []
    for entry in entries:
        if not entry.isdigit() or _executable(proc, entry) != path:
            continue
        if _link(f"{proc}/{entry}/ns/pid") != own_namespace:
            continue
        argv = _command_line(proc, entry)
        if argv:
            found[int(entry)] = Process(int(entry), path, parse_command_line(argv[1:]))
    return [process for pid, process in sorted(found.items()) if _parent(proc, pid) not in found]


def is_httpd(pid: int, binary: str | None, *, proc: str = "/proc") -> bool:
    """Tell whether this process lives and is httpd. A PID file that was left behind may name anything."""
    executable = _executable(proc, str(pid))
    if executable is not None:
        return os.path.basename(executable) in _PROGRAMS or (
            binary is not None and executable == os.path.realpath(binary)
        )
    # Only root may see the executable of another user's process.
    try:
        with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as handle:
            name = handle.read().strip()
        with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as handle:
            state = handle.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    names = _PROGRAMS if binary is None else (*_PROGRAMS, os.path.basename(binary)[:15])
    return name in names and state not in ("Z", "X")


def read_pid(path: str | None) -> int | None:
    """Return the number in a PidFile, None if there is none."""
    if path is None:
        return None
    try:
        with open(path, encoding="ascii", errors="replace") as handle:
            text = handle.read(32).strip()
    except OSError:
        return None
    return int(text) if text.isascii() and text.isdigit() and int(text) > 1 else None


def command_line_of(pid: int, *, proc: str = "/proc") -> CommandLine:
    """Return the options that a running httpd was started with."""
    return parse_command_line(_command_line(proc, str(pid))[1:])


def systemd_is_init(*, marker: str = "/run/systemd/system") -> bool:
    """Tell whether systemd runs this host."""
    return os.path.isdir(marker)


def unit_of(pid: int, *, proc: str = "/proc", timeout: float = 10.0) -> str | None:
    """Return the systemd service whose main process this is."""
    if not systemd_is_init():
        return None
    try:
        with open(f"{proc}/{pid}/cgroup", encoding="utf-8", errors="replace") as handle:
            unit = unit_in_cgroup(handle.read())
    except OSError:
        return None
    if unit is None:
        return None
    # An httpd that was started by hand from another service sits in that service's group.
    try:
        output = run(["systemctl", "show", "--property=MainPID", unit], timeout=timeout)
    except ProcessError:
        return None
    return unit if output.stdout.strip() == f"MainPID={pid}" else None


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
    directories = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
    return any(os.path.exists(os.path.join(directory, name)) for directory in directories for name in names)


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None


def _executable(proc: str, pid: str) -> str | None:
    target = _link(f"{proc}/{pid}/exe")
    # After an upgrade the running binary is one that exists no more.
    return target[: -len(" (deleted)")] if target is not None and target.endswith(" (deleted)") else target


def _command_line(proc: str, pid: str) -> list[str]:
    try:
        with open(f"{proc}/{pid}/cmdline", "rb") as handle:
            data = handle.read(65536)
    except OSError:
        return []
    return [os.fsdecode(word) for word in data.split(b"\0")[:-1]]


def _parent(proc: str, pid: int) -> int | None:
    try:
        with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as handle:
            return int(handle.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None
