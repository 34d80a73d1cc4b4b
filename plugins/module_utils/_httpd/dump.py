# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parser of what httpd prints with -D DUMP_CONFIG, DUMP_VHOSTS, DUMP_INCLUDES, DUMP_MODULES and DUMP_RUN_CFG.

Two runs are enough for all five. Nothing here reads configuration files: httpd has already resolved every Include,
Define, IfDefine, IfModule and Macro, and says for each directive where it came from.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import BLANKS

_IN_FILE = "# In file: "
# What httpd was asked for is among its defines.
_ASKED = "DUMP_"
# A line; before a directive stands the comment with its number.
_LINES = re.compile(r"(?:^( *)# *(\d+):\n)?^(.*)$", re.MULTILINE)
_INCLUDED = re.compile(r"( +)\((\*|\d+)\) (.+)$")
_NAMED_VHOST = re.compile(r"\s+(default server|port (\d+) namevhost) (\S+) \((.+)\)$")
_LONE_VHOST = re.compile(r"(\S+):(\d+|\*)\s+(\S+) \((.+)\)$")
_VHOST_ADDRESS = re.compile(r"(\S+):(\d+|\*)\s+is a NameVirtualHost$")
_MODULE = re.compile(r" (\w+) \((?:static|shared)\)$")
_RUN_CFG = re.compile(r"(ServerRoot|PidFile|User|Group|Define|Mutex default): ?(.*)$")
_MACRO_NAME = re.compile(r"macro '([^']*)' ")
_MACRO_USED = re.compile(r'used on line (\d+) of "([^"]*)"*$')


class Place(t.NamedTuple):
    """The place of a directive. What a macro has made has the place of its (outermost) Use."""

    file: str
    line: int
    macro: str | None = None


class Directive(t.NamedTuple):
    """A directive; arguments are as httpd prints them, with their quotes."""

    name: str
    arguments: str
    place: Place
    section: str | None = None


@dataclass
class Section:
    """A <VirtualHost> with the directives that stand directly in it, or the main server."""

    arguments: str = ""
    place: Place | None = None
    key: str = ""
    directives: list[Directive] = field(default_factory=list)


@dataclass
class NamedVhost:
    """A virtual host as DUMP_VHOSTS shows it."""

    server_name: str
    addresses: list[tuple[str, int | None]] = field(default_factory=list)
    default_for: list[tuple[str, int | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Included:
    """A file that httpd has read, and the line of the file that includes it.

    The main file has neither, nor has a file that an option of httpd includes.
    """

    file: str
    parent: str | None
    line: int | None
    main: bool = False


@dataclass
class Dump:
    """The configuration, as far as it was found in the output."""

    server: Section = field(default_factory=Section)
    vhosts: list[Section] = field(default_factory=list)
    named: dict[str, NamedVhost] = field(default_factory=dict)
    includes: list[Included] = field(default_factory=list)
    inner_files: set[str] = field(default_factory=set)
    modules: list[str] = field(default_factory=list)
    defines: dict[str, str | None] = field(default_factory=dict)
    server_root: str | None = None
    pid_file: str | None = None
    user: str | None = None
    group: str | None = None
    mutex_default: str | None = None
    has_config: bool = False

    @property
    def main_file(self) -> str | None:
        """Return the main configuration file, None if httpd did not name it."""
        return next((include.file for include in self.includes if include.main), None)

    def has_module(self, name: str) -> bool:
        """Tell whether a module is loaded, by the name that a2enmod takes."""
        return f"{name}_module" in self.modules


def split_arguments(text: str) -> list[str]:
    """Split arguments as httpd does: blanks separate, quotes group, a backslash protects a quote and itself."""
    if '"' not in text and "'" not in text and text.isascii():
        return text.split()
    words: list[str] = []
    position, end = 0, len(text)
    while position < end:
        if text[position] in BLANKS:
            position += 1
            continue
        word: list[str] = []
        if text[position] in "\"'":
            quote = text[position]
            position += 1
            while position < end and text[position] != quote:
                if text[position] == "\\" and position + 1 < end and text[position + 1] in ("\\", quote):
                    position += 1
                word.append(text[position])
                position += 1
            position += 1
        else:
            while position < end and text[position] not in BLANKS:
                word.append(text[position])
                position += 1
        words.append("".join(word))
    return words


def parse_place(filename: str, line: int) -> Place:
    """Return the place that a file comment of httpd stands for, through any number of nested macros."""
    if not filename.startswith("macro '"):
        return Place(filename, line)
    name = _MACRO_NAME.match(filename)
    used = _MACRO_USED.search(filename)
    if not name or not used:
        return Place(filename, line, macro="")
    return Place(used.group(2), int(used.group(1)), macro=name.group(1))


class _Reader:
    """One pass over the lines.

    A directive is only taken for one when the comment with its line number stands before it, so nothing that the other
    dumps print can be mistaken for configuration. Depth comes from the indentation, because httpd does not print the
    end of an empty section.
    """

    def __init__(self, keep: t.Callable[[str], bool]) -> None:
        self.dump = Dump()
        self._keep = keep
        self._file = ""
        self._sections: list[tuple[str, str, Section]] = []
        self._parents: dict[int, str] = {}
        self._address: tuple[str, int | None] | None = None

    def read(self, text: str) -> Dump:
        for match in _LINES.finditer(text):
            number, line = match.group(2), match.group(3)
            if number is not None:
                self._directive(line, len(match.group(1)) // 2, int(number))
            elif line.startswith(_IN_FILE):
                self._file = line[len(_IN_FILE) :]
                self.dump.has_config = True
            elif not line.lstrip().startswith("</"):
                self._other(line)
        return self.dump

    def _directive(self, line: str, depth: int, number: int) -> None:
        del self._sections[depth:]
        text = line.strip()
        name, _blank, arguments = text.partition(" ")
        arguments = arguments.strip()
        if text.startswith("<"):
            self._open(name[1:].rstrip(">").lower(), arguments[:-1].strip() if arguments.endswith(">") else "", number)
            return
        if self._sections and self._sections[0][1] != self._file:
            self.dump.inner_files.add(self._file)
        lowered = name.lower()
        if not self._keep(lowered):
            return
        target, section = self.dump.server, None
        for kind, _file, owner in self._sections:
            if kind == "virtualhost":
                target = owner
            elif kind in ("mdomain", "mdomainset", "mdomainsetsection"):
                section = owner.arguments
            else:
                # Directory, Location, Proxy, If: settings for requests, not for handshakes.
                return
        target.directives.append(Directive(lowered, arguments, parse_place(self._file, number), section))

    def _open(self, kind: str, arguments: str, number: int) -> None:
        owner = Section(arguments=arguments)
        if kind == "virtualhost":
            owner.place = parse_place(self._file, number)
            owner.key = f"{self._file}:{number}"
            self.dump.vhosts.append(owner)
        elif kind in ("mdomain", "mdomainset", "mdomainsetsection") and not self._sections:
            self.dump.server.directives.append(
                Directive("mdomain", arguments, parse_place(self._file, number), section=arguments)
            )
        self._sections.append((kind, self._file, owner))

    def _other(self, line: str) -> None:
        if line.startswith(" ") and not line.startswith("   "):
            module = _MODULE.match(line)
            if module:
                self.dump.modules.append(module.group(1))
                return
        match = _INCLUDED.match(line)
        if match:
            self._included(len(match.group(1)) // 2 - 1, match.group(2), match.group(3))
            return
        if line.startswith(" "):
            match = _NAMED_VHOST.match(line)
            if match:
                self._named_vhost(match)
            return
        match = _VHOST_ADDRESS.match(line)
        if match:
            self._address = _address(match.group(1), match.group(2))
            return
        match = _LONE_VHOST.match(line)
        if match:
            address = _address(match.group(1), match.group(2))
            vhost = self.dump.named.setdefault(match.group(4), NamedVhost(match.group(3)))
            vhost.addresses.append(address)
            vhost.default_for.append(address)
            return
        match = _RUN_CFG.match(line)
        if match:
            self._run_cfg(match.group(1), match.group(2).strip())

    def _included(self, depth: int, line: str, file: str) -> None:
        """Add a file. What options include stands above the main file and deeper than it, which has no parent then."""
        parent = self._parents.get(depth - 1)
        number = int(line) if parent is not None and line != "*" else None
        self.dump.includes.append(Included(file, parent, number, main=depth == 0))
        self._parents = {level: name for level, name in self._parents.items() if level < depth}
        self._parents[depth] = file

    def _named_vhost(self, match: re.Match[str]) -> None:
        if self._address is None:
            return
        vhost = self.dump.named.setdefault(match.group(4), NamedVhost(match.group(3)))
        if match.group(2) is None:
            vhost.default_for.append(self._address)
        elif self._address not in vhost.addresses:
            vhost.addresses.append(self._address)

    def _run_cfg(self, key: str, value: str) -> None:
        if key == "ServerRoot":
            self.dump.server_root = value.strip('"')
        elif key == "PidFile":
            self.dump.pid_file = value.strip('"')
        elif key == "Define":
            name, separator, content = value.partition("=")
            if not name.startswith(_ASKED):
                self.dump.defines[name] = content if separator else None
        elif key == "Mutex default":
            found = re.match(r'dir="([^"]*)" mechanism=default', value)
            self.dump.mutex_default = found.group(1) if found else None
        else:
            found = re.match(r'name="([^"]*)"', value)
            if found:
                setattr(self.dump, key.lower(), found.group(1))


def _address(host: str, port: str) -> tuple[str, int | None]:
    if host.startswith("["):
        host = host[1:-1]
    return host, None if port == "*" else int(port)


def read_dump(text: str, *, keep: t.Callable[[str], bool]) -> Dump:
    """Parse the output. Of the directives, those are kept for whose lower-case name `keep` is true."""
    return _Reader(keep).read(text)
