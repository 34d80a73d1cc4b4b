# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Editor of one SSLUseStapling line in a <VirtualHost> section of a file, undone byte for byte.

Everything here works on bytes: a configuration file has no declared encoding, may mix line endings, and must come back
exactly as it was. Lines are counted and joined as httpd does it: a backslash before the line's end joins the next one
to it, even in a comment, and a section's line is the last one of its joined opening line.

The managed directive goes to the end of the section, where it counts. A line of the site's own that says otherwise
becomes a comment, whole and in its place, from which it is restored.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._markers import BEGIN, END, is_begin, is_end

STATES = ("on", "off", "absent")
DIRECTIVE = "SSLUseStapling"

_WAS = b"# was: "
_INCLUDES = (b"include", b"includeoptional", b"use")
_BOM = b"\xef\xbb\xbf"


class VhostBlockError(StaplingError):
    """A section that cannot be edited; the code is a stable word."""

    def __init__(self, code: str, message: str, *, line: int | None = None) -> None:
        super().__init__(code, message)
        self.line = line


@dataclass(frozen=True)
class Edit:
    """The state that a section is to have, which httpd names by this line (counted from 1)."""

    line: int
    state: str


@dataclass(frozen=True)
class _Statement:
    """Physical lines `first` to `last` (both included, counted from 0) that httpd reads as one, and their text."""

    first: int
    last: int
    text: bytes

    @property
    def word(self) -> bytes:
        """Return the directive or the tag, in lower case; nothing for a comment."""
        words = self.text.split(None, 1)
        word = words[0].lower() if words else b""
        return b"" if word.startswith(b"#") else word

    @property
    def argument(self) -> bytes:
        words = self.text.split(None, 1)
        return words[1].strip().strip(b"\"'").lower() if len(words) > 1 else b""

    @property
    def opens(self) -> bytes | None:
        """Return the name of the section that it opens; "< VirtualHost" is none for httpd."""
        return self.word[1:].rstrip(b">") if self.word.startswith(b"<") and not self.word.startswith(b"</") else None

    @property
    def closes(self) -> bytes | None:
        return self.word[2:].rstrip(b">") if self.word.startswith(b"</") else None


def apply_edits(data: bytes, edits: t.Iterable[Edit]) -> bytes:
    """Return the file's content with every edit made. All lines are those of the content as it is given."""
    requested: dict[int, str] = {}
    for edit in edits:
        if edit.state not in STATES:
            raise VhostBlockError("invalid_state", f"{edit.state!r} is not one of {', '.join(STATES)}", line=edit.line)
        if requested.setdefault(edit.line, edit.state) != edit.state:
            raise VhostBlockError(
                "conflicting_edits",
                f"line {edit.line} is to be both {requested[edit.line]} and {edit.state}",
                line=edit.line,
            )
    lines = split_lines(data)
    blocks = {line: _find_block(lines, line) for line in requested}
    # From the bottom up, so that the places further up stay where they are.
    for line, (first, last) in sorted(blocks.items(), key=lambda item: item[1], reverse=True):
        lines[first:last] = _edit_body(
            lines[first:last], requested[line], opening=lines[first - 1], closing=lines[last]
        )
    return b"".join(lines)


def without_managed(data: bytes) -> list[bytes]:
    """Return the lines of a whole file as they would be without the collection."""
    return _without_managed(split_lines(data))


def replaced_setting(data: bytes, line: int) -> tuple[int, str] | None:
    """Return line and argument of the site's own SSLUseStapling that a managed one has made a comment, or None.

    `line` is that of the section. What is behind the managed line is still what the site has decided.
    """
    lines = split_lines(data)
    first, last = _find_block(lines, line)
    found = None
    for statement in _statements([line.removeprefix(_WAS) if line.startswith(_WAS) else b"#\n" for line in lines]):
        if first <= statement.first < last and statement.word == DIRECTIVE.lower().encode():
            found = statement.first + 1, statement.argument.decode("ascii", "replace")
    return found


def split_lines(data: bytes) -> list[bytes]:
    """Split into physical lines with their endings. Only a line feed ends a line, as in httpd."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _statements(lines: t.Sequence[bytes]) -> t.Iterator[_Statement]:
    first = 0
    text = b""
    for number, line in enumerate(lines):
        content = _content(line)
        if number == 0 and content.startswith(_BOM):
            content = content[len(_BOM) :]
        if line.endswith(b"\n") and content.endswith(b"\\"):
            text += content[:-1]
            continue
        yield _Statement(first=first, last=number, text=(text + content).strip())
        first, text = number + 1, b""
    if first < len(lines):
        yield _Statement(first=first, last=len(lines) - 1, text=text.strip())


def _content(line: bytes) -> bytes:
    if line.endswith(b"\n"):
        line = line[:-1]
        if line.endswith(b"\r"):
            line = line[:-1]
    return line


def _find_block(lines: t.Sequence[bytes], line: int) -> tuple[int, int]:
    """Return the physical lines between the tags of a section: the first, and one past the last."""
    open_sections: list[bytes] = []
    start: _Statement | None = None
    for statement in _statements(lines):
        if start is not None:
            if statement.closes == b"virtualhost":
                return start.last + 1, statement.first
            if statement.opens == b"virtualhost":
                break
            continue
        if statement.last + 1 == line:
            if statement.opens != b"virtualhost":
                break
            if b"macro" in open_sections:
                raise VhostBlockError(
                    "macro_generated",
                    f"the <VirtualHost> at line {line} stands in a <Macro>, and a change there changes every use of it",
                    line=line,
                )
            start = statement
        elif statement.opens:
            open_sections.append(statement.opens)
        elif statement.closes and statement.closes in open_sections:
            while open_sections.pop() != statement.closes:
                pass
    if start is not None:
        raise VhostBlockError("not_closed", f"the <VirtualHost> at line {line} has no end in this file", line=line)
    raise VhostBlockError(
        "not_a_vhost",
        f"there is no <VirtualHost> at line {line}; the file has changed since httpd was asked",
        line=line,
    )


def _edit_body(body: t.Sequence[bytes], state: str, *, opening: bytes, closing: bytes) -> list[bytes]:
    lines = _without_managed(body)
    if state == "absent" or _site_sets(lines, state.encode()):
        return lines
    ending = b"\r\n" if opening.endswith(b"\r\n") else b"\n"
    indentation = _indentation(lines, closing)
    result: list[bytes] = []
    for statement in _statements(lines):
        kept = lines[statement.first : statement.last + 1]
        if statement.word == DIRECTIVE.lower().encode() and statement.argument != state.encode():
            result += _marked([_WAS + line for line in kept], indentation=_leading(kept[0]), ending=ending)
        else:
            result += kept
    directive = indentation + f"{DIRECTIVE} {state}".encode() + ending
    return result + _marked([directive], indentation=indentation, ending=ending)


def _site_sets(lines: t.Sequence[bytes], state: bytes) -> bool:
    """Tell whether the site itself sets this state already, beyond doubt.

    It does so outside of inner sections, uncontradicted, and not before an Include that might contradict it.
    """
    depth = 0
    plain = False
    for statement in _statements(lines):
        if statement.opens:
            depth += 1
        elif statement.closes:
            depth -= 1
        elif statement.word == DIRECTIVE.lower().encode():
            if statement.argument != state:
                return False
            plain = plain or depth == 0
        elif statement.word in _INCLUDES:
            plain = False
    return plain


def _marked(lines: list[bytes], *, indentation: bytes, ending: bytes) -> list[bytes]:
    return [indentation + BEGIN.encode() + ending, *lines, indentation + END.encode() + ending]


def _indentation(lines: t.Sequence[bytes], closing: bytes) -> bytes:
    """Return the indentation of the section's last line at its own level, else a step deeper than its end."""
    depth = 0
    found: bytes | None = None
    for statement in _statements(lines):
        if statement.closes:
            depth -= 1
        if depth == 0 and statement.text:
            found = _leading(lines[statement.first])
        if statement.opens:
            depth += 1
    return found if found is not None else _leading(closing) + b"    "


def _leading(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip(b" \t"))]


def _without_managed(body: t.Sequence[bytes]) -> list[bytes]:
    """Return the lines without managed ones. What somebody else has written between the marks stays."""
    result: list[bytes] = []
    number = 0
    while number < len(body):
        line = body[number]
        if not _is_mark(line, is_begin):
            # An end without a beginning is managed as well, and does nothing.
            if not _is_mark(line, is_end):
                result.append(line)
            number += 1
            continue
        stop = _end_of_block(body, number)
        closed = stop < len(body) and _is_mark(body[stop], is_end)
        result += _restored(body[number + 1 : stop])
        number = stop + (1 if closed else 0)
    return result


def _end_of_block(body: t.Sequence[bytes], begin: int) -> int:
    """Return where the block that begins here ends: at its mark, or, if that is gone, after the managed lines."""
    for number in range(begin + 1, len(body)):
        if _is_mark(body[number], is_end):
            return number
        if _is_mark(body[number], is_begin):
            break
    number = begin + 1
    while number < len(body) and (body[number].startswith(_WAS) or _is_managed_directive(body[number])):
        number += 1
    return number


def _restored(inside: t.Iterable[bytes]) -> list[bytes]:
    return [
        line[len(_WAS) :] if line.startswith(_WAS) else line
        for line in inside
        if line.startswith(_WAS) or not _is_managed_directive(line)
    ]


def _is_mark(line: bytes, check: t.Callable[[str], bool]) -> bool:
    return check(line.decode("latin-1"))


def _is_managed_directive(line: bytes) -> bool:
    return line.split() in ([DIRECTIVE.encode(), b"on"], [DIRECTIVE.encode(), b"off"])
