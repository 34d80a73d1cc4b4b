# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks by which the collection knows its own lines in the files of an httpd configuration."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import BLANKS

BEGIN = "# BEGIN stapling.httpd"
"""Opens a block of managed lines in a file that belongs to the site."""

END = "# END stapling.httpd"
"""Closes the block that BEGIN opened."""

MANAGED_FILE = "# Managed by stapling.httpd"
"""Begins the first line of a file that the collection has written as a whole."""

DROP_IN = "zz-ocsp-stapling.conf"
"""Name of the file with the directives at server level. It sorts last: of two settings, httpd takes the last."""


def is_begin(line: str) -> bool:
    """Tell whether this line opens a managed block, whatever its indentation and line ending."""
    return line.strip(BLANKS) == BEGIN


def is_end(line: str) -> bool:
    """Tell whether this line closes a managed block, whatever its indentation and line ending."""
    return line.strip(BLANKS) == END


def is_managed_file(lines: t.Sequence[str]) -> bool:
    """Tell whether the collection has written the whole file."""
    return bool(lines) and lines[0].startswith(MANAGED_FILE)


def is_managed(lines: t.Sequence[str], line_number: int) -> bool:
    """Tell whether the collection has put the directive on this line (counted from 1) there.

    A BEGIN that is never closed does not make the rest of the file managed: somebody has taken its END away,
    and what follows may well be the site's.
    """
    if is_managed_file(lines):
        return True
    if not 1 <= line_number <= len(lines):
        return False
    if not _opened_above(lines, line_number):
        return False
    for line in lines[line_number:]:
        if is_end(line):
            return True
        if is_begin(line):
            return False
    return False


def _opened_above(lines: t.Sequence[str], line_number: int) -> bool:
    for line in reversed(lines[: line_number - 1]):
        if is_begin(line):
            return True
        if is_end(line):
            return False
    return False
