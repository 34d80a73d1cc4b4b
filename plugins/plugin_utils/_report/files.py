# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a report on the controller: written whole or not at all, and lines that are appended."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

LINES: Final = "report.jsonl"
SELECTION: Final = "selection.json"
RETRY: Final = "report.retry"

_MODE = 0o644


def check_directory(directory: str) -> None:
    """Make the directory if it is not there, and fail with a sentence if no file can be written in it."""
    try:
        os.makedirs(directory, exist_ok=True)
        path = _temporary(directory, "check")
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE))
        os.unlink(path)
    except OSError as error:
        raise StaplingError(
            "report_dir_unwritable",
            f"The report directory {directory!r} cannot be written to ({error.strerror}): make it writable for the user"
            " who runs the playbook, or name another one with ocsp_stapling_report_dir.",
        ) from error


def replace_files(directory: str, contents: Mapping[str, str]) -> list[dict[str, Any]]:
    """Write files into the directory, all of them or none, and return path, bytes and sha256 of each.

    The files of before stay whole until every new one is on the disk.
    """
    written: dict[str, str] = {}
    results = []
    try:
        for name, text in contents.items():
            content = text.encode("utf-8")
            written[name] = _temporary(directory, name)
            _write(written[name], content)
            path = os.path.join(directory, name)
            results.append({"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
        for name, path in list(written.items()):
            os.replace(path, os.path.join(directory, name))
            del written[name]
        _sync_directory(directory)
    except OSError as error:
        raise StaplingError(
            "report_unwritable",
            f"The report in {directory!r} could not be written ({error.strerror}); the former files are as they were.",
        ) from error
    finally:
        for path in written.values():
            _remove(path)
    return results


def remove_file(directory: str, name: str) -> None:
    """Remove a file of an earlier report that this one does not have."""
    _remove(os.path.join(directory, name))


def append_lines(path: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Append a line of JSON for each record, and return when they are on the disk.

    Writers take turns, so lines of several controllers never mix. If the disk is full, the file stays as it was.
    """
    content = "".join(f"{to_json(record)}\n" for record in records).encode()
    if not content:
        return
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _append(handle, content)
        finally:
            os.close(handle)
    except OSError as error:
        raise StaplingError(
            "report_unwritable", f"A line could not be appended to {path!r} ({error.strerror})."
        ) from error


def _append(handle: int, content: bytes) -> None:
    size = os.fstat(handle).st_size
    # A writer that was killed in the middle of a line must not spoil the next one.
    if size and os.pread(handle, 1, size - 1) != b"\n":
        content = b"\n" + content
    try:
        _write_all(handle, content)
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise


def read_lines(path: str) -> Iterator[tuple[int, Any]]:
    """Yield number and content of each line of JSON that is not empty; for one that cannot be read, a ValueError."""
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except (ValueError, RecursionError) as error:
                    yield number, ValueError(f"it is no JSON ({error})")


def to_json(value: Any) -> str:
    """Return compact JSON in ASCII: no name of a server can break out of a line."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _temporary(directory: str, name: str) -> str:
    return os.path.join(directory, f".{name}.{os.getpid()}.new")


def _write(path: str, content: bytes) -> None:
    _remove(path)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        os.fchmod(handle, _MODE)
        _write_all(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def _sync_directory(directory: str) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
