# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have a program judge a change of httpd's configuration: apachectl -t, as a rule."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import Target
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.take_up import Command


class NotAcceptedError(StaplingError):
    """The program does not accept the change."""


class NoCheck:
    """Accepts everything."""

    def alone(self, target: Target, file: str) -> None:
        """Accept a file that is not in its place yet."""

    def in_place(self) -> None:
        """Accept the files in their places."""


class CommandCheck(NoCheck):
    """Has a command judge the files in their places."""

    def __init__(self, command: t.Sequence[str], *, run: Command) -> None:
        self._command = list(command)
        self._run = run

    def in_place(self) -> None:
        """Run the command as it is."""
        self._judge(self._command)

    def _judge(self, command: list[str]) -> None:
        try:
            status, output, errors = self._run(command)
        except OSError as error:
            status, output, errors = 1, "", f"it cannot be run: {error.strerror}"
        if status != 0:
            cause = errors.strip() or output.strip() or f"it ended with status {status}"
            raise NotAcceptedError("validation_failed", f"{command[0]} did not accept the change: {cause}")


class ControlCheck(CommandCheck):
    """Has httpd's control command judge files before and after they are in their places."""

    def __init__(self, control: t.Sequence[str], *, run: Command) -> None:
        super().__init__([*control, "-t"], run=run)

    def alone(self, target: Target, file: str) -> None:
        """Judge a drop-in as an addition to the configuration, any other file as the configuration itself."""
        added = ["-c", f'Include "{file}"'] if target.managed else ["-f", file]
        self._judge([*self._command, *added])
