# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a file: enough to tell that writing it again would change nothing."""

from __future__ import annotations

import hashlib
import os
import stat
import typing as t

MANAGED_MODE = 0o644
"""With this mode a managed file is written."""

_LARGEST = 8 * 1024 * 1024


def file_state(path: str) -> dict[str, t.Any] | None:
    """Return digest, mode and owner of a file, None if there is none; `sha256` is None for what is no plain file."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return {
        "path": path,
        "sha256": _sha256(path) if stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST else None,
        "mode": f"{stat.S_IMODE(found.st_mode):04o}",
        "uid": found.st_uid,
        "gid": found.st_gid,
    }


def may_keep_mode(mode: int) -> bool:
    """Tell whether a managed file may stay with this mode: with what it was written, or with less for others.

    Hardening takes others the right to read; httpd reads its configuration as the owner.
    """
    return bool(mode & 0o400) and mode & ~(MANAGED_MODE) == 0


def _sha256(path: str) -> str | None:
    try:
        with open(path, "rb") as handle:
            return hashlib.sha256(handle.read(_LARGEST)).hexdigest()
    except OSError:
        return None
