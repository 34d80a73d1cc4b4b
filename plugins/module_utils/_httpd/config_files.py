# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of httpd's configuration before anything is written: what is in them, and what will be."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import struct
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._drop_in import include_line
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._file_state import may_keep_mode
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhost_block import (
    Edit,
    VhostBlockError,
    apply_edits,
    split_lines,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import LARGEST_CONFIGURATION_FILE
from ansible_collections.stapling.httpd.plugins.module_utils._markers import BEGIN, DROP_IN, END

BEFORE, DROP_IN_ITSELF, INCLUDE, AFTER = "before", "drop_in", "include", "after"
MOMENTS = (BEFORE, DROP_IN_ITSELF, INCLUDE, AFTER)
"""The moments of a change, in the order in which each is safe: edits, the drop-in, its Include, edits.

The Include is optional, so the drop-in goes before the line that includes it; so it does when both are taken out.
"""

# ioctl FS_IOC_GETFLAGS and its flags, as linux/fs.h defines them.
_GET_FLAGS = 0x80006601 | struct.calcsize("l") << 16
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20

# What is not UTF-8 in the output of httpd is shown like this.
_ESCAPED_BYTE = re.compile(r"\\(?:x|udc)[89a-f][0-9a-f]")

Edits = t.Iterable[t.Mapping[str, t.Any]]


class RefusedError(StaplingError):
    """The change cannot be made; nothing has been written."""


@dataclass(frozen=True)
class Target:
    """A file by its real path, with its content as found and at each moment; null stands for no file.

    `managed` says that the whole file is the collection's: it gets the mode and the owner that such a file has. `whole`
    says that it is a configuration by itself, which can be judged without the others.
    """

    path: str
    found: bytes | None
    contents: t.Mapping[str, bytes | None]
    managed: bool = False
    whole: bool = False
    wrong_mode: bool = False

    @property
    def changes(self) -> bool:
        """Whether the file will be another one in the end."""
        return self.wrong_mode or self.contents[AFTER] != self.found


def read_file(path: str) -> bytes:
    """Return the content of a configuration file, or raise RefusedError."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError("not_a_file", f"{path} is not a regular file")
        if status.st_size > LARGEST_CONFIGURATION_FILE:
            raise RefusedError("too_large", f"{path} has {status.st_size} bytes, too many for a configuration file")
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        if _ESCAPED_BYTE.search(path):
            raise RefusedError(
                "not_found",
                f"the name of {path} is not UTF-8 and cannot be handed on; rename the file or its directory",
            ) from None
        raise RefusedError("not_found", f"{path} does not exist") from None
    except OSError as error:
        raise RefusedError("unreadable", f"{path} cannot be read: {error.strerror}") from None


def edit_targets(
    before: Edits,
    after: Edits = (),
    *,
    include_in: str | None = None,
    include: str | None = None,
    config_file: str | None = None,
) -> list[Target]:
    """Return the site's files with these edits, and with or without the line that includes the drop-in.

    All lines of edits are those of the files as they are found. `include_in` is the file with that line, `include` the
    drop-in that it names; null takes the line out. `config_file` is the main file, which `include_in` is where null.
    """
    first, last = _by_real_path(before), _by_real_path(after)
    main = os.path.realpath(include_in) if include_in is not None else None
    whole = os.path.realpath(config_file) if config_file is not None else main
    targets = []
    for path in dict.fromkeys([*first, *([main] if main is not None else []), *last]):
        found = read_file(path)
        edited = _edited(path, found, first.get(path, []))
        final = _edited(path, found, first.get(path, []) + last.get(path, []))
        contents: dict[str, bytes | None] = {BEFORE: edited, DROP_IN_ITSELF: edited, INCLUDE: edited, AFTER: final}
        if path == main:
            contents.update({INCLUDE: with_include(edited, include), AFTER: with_include(final, include)})
        targets.append(Target(path, found, contents, whole=path == whole))
    return targets


def drop_in_target(path: str, content: bytes | None) -> Target:
    """Return the drop-in with this content; null takes it out."""
    if not os.path.isabs(path):
        raise RefusedError("not_absolute", f"{path} is not an absolute path")
    if os.path.islink(path):
        raise RefusedError(
            "is_a_link",
            f"{path} is a symbolic link, and a plain file is expected there; remove it, or name another file",
        )
    found = read_file(path) if os.path.lexists(path) else None
    wrong_mode = False
    if found is not None and content is not None:
        status = os.stat(path)
        wrong_mode = status.st_uid != os.geteuid() or not may_keep_mode(stat.S_IMODE(status.st_mode))
    contents = {BEFORE: found, DROP_IN_ITSELF: content, INCLUDE: content, AFTER: content}
    return Target(path, found, contents, managed=True, wrong_mode=wrong_mode)


def _by_real_path(edits: Edits) -> dict[str, list[t.Mapping[str, t.Any]]]:
    """Return the edits by real path: several links may lead to one file, and it must be written once."""
    by_path: dict[str, list[t.Mapping[str, t.Any]]] = {}
    for edit in edits:
        file = edit["file"]
        if file.startswith("macro "):
            raise RefusedError("macro_generated", f"{file} is a section that a macro generates; edit the macro by hand")
        if not os.path.isabs(file):
            raise RefusedError("not_absolute", f"{file} is not an absolute path")
        by_path.setdefault(os.path.realpath(file), []).append(edit)
    return by_path


def _edited(path: str, content: bytes, edits: t.Sequence[t.Mapping[str, t.Any]]) -> bytes:
    try:
        return apply_edits(content, [Edit(line=edit["line"], state=edit["state"]) for edit in edits])
    except VhostBlockError as error:
        name = next((edit["vhost"] for edit in edits if edit["line"] == error.line and edit.get("vhost")), None)
        raise RefusedError(error.code, f"{path}: {error.message}{f' ({name})' if name else ''}") from None


def with_include(content: bytes, drop_in: str | None) -> bytes:
    """Return the content with the line that includes the drop-in, between marks at its end; null takes it out.

    A block that is there already stays in its place. Lines that somebody else has written into it stay.
    """
    lines = split_lines(content)
    place = _include_block(lines)
    if drop_in is None:
        return b"".join(lines if place is None else _without_block(lines, *place))
    line = f"{include_line(drop_in)}\n".encode()
    block = [f"{BEGIN}\n".encode(), line, f"{END}\n".encode()]
    if place is None:
        # A file whose last line has no end gets one that has none either: so it is known what has to come back.
        if lines and not lines[-1].endswith(b"\n"):
            lines[-1] += b"\n"
            block[2] = END.encode()
        return b"".join(lines + block)
    first, last = place
    others = [other for other in lines[first + 1 : last] if not _includes_drop_in(other)]
    lines[first : last + 1] = [block[0], *others, line, END.encode() + _ending(lines[last])]
    return b"".join(lines)


def _without_block(lines: t.Sequence[bytes], first: int, last: int) -> list[bytes]:
    """Return the lines without the block between these marks, but with what somebody else has written into it."""
    others = [line for line in lines[first + 1 : last] if not _includes_drop_in(line)]
    kept = [*lines[:first], *others, *lines[last + 1 :]]
    if kept and not lines[last].endswith(b"\n"):
        kept[-1] = kept[-1][: -len(_ending(kept[-1])) or None]
    return kept


def _ending(line: bytes) -> bytes:
    return b"\n" if line.endswith(b"\n") else b""


def _include_block(lines: t.Sequence[bytes]) -> tuple[int, int] | None:
    """Return the places of the marks around the line that includes the drop-in."""
    first = None
    for number, line in enumerate(lines):
        if line.strip() == BEGIN.encode():
            first = number
        elif line.strip() == END.encode():
            if first is not None and any(_includes_drop_in(inside) for inside in lines[first:number]):
                return first, number
            first = None
    return None


def _includes_drop_in(line: bytes) -> bool:
    words = line.strip().split(None, 1)
    return (
        len(words) == 2
        and words[0].lower() in (b"include", b"includeoptional")
        and os.path.basename(words[1].strip(b"\"'")) == DROP_IN.encode()
    )


def refuse_unwritable(targets: t.Iterable[Target]) -> None:
    """Raise RefusedError where a file that changes cannot be replaced, before the first of them is written."""
    mounted = _mount_points()
    for target in targets:
        if target.changes:
            _refuse_unwritable(os.path.realpath(target.path), mounted)


def _refuse_unwritable(path: str, mounted: t.Container[str]) -> None:
    directory = os.path.dirname(path)
    if not os.path.isdir(directory):
        raise RefusedError("not_found", f"{directory} is not a directory, so {path} cannot be written")
    for place in (directory, path):
        if _flags(place) & (_IMMUTABLE | _APPEND_ONLY):
            raise RefusedError(
                "not_writable", f"{place} is protected by chattr; take the attribute i or a away first (chattr -i -a)"
            )
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        raise RefusedError(
            "not_writable",
            f"{directory} is on a file system that is mounted read-only, so {path} cannot be replaced; make it "
            "writable, or make the change where the file system is made",
        )
    if path in mounted:
        raise RefusedError(
            "not_writable",
            f"{path} is mounted as a single file, so it cannot be replaced; mount its directory instead, or make the "
            "change where the file comes from",
        )
    if not os.access(directory, os.W_OK):
        raise RefusedError("not_writable", f"{directory} cannot be written, so {path} cannot be replaced; use become")


def _mount_points() -> frozenset[str]:
    """Return every path on which something is mounted, nothing where the kernel does not say (proc(5), mountinfo)."""
    try:
        with open("/proc/self/mountinfo", "rb") as stream:
            places = [line.split()[4] for line in stream if line.count(b" ") > 4]
    except OSError:
        return frozenset()
    # Blanks and backslashes in it are written as three octal digits.
    return frozenset(
        os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match.group(1), 8) & 0xFF]), place))
        for place in places
    )


def _flags(path: str) -> int:
    """Return the attributes of chattr; nothing where the file system has none."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return 0
    try:
        return int(struct.unpack("l", fcntl.ioctl(handle, _GET_FLAGS, struct.pack("l", 0)))[0])
    except OSError:
        return 0
    finally:
        os.close(handle)
