# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which directives at server level httpd reads before the collection's own file: of two, it keeps the later one."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Directive, Dump
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files, drop_in_line
from ansible_collections.stapling.httpd.plugins.module_utils._markers import DROP_IN

if t.TYPE_CHECKING:
    # From the main file down: the line that includes, and the file that it includes. Files of one pattern are read in
    # the order of their names, byte by byte.
    _Position = list[tuple[int, bytes]]


class ReadOrder:
    """Compares directives with the place at which httpd reads the collection's own file, or would read it."""

    def __init__(self, dump: Dump, files: Files, *, directory: str | None, include_in: str | None) -> None:
        self._dump = dump
        self._main = dump.main_file
        self._parents = {
            include.file: (include.parent, include.line)
            for include in dump.includes
            if include.parent is not None and include.line is not None
        }
        self._last_managed = max(
            (
                number
                for number, directive in enumerate(dump.server.directives)
                if directive.place.macro is None and files.is_managed(directive.place.file, directive.place.line)
            ),
            default=None,
        )
        self._drop_in = self._where_the_drop_in_goes(files, directory, include_in)

    def precedes_managed(self, directive: Directive) -> bool | None:
        """Tell whether httpd reads this directive of the server level first, or return None where nobody can tell."""
        if self._last_managed is not None:
            numbers = [number for number, found in enumerate(self._dump.server.directives) if found is directive]
            return numbers[-1] < self._last_managed if numbers else None
        place = directive.place
        position = self._position(place.file, place.line) if place.macro is None else None
        if position is None or self._drop_in is None:
            return None
        return position < self._drop_in

    def _where_the_drop_in_goes(self, files: Files, directory: str | None, include_in: str | None) -> _Position | None:
        if include_in is not None:
            # A line at the end of that file includes it.
            return self._position(include_in, len(files.lines(include_in)) + 1)
        if directory is None:
            return None
        found = drop_in_line(self._dump, files, directory)
        position = self._position(*found) if found is not None else None
        if position is None:
            return None
        return [*position[:-1], (position[-1][0], os.fsencode(os.path.join(directory, DROP_IN)))]

    def _position(self, file: str, line: int) -> _Position | None:
        """Return the way from the main file to this line, or None for a file that an option of httpd includes."""
        position = [(line, b"")]
        seen = set()
        while file != self._main:
            if file in seen or file not in self._parents:
                return None
            seen.add(file)
            parent, number = self._parents[file]
            position.insert(0, (number, os.fsencode(file)))
            file = parent
        return position
