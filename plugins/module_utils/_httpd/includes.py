# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a configuration: where a drop-in or a copy would be read, and which directives are managed."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump, Included, split_arguments
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.panels import Panel, panel_of
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import LARGEST_CONFIGURATION_FILE
from ansible_collections.stapling.httpd.plugins.module_utils._markers import is_managed, is_managed_file

# A name like this has to match the pattern of the Include for the directory to be of use.
_DROP_IN = "zz-drop-in.conf"
# While a change is on trial, a copy of the file as it was stands beside it.
_COPY = "zz-drop-in.conf.4711.2026-01-31@12:00:00~"
_PREFERRED = ("conf-enabled", "conf.d")
_NEVER = ("mods-enabled", "sites-enabled", "vhosts.d", "sites.d", "conf.modules.d", "modules.d")
_INCLUDE = re.compile(r"[ \t\r\v\f]*Include(?:Optional)?[ \t\r\v\f]+(.+)", re.IGNORECASE | re.DOTALL)
_SECTION = re.compile(r"[ \t\r\v\f]*<(/?)[A-Za-z]")

_TOOLS = (
    (re.compile(r"certbot", re.IGNORECASE), "Certbot"),
    (re.compile(r"BEGIN ANSIBLE MANAGED BLOCK|Ansible managed", re.IGNORECASE), "Ansible"),
    (re.compile(r"\bpuppet\b", re.IGNORECASE), "Puppet"),
    (re.compile(r"\bchef\b", re.IGNORECASE), "Chef"),
    (re.compile(r"\bsalt(?:stack)?\b", re.IGNORECASE), "Salt"),
    (re.compile(r"virtualmin|webmin", re.IGNORECASE), "Webmin"),
    (re.compile(r"mozilla.*ssl|ssl-config\.mozilla", re.IGNORECASE), "the Mozilla SSL configuration generator"),
)


class Files:
    """Lines of the files that directives stand in, each file read once."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._panels: dict[str, Panel | None] = {}

    def lines(self, path: str) -> list[str]:
        """Return the lines of a file, none of one that cannot be read."""
        found = self._lines.get(path)
        if found is None:
            # Only a line feed ends a line for httpd, and every such line counts.
            found = self._lines[path] = _read(path).split("\n")
        return found

    def is_managed(self, path: str, line: int) -> bool:
        """Tell whether the collection has put the directive on this line there."""
        return is_managed(self.lines(path), line)

    def is_managed_file(self, path: str) -> bool:
        """Tell whether the collection has written the whole file."""
        return is_managed_file(self.lines(path))

    def panel(self, path: str) -> Panel | None:
        """Return the panel that generates the file, or None."""
        if path not in self._panels:
            self._panels[path] = panel_of(path, self.lines(path))
        return self._panels[path]

    def tool(self, path: str, line: int) -> str | None:
        """Return the tool whose mark stands at the top of the file or in the comment right above the line."""
        panel = self.panel(path)
        if panel is not None:
            return panel.name
        lines = self.lines(path)
        near = []
        for text in reversed(lines[: line - 1][-5:]):
            if not text.lstrip().startswith("#"):
                break
            near.append(text)
        for text in [*near, *(line for line in lines[:5] if line.lstrip().startswith("#"))]:
            for pattern, name in _TOOLS:
                if pattern.search(text):
                    return name
        return None


def _read(path: str) -> str:
    """Return the text of a configuration file, nothing if it cannot be read."""
    try:
        # httpd can be told to read a pipe, which would hang here.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return ""
    with open(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        try:
            return os.fsdecode(handle.read(LARGEST_CONFIGURATION_FILE))
        except OSError:
            return ""


def conf_include_dir(dump: Dump, files: Files) -> str | None:
    """Return the directory whose *.conf files are read at server level, and copies of them not, or None.

    httpd says which line of which file includes what; only those lines are looked at. A directory that holds no file
    yet leaves no trace there, so the lines of all files at server level are tried as well, the main file first.
    """
    candidates: dict[str, None] = {}
    for include in dump.includes:
        directory = os.path.dirname(include.file)
        if include.parent is None or include.line is None or include.file in dump.inner_files:
            continue
        lines = files.lines(include.parent)
        if include.line <= len(lines) and _takes_drop_in(lines[include.line - 1], directory, dump.server_root):
            candidates.setdefault(directory, None)
    for file in server_files(dump):
        for _number, directory in _directories_of(files.lines(file), dump.server_root):
            candidates.setdefault(directory, None)
    usable = [path for path in candidates if os.path.basename(path) not in _NEVER and os.path.isdir(path)]
    for name in _PREFERRED:
        for directory in usable:
            if os.path.basename(directory) == name:
                return directory
    return usable[0] if usable else None


def drop_in_line(dump: Dump, files: Files, directory: str) -> tuple[str, int] | None:
    """Return file and line of the Include that has httpd read the drop-ins of this directory, or None."""
    for include in dump.includes:
        if include.parent is None or include.line is None or os.path.dirname(include.file) != directory:
            continue
        lines = files.lines(include.parent)
        if include.line <= len(lines) and _takes_drop_in(lines[include.line - 1], directory, dump.server_root):
            return include.parent, include.line
    for file in server_files(dump):
        for number, found in _directories_of(files.lines(file), dump.server_root):
            if found == directory:
                return file, number
    return None


def server_files(dump: Dump) -> list[str]:
    """Return the files that are read at server level, the main file first."""
    main = [include.file for include in dump.includes if include.main]
    others = [include.file for include in dump.includes if include.file not in dump.inner_files]
    return list(dict.fromkeys([*main, *others]))


def _takes_drop_in(line: str, directory: str, server_root: str | None) -> bool:
    match = _INCLUDE.match(line)
    if not match:
        return False
    for pattern in split_arguments(match.group(1)):
        folder, name = os.path.split(pattern)
        if not _suits(name):
            continue
        # A variable in the path has been resolved by httpd already, which named the directory.
        if "${" in folder or os.path.normpath(os.path.join(server_root or "/", folder)) == os.path.normpath(directory):
            return True
    return False


def _suits(name: str) -> bool:
    """Tell whether this last part of a path stands for a drop-in, and for no copy of one."""
    return fnmatch.fnmatchcase(_DROP_IN, name) and not fnmatch.fnmatchcase(_COPY, name)


def copies_read(dump: Dump, files: Files) -> list[dict[str, t.Any]]:
    """Return the files beside which httpd would read a copy as well, each with the line that includes it.

    Their directory is included as a whole and not by a pattern, so even a name that begins with a dot is read.
    """
    places: dict[str, Included] = {}
    for include in dump.includes:
        if include.parent is not None and _included_whole(include, files, dump.server_root):
            places.setdefault(os.path.realpath(os.path.dirname(include.file)), include)
    found = []
    # Of a file behind a symbolic link the copy stands beside the real one.
    for file in dict.fromkeys(include.file for include in dump.includes) if places else ():
        place = places.get(os.path.dirname(os.path.realpath(file)))
        if place is not None:
            found.append({"path": file, "file": place.parent, "line": place.line})
    return found


def _included_whole(include: Included, files: Files, server_root: str | None) -> bool:
    lines = files.lines(include.parent or "")
    match = _INCLUDE.match(lines[include.line - 1]) if include.line and include.line <= len(lines) else None
    for pattern in split_arguments(match.group(1)) if match else ():
        name = os.path.basename(pattern)
        # httpd says that this line includes the file: what is not the file's name is that of a directory above it.
        if not fnmatch.fnmatchcase(os.path.basename(include.file), name):
            return "${" not in name
        path = os.path.normpath(os.path.join(server_root or "/", pattern))
        if "${" not in path and path.count("/") < os.path.normpath(include.file).count("/"):
            return True
    return False


def _directories_of(lines: t.Iterable[str], server_root: str | None) -> t.Iterator[tuple[int, str]]:
    """Yield line number and directory of what is included outside of every section, by a pattern for a drop-in.

    An <IfModule> may hold or not; httpd would have named the directory if there were a file in it.
    """
    depth = 0
    for number, line in enumerate(lines, start=1):
        section = _SECTION.match(line)
        if section:
            depth += -1 if section.group(1) else 1
        match = _INCLUDE.match(line)
        if not match or depth > 0:
            continue
        for pattern in split_arguments(match.group(1)):
            folder, name = os.path.split(pattern)
            if any(sign in name for sign in "*?[") and _suits(name):
                directory = os.path.normpath(os.path.join(server_root or "/", folder))
                if "${" not in directory and not any(sign in directory for sign in "*?["):
                    yield number, directory
