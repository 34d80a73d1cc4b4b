# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have httpd take up what is written: gracefully where it can be, with a new process where it must be."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

NONE, RELOAD, RESTART = "none", "reload", "restart"

Command = t.Callable[[t.Sequence[str]], "tuple[int, str, str]"]
"""Runs a program: its status, and what it has written to its outputs."""

_SECONDS_TO_DIE = 1.0
_SECONDS_TO_SETTLE = 2.0
_SECONDS_TO_STOP = 10.0
_SECONDS_TO_START = 60.0


class TakeUpError(StaplingError):
    """httpd has not taken up what is written."""


@dataclass(frozen=True)
class Server:
    """The httpd of a configuration: its control command, who serves it, and its PID file, where it has them.

    `service` is its systemd unit. `restart_command` is that of any other program that starts it again, such as runit:
    an httpd that is stopped and started past it would run twice, or unsupervised. `obstacle` is why httpd cannot be
    restarted at all.
    """

    run: Command
    control: t.Sequence[str] = field(default_factory=tuple)
    service: str | None = None
    pid_file: str | None = None
    restart_command: t.Sequence[str] = field(default_factory=tuple)
    obstacle: str | None = None

    def take_up(self, how: str, *, twice: bool = False, revive: bool = False) -> None:
        """Reload or restart httpd, or raise TakeUpError.

        `revive` starts one again that dies of a reload, which is for a change that takes something back. A reload is
        not done when its command is, so the second of two comes a moment later.
        """
        if how == RESTART:
            self._restart()
        elif how == RELOAD and not (revive and not self._runs()):
            self._reload(revive=revive)
            if twice:
                time.sleep(_SECONDS_TO_SETTLE)
                self._reload(revive=revive)
        elif how == RELOAD:
            self._restart()

    def refuse_restart(self) -> None:
        """Raise TakeUpError where httpd cannot be restarted."""
        if self.obstacle is not None:
            raise TakeUpError("cannot_restart", f"httpd would have to be restarted, and cannot be: {self.obstacle}")

    def _reload(self, *, revive: bool) -> None:
        # The signal goes to httpd itself: what its supervisor has started may be a script that waits for it. Where none
        # runs, the control command would start one, beside the supervisor.
        if self._is_supervised() and not self._runs():
            raise TakeUpError("not_taken_up", "httpd could not be reloaded: it does not run")
        # A configuration that does not pass -t is refused by httpd itself, which then goes on as it was.
        command = ["systemctl", "reload", "--", self.service] if self.service else [*self.control, "-k", "graceful"]
        status, output, errors = self.run(command)
        if revive:
            time.sleep(_SECONDS_TO_DIE)
            if not self._runs():
                self._restart()
                return
        _expect(status, command, output, errors, what="reloaded")

    def _is_supervised(self) -> bool:
        return not self.service and bool(self.restart_command or self.obstacle) and self.pid_file is not None

    def _restart(self) -> None:
        self.refuse_restart()
        before = self._pid()
        supervised = bool(self.restart_command) and not self.service
        if self.service:
            # Quick restarts run into systemd's start limit.
            self.run(["systemctl", "reset-failed", "--", self.service])
            command = ["systemctl", "restart", "--", self.service]
        elif supervised:
            command = list(self.restart_command)
        else:
            # One that has died needs no stop.
            self.run([*self.control, "-k", "stop"])
            end = time.monotonic() + _SECONDS_TO_STOP
            while self._runs() and time.monotonic() < end:
                time.sleep(0.1)
            command = [*self.control, "-k", "start"]
        status, output, errors = self.run(command)
        _expect(status, command, output, errors, what="restarted")
        if supervised:
            self._wait_for_another(before, command)

    def _wait_for_another(self, before: int | None, command: t.Sequence[str]) -> None:
        """Wait for a new main process: a supervisor has done its part before httpd has written its PID file."""
        end = time.monotonic() + _SECONDS_TO_START
        while self.pid_file and (not self._runs() or self._pid() == before):
            if time.monotonic() > end:
                seconds = f"{_SECONDS_TO_START:g} seconds"
                raise TakeUpError("not_taken_up", f"httpd has no new process {seconds} after {' '.join(command)}")
            time.sleep(0.1)

    def _pid(self) -> int | None:
        """Return the number in the PID file."""
        if not self.pid_file:
            return None
        try:
            with open(self.pid_file, encoding="ascii") as stream:
                return int(stream.read().strip())
        except (OSError, ValueError):
            return None

    def _runs(self) -> bool:
        """Return whether the process of the PID file lives; one that is dead and not buried has no command line."""
        try:
            with open(f"/proc/{self._pid()}/cmdline", "rb") as stream:
                return bool(stream.read(1))
        except OSError:
            return False


def _expect(status: int, command: t.Sequence[str], output: str, errors: str, *, what: str) -> None:
    if status != 0:
        cause = errors.strip() or output.strip() or f"it ended with status {status}"
        raise TakeUpError("not_taken_up", f"httpd could not be {what}: {' '.join(command)}: {cause}")
