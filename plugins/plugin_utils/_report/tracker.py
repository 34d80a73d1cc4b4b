# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says of its hosts, one event after the other, until there is a last word on each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import make_host
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.run import timestamp

# An error message is for a person: what is longer is the output of some program.
_LONGEST_MESSAGE = 4000


class Tracker:
    """The hosts of a run. `finished` is called with the entry of each host as it gets to its end."""

    def __init__(self, finished: Callable[[dict[str, Any]], None]) -> None:
        self._finished = finished
        self._hosts: dict[str, dict[str, Any] | None] = {}
        self._pending: dict[str, str] = {}
        self._tasks: dict[str, Callable[[], str]] = {}

    @property
    def total(self) -> int:
        """Return how many hosts the run has."""
        return len(self._hosts)

    @property
    def done(self) -> int:
        """Return how many of them have got to their end."""
        return sum(entry is not None for entry in self._hosts.values())

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Return the entries of all hosts that there is a word on."""
        return [entry for entry in self._hosts.values() if entry is not None]

    def add(self, hosts: Iterable[str]) -> None:
        """Take in the hosts of a play, those that are never reached too."""
        for host in hosts:
            self._hosts.setdefault(host, None)

    def at(self, host: str, task: Callable[[], str]) -> None:
        """Remember where a host is; `task` returns the name."""
        self._tasks[host] = task

    def result(self, host: str, result: Mapping[str, Any]) -> None:
        """Take the ocsp_stapling_result of a host."""
        before = self._hosts.get(host)
        state, message = state_of(result)
        if before is not None and before["state"] == words.FAILED and state not in words.RETRY_STATES:
            state, message = words.FAILED, before["message"]
        self._end(host, result, state, message)

    def failed(self, host: str, message: str, *, rescued: bool, decisive: bool) -> None:
        """Take the failure of a task.

        `rescued`: more tasks run because of it, and have the last word. `decisive`: it belies the result that the
        host already has.
        """
        before = self._hosts.get(host)
        if before is None and rescued:
            self._pending[host] = message
        elif before is None or (decisive and not rescued):
            self._end(host, before or {}, words.FAILED, message)

    def unreachable(self, host: str, message: str, *, decisive: bool) -> None:
        """Take that a host cannot be reached, at the first task or at a later one."""
        before = self._hosts.get(host)
        if before is None or decisive:
            self._end(host, before or {}, words.UNREACHABLE, message)

    def batch_over(self) -> None:
        """Take the failures that nothing has been heard after as the last word on their hosts."""
        for host, message in self._pending.items():
            if self._hosts.get(host) is None:
                self._end(host, {}, words.FAILED, message)
        self._pending.clear()

    def close(self, *, interrupted: bool) -> None:
        """Say of every host without a word why there is none."""
        self.batch_over()
        for host in [host for host, entry in self._hosts.items() if entry is None]:
            self._end(host, {}, words.NOT_REACHED, self._why_not(host, interrupted))

    def _why_not(self, host: str, interrupted: bool) -> str:
        ended = "was interrupted" if interrupted else "ended"
        if host not in self._tasks:
            return f"The run {ended} before it came to this host."
        return f"The run {ended} before this host had a result; its last task was {self._tasks[host]()!r}."

    def _end(self, host: str, result: Mapping[str, Any], state: str, message: str | None) -> None:
        text = None if message is None else message[:_LONGEST_MESSAGE]
        try:
            entry = make_host(host, result, state=state, message=text, finished=timestamp())
        except ValueError as error:
            entry = make_host(host, {}, state=words.FAILED, message=str(error), finished=timestamp())
        self._hosts[host] = entry
        self._finished(entry)


def state_of(result: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return state and message that a result stands for: one with a cause has failed, if it is nothing worse."""
    state, cause = str(result.get("state")), result.get("cause")
    if cause and state not in words.RETRY_STATES:
        state = words.FAILED
    return state, None if cause is None else str(cause)
