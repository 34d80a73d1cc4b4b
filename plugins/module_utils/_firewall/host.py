# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few things that opening the outbound path does to a host: run a tool, resolve names, keep two files.

Standard library only and no Ansible, since the same file also runs from a systemd unit (see _egress_program).
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
import sys
import tempfile
import typing as t
from dataclasses import dataclass

from .errors import FirewallError

SETTINGS_FILE = "/etc/ocsp-egress/settings.json"
ADDRESSES_FILE = "/var/lib/ocsp-egress/addresses.json"
LOCK_FILE = "/run/ocsp-egress.lock"

_SEARCH_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
_FILE_MAX = 4 * 1024 * 1024

# Runs as httpd's user, so that what is resolved is what httpd will see; all names at once, since a dead resolver takes
# its full time for each.
_RESOLVER = """
import concurrent.futures, json, socket, sys
def ask(name):
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return name, [], str(error)
    return name, sorted({item[4][0] for item in found}), ""
names = json.load(sys.stdin)
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    json.dump(list(pool.map(ask, names)), sys.stdout)
"""


@dataclass(frozen=True)
class Completed:
    argv: tuple[str, ...]
    rc: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """The first line of what went wrong, for a message."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[0][:300] if lines else f"exit code {self.rc}"


@dataclass(frozen=True)
class User:
    name: str
    uid: int
    gid: int


def find(tool: str) -> str | None:
    return shutil.which(tool, path=_SEARCH_PATH)


def run(argv: t.Sequence[str], *, stdin: str = "", timeout: float = 60) -> Completed:
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


def user(name: str) -> User | None:
    """The user that rules are limited to, by its number; null for every user."""
    if not name:
        return None
    try:
        entry = pwd.getpwnam(name)
    except (KeyError, ValueError) as error:
        raise FirewallError("unknown_user", f"there is no user {name!r} on this host") from error
    return User(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def resolve(names: t.Sequence[str], *, who: User | None, timeout: float) -> dict[str, tuple[list[str], str]]:
    """Each name's addresses, or the reason why it has none."""
    if not names:
        return {}
    identity: dict[str, t.Any] = {}
    if who is not None and os.geteuid() == 0:
        identity = {"user": who.uid, "group": who.gid, "extra_groups": []}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _RESOLVER],
            input=json.dumps(list(names)),
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd="/",
            check=False,
            **identity,
        )
        found = {name: (addresses, said) for name, addresses, said in json.loads(done.stdout)}
    except subprocess.TimeoutExpired:
        return {name: ([], f"no answer within {timeout:.0f} s") for name in names}
    except (OSError, ValueError, TypeError) as error:
        return {name: ([], f"the resolver could not be run: {error}") for name in names}
    return {name: found.get(name, ([], "no answer")) for name in names}


def nameservers(path: str = "/etc/resolv.conf") -> list[str]:
    text = read(path) or ""
    found = [line.split()[1] for line in text.splitlines() if line.startswith("nameserver") and len(line.split()) > 1]
    return found[:3]  # the resolver uses no more


def read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(_FILE_MAX)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FirewallError("unreadable", f"{path} cannot be read: {error.strerror}") from error


def read_json(path: str) -> dict[str, t.Any]:
    """A file of ours; one that is damaged counts as absent, since it only ever narrows what is open."""
    try:
        value = json.loads(read(path) or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def write(path: str, content: str) -> None:
    """Replace a file of ours as a whole."""
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
    """Remove a file of ours, and its directory when it is ours too and nothing else is in it."""
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
    if content is None:
        remove(path)
    else:
        write(path, content)


@contextlib.contextmanager
def locked() -> t.Iterator[None]:
    """One at a time: a timer and a playbook may come together."""
    try:
        stream = open(LOCK_FILE, "w", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise FirewallError("unwritable", f"{LOCK_FILE} cannot be written: {error.strerror}") from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
