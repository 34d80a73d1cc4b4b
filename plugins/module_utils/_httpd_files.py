# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a drop-in file would be read, and which directives in httpd's files are ours."""

from __future__ import annotations

import fnmatch
import os
import re
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd_dump import Dump, split_arguments
from ansible_collections.stapling.httpd.plugins.module_utils._markers import is_managed, is_managed_file

# A name like this has to match the pattern of the Include for the directory to be of use.
_DROP_IN = "zz-drop-in.conf"
_PREFERRED = ("conf-enabled", "conf.d")
_NEVER = ("mods-enabled", "sites-enabled", "vhosts.d", "sites.d", "conf.modules.d", "modules.d")
_INCLUDE = re.compile(r"\s*Include(?:Optional)?\s+(.+)$", re.IGNORECASE)
_VHOST = re.compile(r"\s*<(/?)VirtualHost\b", re.IGNORECASE)
_MAXIMUM = 8 * 1024 * 1024

_TOOLS = (
    (re.compile(r"certbot", re.IGNORECASE), "Certbot"),
    (re.compile(r"BEGIN ANSIBLE MANAGED BLOCK|Ansible managed", re.IGNORECASE), "Ansible"),
    (re.compile(r"\bpuppet\b", re.IGNORECASE), "Puppet"),
    (re.compile(r"\bchef\b", re.IGNORECASE), "Chef"),
    (re.compile(r"\bsalt(?:stack)?\b", re.IGNORECASE), "Salt"),
    (re.compile(r"plesk", re.IGNORECASE), "Plesk"),
    (re.compile(r"cpanel|easyapache", re.IGNORECASE), "cPanel"),
    (re.compile(r"ispconfig", re.IGNORECASE), "ISPConfig"),
    (re.compile(r"virtualmin|webmin", re.IGNORECASE), "Webmin"),
    (re.compile(r"mozilla.*ssl|ssl-config\.mozilla", re.IGNORECASE), "the Mozilla SSL configuration generator"),
)


class Files:
    """The lines of the files that directives stand in, each file read once."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def lines(self, path: str) -> list[str]:
        found = self._lines.get(path)
        if found is None:
            try:
                with open(path, encoding="utf-8", errors="replace") as handle:
                    found = handle.read(_MAXIMUM).splitlines()
            except (OSError, ValueError):
                found = []
            self._lines[path] = found
        return found

    def is_managed(self, path: str, line: int) -> bool:
        return is_managed(self.lines(path), line)

    def is_managed_file(self, path: str) -> bool:
        return is_managed_file(self.lines(path))

    def tool(self, path: str, line: int) -> str | None:
        """Whose mark stands at the top of the file, or in the comment right above the line or behind it."""
        lines = self.lines(path)
        near = []
        for text in reversed(lines[: line - 1][-5:]):
            if not text.lstrip().startswith("#"):
                break
            near.append(text)
        for text in [*near, *(one for one in lines[:5] if one.lstrip().startswith("#"))]:
            for pattern, name in _TOOLS:
                if pattern.search(text):
                    return name
        return None


def conf_include_dir(dump: Dump, files: Files) -> str | None:
    """
    The directory whose *.conf files this configuration reads at server level, or None.

    httpd says which line of which file includes what; only those lines are looked at. A directory that holds no file
    yet leaves no trace there, so the lines of the main file are tried as well.
    """
    candidates: dict[str, None] = {}
    for include in dump.includes:
        directory = os.path.dirname(include.file)
        if include.parent is None or include.line is None or include.file in dump.inner_files:
            continue
        lines = files.lines(include.parent)
        if include.line <= len(lines) and _takes_drop_in(lines[include.line - 1], directory, dump.server_root):
            candidates.setdefault(directory, None)
    main = next((include.file for include in dump.includes if include.parent is None), None)
    if main is not None:
        for directory in _directories_of(files.lines(main), dump.server_root):
            candidates.setdefault(directory, None)
    usable = [one for one in candidates if os.path.basename(one) not in _NEVER and os.path.isdir(one)]
    for name in _PREFERRED:
        for directory in usable:
            if os.path.basename(directory) == name:
                return directory
    return usable[0] if usable else None


def _takes_drop_in(line: str, directory: str, server_root: str | None) -> bool:
    match = _INCLUDE.match(line)
    if not match:
        return False
    for pattern in split_arguments(match.group(1)):
        folder, name = os.path.split(pattern)
        if not fnmatch.fnmatchcase(_DROP_IN, name or "*"):
            continue
        # A variable in the path has been resolved by httpd already, which named the directory.
        if "${" in folder or os.path.normpath(os.path.join(server_root or "/", folder)) == os.path.normpath(directory):
            return True
    return False


def _directories_of(lines: t.Iterable[str], server_root: str | None) -> t.Iterator[str]:
    depth = 0
    for line in lines:
        section = _VHOST.match(line)
        if section:
            depth += -1 if section.group(1) else 1
        match = _INCLUDE.match(line)
        if not match or depth > 0:
            continue
        for pattern in split_arguments(match.group(1)):
            folder, name = os.path.split(pattern)
            if name and any(sign in name for sign in "*?[") and fnmatch.fnmatchcase(_DROP_IN, name):
                directory = os.path.normpath(os.path.join(server_root or "/", folder))
                if "${" not in directory and not any(sign in directory for sign in "*?["):
                    yield directory
