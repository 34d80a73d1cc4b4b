# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What work on a firewall does to a host: run a tool, read and write a small file, wait for its turn.

Standard library only and no Ansible, since the same file also runs from a systemd unit (see program).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import typing as t
from dataclasses import dataclass

from .errors import FirewallError

LOCK_FILE = "/run/ocsp-egress.lock"

_SEARCH_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
_FILE_MAX = 4 * 1024 * 1024


@dataclass(frozen=True)
class Completed:
    """A program that has ended, and what it printed."""

    argv: tuple[str, ...]
    rc: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """Return the first line of its complaint."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[0][:300] if lines else f"exit code {self.rc}"


@dataclass(frozen=True)
class User:
    """A user of this host."""

    name: str
    uid: int
    gid: int


def find(tool: str) -> str | None:
    """Return the path of a tool, or None where it is not installed."""
    return shutil.which(tool, path=_SEARCH_PATH)


def run(argv: t.Sequence[str], *, stdin: str = "", timeout: float = 60) -> Completed:
    """Run a tool to its end; raise FirewallError if it takes longer than `timeout` seconds or cannot be run."""
    environment = {"PATH": _SEARCH_PATH, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            list(argv),
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FirewallError("tool_hangs", f"{argv[0]} did not end within {timeout:.0f} s") from error
    except OSError as error:
        raise FirewallError("no_firewall_tool", f"{argv[0]} cannot be run: {error}") from error
    return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)


def require_root() -> None:
    """Raise FirewallError for everybody but root."""
    if os.geteuid() != 0:
        raise FirewallError("not_root", "changing a firewall needs root; become: true")


def runs_systemd() -> bool:
    """Tell whether systemd runs this host, as sd_booted(3) does."""
    return exists("/run/systemd/system")


def user(name: str) -> User | None:
    """Return the user of that name, None for an empty name; raise FirewallError where there is no such user."""
    if not name:
        return None
    try:
        entry = pwd.getpwnam(name)
    except (KeyError, ValueError) as error:
        raise FirewallError("unknown_user", f"there is no user {name!r} on this host") from error
    return User(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def exists(path: str) -> bool:
    """Tell whether there is a file of that name."""
    return os.path.exists(path)


def read(path: str) -> str | None:
    """Return the content of a file, None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(_FILE_MAX)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FirewallError("unreadable", f"{path} cannot be read: {error.strerror}") from error


def read_json(path: str) -> dict[str, t.Any]:
    """Return what the collection keeps in a file; a damaged one counts as absent, since it can only close."""
    try:
        value = json.loads(read(path) or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def write(path: str, content: str) -> None:
    """Replace a file as a whole; its owner and mode stay, a new one gets 0644."""
    directory = os.path.dirname(path)
    temporary = ""
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=directory, prefix=".ocsp-egress-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            before = os.stat(path)
            os.chown(temporary, before.st_uid, before.st_gid)
            os.chmod(temporary, before.st_mode & 0o7777)
        except FileNotFoundError:
            os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        code = "read_only" if error.errno == errno.EROFS else "unwritable"
        raise FirewallError(code, f"{path} cannot be written: {error.strerror}") from error


def remove(path: str, *, directory: bool = True) -> None:
    """Remove a file, and its directory too when nothing else is in it."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        code = "read_only" if error.errno == errno.EROFS else "unwritable"
        raise FirewallError(code, f"{path} cannot be removed: {error.strerror}") from error
    if directory:
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(path))


def put_back(path: str, content: str | None) -> None:
    """Write a file, or remove it where there is no content."""
    if content is None:
        remove(path)
    else:
        write(path, content)


@contextlib.contextmanager
def locked() -> t.Iterator[None]:
    """Wait for the only lock: a timer and a playbook may come together."""
    try:
        stream = open(LOCK_FILE, "w", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise FirewallError("unwritable", f"{LOCK_FILE} cannot be written: {error.strerror}") from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
