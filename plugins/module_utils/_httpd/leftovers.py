# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces of an interrupted run: copies of files, and files that the running httpd has not read yet."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhost_block import without_managed
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import LARGEST_CONFIGURATION_FILE
from ansible_collections.stapling.httpd.plugins.module_utils._markers import DROP_IN, MANAGED_FILE

# NAME.PID.DATE~ is what Ansible calls a copy, with a dot before it what httpd_vhost_stapling does.
_COPY = re.compile(r"(?P<name>.+)\.\d+\.(?P<date>\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d)~\Z")
_INCLUDE = re.compile(rb"Include(?:Optional)? \"[^\"]*/%s\"\s*\Z" % re.escape(DROP_IN.encode()))


@dataclass(frozen=True)
class Leftover:
    """A copy that nobody needs any more, and the file that it was made of."""

    path: str
    backup_file: str
    date: str


def is_copy_name(path: str) -> bool:
    """Return whether a file has the name of a copy that a run keeps."""
    return _COPY.match(os.path.basename(path)) is not None


def leftovers(files: t.Iterable[str], *, main: str | None, directories: t.Iterable[str] = ()) -> list[Leftover]:
    """Return the copies beside these files that a run would have removed at its end, newest first.

    Only a copy that holds nothing but what its file holds, managed lines aside, is one: a person's copy stays.
    """
    places = {os.path.realpath(directory) for directory in directories}
    for file in files:
        places.update((os.path.realpath(os.path.dirname(file)), os.path.dirname(os.path.realpath(file))))
    main_file = os.path.realpath(main) if main is not None else None
    found: list[Leftover] = []
    for place in sorted(places):
        try:
            names = os.listdir(place)
        except OSError:
            continue
        for name in names:
            match = _COPY.match(name)
            if match is None:
                continue
            copy = os.path.join(place, name)
            path = _is_copy_of(copy, place, match.group("name"), main_file)
            if path is not None:
                found.append(Leftover(path, copy, match.group("date")))
    return sorted(found, key=lambda copy: (copy.date, copy.backup_file), reverse=True)


def _is_copy_of(copy: str, place: str, name: str, main: str | None) -> str | None:
    content = _read(copy)
    if content is None:
        return None
    if content.startswith(MANAGED_FILE.encode()):
        return os.path.join(place, name)
    path = os.path.join(place, name[1:] if name.startswith(".") else name)
    if not name.startswith(".") and path != main:
        return None
    original = _read(path)
    return path if original is not None and _site_part(original) == _site_part(content) else None


def _site_part(content: bytes) -> bytes:
    """Return what is not managed. Whoever adds a line to a file that does not end in one has to end the last one."""
    return b"".join(line for line in without_managed(content) if not _INCLUDE.match(line)).rstrip(b"\r\n")


def _read(path: str) -> bytes | None:
    try:
        if os.path.islink(path) or os.path.getsize(path) > LARGEST_CONFIGURATION_FILE:
            return None
        with open(path, "rb") as handle:
            return handle.read()
    except OSError:
        return None


def unread(files: t.Iterable[str], *, pid_file: str | None) -> list[str]:
    """Return those of the files that have changed since the running httpd has read them.

    httpd writes its PID file whenever it has taken up its configuration, at a start and at every reload.
    """
    taken_up = read_at(pid_file)
    return [file for file in files if (_changed(file) or 0) > taken_up] if taken_up is not None else []


def read_at(pid_file: str | None) -> int | None:
    """Return when the running httpd has read its configuration, in nanoseconds, None if that is not known."""
    return _changed(pid_file) if pid_file is not None else None


def _changed(file: str) -> int | None:
    try:
        return os.stat(file).st_mtime_ns
    except OSError:
        return None
