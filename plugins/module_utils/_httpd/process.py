# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running httpd: which process it is, and what /proc shows of it."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

# Options of httpd that take a value, and the defines that keep it in the foreground and do not change what it serves.
_WITH_VALUE = "DdfCcekET"
_FOREGROUND = ("FOREGROUND", "NO_DETACH", "ONE_PROCESS", "DEBUG")
_OF_ONE_RUN = frozenset(
    (
        "FDSTORE",
        "INVOCATION_ID",
        "JOURNAL_STREAM",
        "LISTEN_FDNAMES",
        "LISTEN_FDS",
        "LISTEN_PID",
        "MAINPID",
        "MANAGERPID",
        "NOTIFY_SOCKET",
        "SYSTEMD_EXEC_PID",
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
    )
)
# An upgrade may have removed the file since.
_MAPPED_MODULE = re.compile(r"^\S+ \S+ \S+ \S+ \d+ +(/.*/mod_\w+\.so)(?: \(deleted\))?$", re.MULTILINE)
_PROGRAMS = ("httpd", "apache2", "httpd.worker", "httpd.event", "httpd-prefork", "httpd-worker", "httpd-event")


@dataclass(frozen=True)
class CommandLine:
    """The options of an httpd that another one needs to see the same configuration."""

    defines: tuple[str, ...] = ()
    config_file: str | None = None
    server_root: str | None = None
    directives: tuple[str, ...] = ()
    foreground: bool = False
    """It stays a child of whoever has started it. This is no option that another httpd needs."""

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
    foreground = False
    position = 0
    while position < len(argv):
        argument = argv[position]
        position += 1
        if len(argument) < 2 or argument[0] != "-":
            continue
        option = argument[1]
        if option not in _WITH_VALUE:
            foreground = foreground or option == "X"
            continue
        value = argument[2:]
        if not value:
            if position >= len(argv):
                break
            value = argv[position]
            position += 1
        if option == "D" and value in _FOREGROUND:
            foreground = True
        elif option == "D" and value not in defines:
            defines.append(value)
        elif option == "f":
            config_file = value
        elif option == "d":
            server_root = value
        elif option in "Cc":
            directives += ["-" + option, value]
    return CommandLine(tuple(defines), config_file, server_root, tuple(directives), foreground)


def running_programs(*, proc: str = "/proc") -> list[str]:
    """Return the path of every httpd that runs in our own PID namespace, each once."""
    own_namespace = _link(f"{proc}/self/ns/pid")
    found = {
        executable: None
        for entry in _entries(proc)
        if (executable := _executable(proc, entry)) is not None
        and os.path.basename(executable) in _PROGRAMS
        and _link(f"{proc}/{entry}/ns/pid") == own_namespace
    }
    return list(found)


def main_processes(binary: str, *, proc: str = "/proc") -> list[Process]:
    """Return every main process of this binary in our own PID namespace, so none of a container on this host."""
    own_namespace = _link(f"{proc}/self/ns/pid")
    path = os.path.realpath(binary)
    found: dict[int, Process] = {}
    for entry in _entries(proc):
        if _executable(proc, entry) != path:
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
    name = program_of(pid, proc=proc)
    try:
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
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def command_line_of(pid: int, *, proc: str = "/proc") -> CommandLine:
    """Return the options that a running httpd was started with."""
    return parse_command_line(_command_line(proc, str(pid))[1:])


def environment_of(pid: int, *, proc: str = "/proc") -> dict[str, str] | None:
    """Return the environment that an httpd was started with, None if it cannot be seen.

    It may hold secrets, so nothing of it belongs into a result. What systemd gives to one run of a service is left
    out: another httpd must not answer in its place.
    """
    try:
        with open(f"{proc}/{pid}/environ", "rb") as handle:
            data = handle.read()
    except OSError:
        return None
    entries = [os.fsdecode(entry).partition("=") for entry in data.split(b"\0") if entry]
    found = {name: value for name, separator, value in entries if name and separator and name not in _OF_ONE_RUN}
    return found or None


def modules_dir_of(pid: int, *, proc: str = "/proc") -> str | None:
    """Return the directory from which an httpd has loaded mod_ssl, or else any module."""
    try:
        with open(f"{proc}/{pid}/maps", "rb") as handle:
            text = os.fsdecode(handle.read())
    except OSError:
        return None
    paths = list(dict.fromkeys(_MAPPED_MODULE.findall(text)))
    chosen = [path for path in paths if path.endswith("/mod_ssl.so")] or paths
    return os.path.dirname(chosen[0]) if chosen else None


def serving_uid(pid: int, binary: str, *, proc: str = "/proc") -> int | None:
    """Return the user ID of the processes that answer requests, None if it is that of root or cannot be seen.

    `User` of the configuration is not looked at by an httpd that was not started as root.
    """
    path = os.path.realpath(binary)
    children = [
        entry
        for entry in _entries(proc)
        if _parent(proc, int(entry)) == pid and _executable(proc, entry) in (path, None)
    ]
    found = [uid for uid in (_uid(proc, entry) for entry in [*children, str(pid)]) if uid]
    return max(found, key=found.count) if found else None


def ancestors_of(pid: int, *, proc: str = "/proc") -> list[int]:
    """Return the process IDs of the parent, its parent and so on."""
    found: list[int] = []
    parent = _parent(proc, pid)
    while parent and parent not in found:
        found.append(parent)
        parent = _parent(proc, parent)
    return found


def arguments_of(pid: int, *, proc: str = "/proc") -> list[str]:
    """Return the command line of a process, nothing if it cannot be seen."""
    return _command_line(proc, str(pid))


def program_of(pid: int, *, proc: str = "/proc") -> str:
    """Return the name of the program that a process runs, as the kernel keeps it (15 characters at the most)."""
    try:
        with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as handle:
            return handle.read().rstrip("\n")
    except OSError:
        return ""


def _entries(proc: str) -> list[str]:
    try:
        return [entry for entry in os.listdir(proc) if entry.isdigit()]
    except OSError:
        return []


def _uid(proc: str, pid: str) -> int | None:
    """Return the effective user ID of a process."""
    try:
        with open(f"{proc}/{pid}/status", encoding="utf-8", errors="replace") as handle:
            match = re.search(r"^Uid:\s+\d+\s+(\d+)", handle.read(), re.MULTILINE)
    except OSError:
        return None
    return int(match.group(1)) if match else None


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
