# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of the drop-ins that hold the stapling cache of an httpd, kept outside of its configuration.

Whoever removes such a file from the configuration leaves an httpd that runs with a cache and would not survive a reload
without one, and nothing in the configuration shows it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.leftovers import read_at
from ansible_collections.stapling.httpd.plugins.module_utils._process import ProcessError, run

DIRECTORY = "/var/lib/ocsp-stapling"

_CACHE = b"\nSSLStaplingCache "
_LARGEST = 64 * 1024


def keep_record(path: str, *, pid_file: str | None, directory: str = DIRECTORY) -> None:
    """Write down that this httpd has its cache from the drop-in, or that it has not; the drop-in itself tells.

    A record that cannot be written is done without: it is for the case that somebody else removes the drop-in.
    """
    if pid_file is None:
        return
    record = _record(path, directory)
    with contextlib.suppress(OSError):
        if _CACHE in _read(path):
            os.makedirs(directory, mode=0o755, exist_ok=True)
            with open(f"{record}.new", "w", encoding="ascii") as stream:
                json.dump({"path": path, "pid_file": pid_file}, stream)
            os.replace(f"{record}.new", record)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(record)
            os.rmdir(directory)


def lost_drop_ins(pid_file: str | None, *, directory: str = DIRECTORY) -> list[str]:
    """Return the drop-ins with the cache of this httpd that something else has removed."""
    return [path for path in _recorded(pid_file, directory) if not os.path.lexists(path)]


def rewritten_drop_ins(pid_file: str | None, *, reads_cache: bool, directory: str = DIRECTORY) -> list[str]:
    """Return the drop-ins that are there, though httpd would read no cache from them.

    `reads_cache` tells whether the configuration as it stands now has a managed SSLStaplingCache.
    """
    if reads_cache:
        return []
    return [path for path in _recorded(pid_file, directory) if os.path.lexists(path)]


def lost_since_read(lost: t.Iterable[str], *, pid_file: str | None) -> bool:
    """Tell whether one of them may have been there when the running httpd has read its configuration."""
    taken_up = read_at(pid_file)
    if taken_up is None:
        return False
    return any(_changed(os.path.dirname(path)) > taken_up for path in lost)


def has_failed(unit: str | None, *, pid_file: str | None, timeout: float = 10.0) -> bool:
    """Tell whether an httpd that does not run has ended by itself, and was not stopped by somebody.

    systemd says so of its units; any other one has had no time to remove its PID file.
    """
    if unit is None:
        return pid_file is not None and os.path.exists(pid_file)
    try:
        return run(["systemctl", "is-failed", "--quiet", "--", unit], timeout=timeout).code == 0
    except ProcessError:
        return False


def _record(path: str, directory: str) -> str:
    return os.path.join(directory, f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json")


def _recorded(pid_file: str | None, directory: str) -> list[str]:
    """Return the drop-ins from which the httpd with this PID file has its cache."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return []
    entries = [_entry(os.path.join(directory, name)) for name in names]
    return [entry["path"] for entry in entries if pid_file is not None and entry.get("pid_file") == pid_file]


def _entry(record: str) -> dict[str, t.Any]:
    try:
        entry = json.loads(_read(record))
    except (OSError, ValueError):
        return {}
    return entry if isinstance(entry, dict) and os.path.isabs(str(entry.get("path"))) else {}


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(_LARGEST)
    except FileNotFoundError:
        return b""


def _changed(directory: str) -> float:
    """Return when something was last added to the directory or removed; one that is gone has changed."""
    try:
        return os.stat(directory).st_mtime_ns
    except OSError:
        return float("inf")
