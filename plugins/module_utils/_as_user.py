# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Work in a child process that has given up root for another user, and the results that come back.

A firewall may let only httpd's user out (and a sandbox may let only root out), so whoever wants to know what httpd can
reach has to ask as that user.
"""

from __future__ import annotations

import json
import os
import pwd
import select
import signal
import struct
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

Result = dict[str, t.Any]
# A result, and bytes that belong to it.
Emit = t.Callable[[Result, bytes], None]

# Lengths of a result in JSON and of its bytes, before the two of them.
_LENGTHS = struct.Struct("!II")
_LONGEST = 16 * 1024 * 1024


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
    """Return the user with this name or number, or raise UserError if this process may not become it."""
    try:
        entry = pwd.getpwuid(int(user)) if user.isascii() and user.isdigit() else pwd.getpwnam(user)
    except (KeyError, OverflowError, ValueError):
        raise UserError(f"there is no user {user} on this host") from None
    groups = tuple(sorted(os.getgrouplist(entry.pw_name, entry.pw_gid)))
    identity = Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, groups)
    if not identity.is_current and os.geteuid() != 0:
        raise UserError(f"only root can become {entry.pw_name}; use become: true")
    return identity


def run_as(identity: Identity, work: t.Callable[[Emit], None], *, deadline: float) -> t.Iterator[tuple[Result, bytes]]:
    """
    Do the work as that user, and yield each result (JSON values, and bytes) as it comes.

    The child waits while a result is looked at, so no more than one is in memory here. It does not outlive the deadline
    (monotonic clock).
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
                work(lambda result, data: _write(pipe, result, data))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    try:
        yield from _results(reader, deadline)
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


def _write(pipe: t.BinaryIO, result: Result, data: bytes) -> None:
    # JSON and not pickle: the child runs with fewer rights than the one who reads this.
    encoded = json.dumps(result).encode("ascii")
    pipe.write(_LENGTHS.pack(len(encoded), len(data)) + encoded)
    pipe.write(data)
    pipe.flush()


def _results(reader: int, deadline: float) -> t.Iterator[tuple[Result, bytes]]:
    while True:
        lengths = _read(reader, _LENGTHS.size, deadline)
        if lengths is None:
            return
        size, more = _LENGTHS.unpack(lengths)
        encoded = _read(reader, size, deadline) if max(size, more) <= _LONGEST else None
        data = _read(reader, more, deadline) if encoded is not None else None
        if encoded is None or data is None:
            return
        yield json.loads(encoded), data


def _read(reader: int, size: int, deadline: float) -> bytes | None:
    """Read `size` bytes; return None if the child has ended or the time is up."""
    data = bytearray()
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    while len(data) < size:
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poll.poll(remaining * 1000):
            return None
        part = os.read(reader, min(size - len(data), 1024 * 1024))
        if not part:
            return None
        data += part
    return bytes(data)
