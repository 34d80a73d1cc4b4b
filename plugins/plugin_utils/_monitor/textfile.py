# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory that node_exporter reads, and files that are there as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

FILE = "httpd_ocsp.prom"
# What Debian and Ubuntu have compiled into their exporter.
DEBIAN_DIRECTORY = "/var/lib/prometheus/node-exporter"

_OPTION = "--collector.textfile.directory"
_MODE = 0o644


class WriteError(StaplingError):
    """A file that could not be written; what was there before is there still."""


def find_directory(*, proc: str = "/proc", default: str = DEBIAN_DIRECTORY) -> str | None:
    """Return where the running exporter reads metrics, or the directory of Debian's if it is there, else None."""
    for arguments in _exporters(proc):
        for number, argument in enumerate(arguments):
            name, separator, value = argument.lstrip("-").partition("=")
            if f"--{name}" == _OPTION:
                # The option of Go's flags and of kingpin: as one word or as two.
                value = value if separator else next(iter(arguments[number + 1 :]), "")
                if os.path.isabs(value):
                    return value
    return default if os.path.isdir(default) else None


def _exporters(proc: str) -> list[list[str]]:
    """Return the command lines of every node_exporter that runs."""
    found = []
    for name in sorted(os.listdir(proc)):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError), open(os.path.join(proc, name, "cmdline"), "rb") as stream:
            words = os.fsdecode(stream.read(65536)).split("\0")
            if os.path.basename(words[0]).replace("-", "_").endswith("node_exporter"):
                found.append(words[1:])
    return found


def remove(path: str) -> None:
    """Remove a file that may be gone already. Raises WriteError."""
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise WriteError("not_removed", f"{path} cannot be removed: {error.strerror}") from error


def write_whole(path: str, text: str) -> None:
    """Write a file that everybody may read, by a rename within its directory. Raises WriteError."""
    directory = os.path.dirname(path)
    scratch = None
    try:
        # Without the ending .prom, nobody reads it half-written; by a name of chance, no link can wait for it.
        handle, scratch = tempfile.mkstemp(dir=directory, prefix=f".{os.path.basename(path)}.", suffix=".new")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), _MODE)
            os.fsync(stream.fileno())
        os.replace(scratch, path)
    except OSError as error:
        if scratch is not None:
            with contextlib.suppress(OSError):
                os.unlink(scratch)
        raise WriteError("not_written", f"{path} cannot be written: {error.strerror}") from error
