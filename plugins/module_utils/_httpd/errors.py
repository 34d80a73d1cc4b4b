# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of an httpd that cannot be asked, and httpd's own words when it refuses its configuration."""

from __future__ import annotations

import os
import re

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._process import Output, ProcessError

_PLACE = re.compile(r"Syntax error on line (\d+) of ((?:macro '.*\"|.*?)):(?:\s|$)", re.MULTILINE)
_USED = re.compile(r'used on line (\d+) of "([^"]+)"+$')
_CODES = {"not_found": "httpd_not_found", "not_executable": "httpd_not_executable"}


class HttpdError(StaplingError):
    """An httpd that cannot be found, cannot be run or refuses its configuration. The code is a stable word.

    `file` and `line` are the place that httpd complains about, `output` is all it printed about it.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        output: str | None = None,
    ) -> None:
        super().__init__(code, message)
        self.file = file
        self.line = line
        self.output = output


def not_run(error: ProcessError) -> HttpdError:
    """Return the error of an httpd that could not be run to its end."""
    return HttpdError(_CODES.get(error.code, error.code), error.message)


def refusal(output: Output) -> HttpdError:
    """Return the error of an httpd that does not accept its configuration, in httpd's own words."""
    lines = [line for line in output.stderr.splitlines() if line.strip() and not _is_notice(line)]
    text = "\n".join(lines) or output.stdout.strip() or f"exit code {output.code}"
    file, number = _place(text)
    hint = ""
    if os.geteuid() != 0:
        hint = " (not run as root, httpd may be unable to see its keys: use become)"
    return HttpdError(
        "config_invalid",
        f"httpd refuses its own configuration: {' '.join(text.split())}{hint}",
        file=file,
        line=number,
        output=text,
    )


def _place(text: str) -> tuple[str | None, int | None]:
    """Return the file and line that httpd complains about.

    An error in an included file comes after one for each line that includes it: the last place counts. Of a macro,
    it is the place in a real file where the macro is used.
    """
    file = line = None
    for match in _PLACE.finditer(text):
        line, file = int(match.group(1)), match.group(2)
        used = _USED.search(file)
        if used:
            line, file = int(used.group(1)), used.group(2)
    return file, line


def _is_notice(line: str) -> bool:
    return bool(re.search(r"^\[[^\]]*\] \[[a-z0-9_]*:(?:notice|warn|info|debug)\]", line)) or line.startswith("AH00558")
