# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Runs a piece of work in a child process that has given up root for another user, and brings the results back.

A firewall may let only httpd's user out (and a sandbox may let only root out), so whoever wants to know what httpd can
reach has to ask as that user.
"""

from __future__ import annotations

import json
import os
import pwd
import select
import signal
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

Result = dict[str, t.Any]
Emit = t.Callable[[Result], None]

_MAXIMUM_OUTPUT = 512 * 1024 * 1024


class UserError(StaplingError):
    """Not possible to become that user; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__("unknown_user", message)


@dataclass(frozen=True)
class Identity:
    """A user as the kernel knows it."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]

    @property
    def is_current(self) -> bool:
        return os.geteuid() == self.uid


def identity_of(user: str) -> Identity:
    """The user with this name or number, if we may become it."""
    try:
        entry = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except (KeyError, OverflowError):
        raise UserError(f"there is no user {user} on this host") from None
    groups = tuple(sorted(os.getgrouplist(entry.pw_name, entry.pw_gid)))
    identity = Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, groups)
    if not identity.is_current and os.geteuid() != 0:
        raise UserError(f"only root can become {entry.pw_name}; use become: true")
    return identity


def run_as(identity: Identity, work: t.Callable[[Emit], None], *, deadline: float) -> list[Result]:
    """
    Do the work as that user. It hands over each result (JSON values) as it is there.

    Whatever is there at the deadline (monotonic clock) is returned; the child does not outlive it.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # Only os._exit() from here on: this is a copy of the module, and nothing of it may run twice.
        try:
            os.close(reader)
            _silence()
            _become(identity)
            with os.fdopen(writer, "wb") as pipe:
                work(lambda result: _write(pipe, result))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    try:
        return _collect(reader, deadline)
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _silence() -> None:
    # A module's standard output is its result.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def _become(identity: Identity) -> None:
    if not identity.is_current:
        os.setgroups(identity.groups)
        os.setgid(identity.gid)
        os.setuid(identity.uid)
    os.chdir("/")


def _write(pipe: t.BinaryIO, result: Result) -> None:
    # JSON and not pickle: the child runs with fewer rights than the one who reads this.
    pipe.write(json.dumps(result).encode("ascii") + b"\n")
    pipe.flush()


def _collect(reader: int, deadline: float) -> list[Result]:
    parts: list[bytes] = []
    size = 0
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    while size < _MAXIMUM_OUTPUT:
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poll.poll(remaining * 1000):
            break
        part = os.read(reader, 1024 * 1024)
        if not part:
            break
        parts.append(part)
        size += len(part)
    lines = b"".join(parts).split(b"\n")
    # What comes after the last line end was cut off by the deadline.
    return [json.loads(line) for line in lines[:-1]]
