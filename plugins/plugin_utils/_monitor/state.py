# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last look saw, kept between two looks, and the lock that lets only one monitor write."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.levels import staple_word
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import Look, look_from_data
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.textfile import write_whole

_LARGEST = 64 * 1024 * 1024
_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class State:
    """The last look that came to its end, when the last one ended, and why that one failed (None: it did not).

    complaint is why the metrics could not be written (None: they could), metrics_file the file that holds them.
    """

    seen: Look | None = None
    last_run: float = 0.0
    failure: str | None = None
    complaint: str | None = None
    metrics_file: str | None = None


class Busy(StaplingError):
    """Another monitor is at work on this host."""


def read_state(directory: str) -> State:
    """Return what was kept; where nothing was, or nothing that can be used, an empty state."""
    try:
        with open(_file(directory), encoding="utf-8") as stream:
            data = json.loads(stream.read(_LARGEST))
        seen = look_from_data(data["seen"]) if data["seen"] is not None else None
        return State(seen, float(data["last_run"]), data["failure"], data["complaint"], data["metrics_file"])
    except (OSError, ValueError, KeyError, TypeError):
        return State()


def write_state(directory: str, state: State) -> None:
    """Keep a state. Raises WriteError."""
    data = {
        "seen": state.seen.as_data() if state.seen is not None else None,
        "last_run": state.last_run,
        "failure": state.failure,
        "complaint": state.complaint,
        "metrics_file": state.metrics_file,
    }
    write_whole(_file(directory), json.dumps(data))


@contextlib.contextmanager
def only_one(directory: str, *, patience: float = 60.0) -> t.Iterator[None]:
    """Hold the lock of this host's monitor, after `patience` seconds at most.

    Raises Busy where another one holds it for longer, and StaplingError without a place for it.
    """
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        handle = os.open(os.path.join(directory, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StaplingError("no_state", f"{directory} cannot be used: {error.strerror}") from error
    try:
        _lock(handle, time.monotonic() + patience)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() >= deadline:
                raise Busy("busy", "another look at this host is under way, and does not end") from error
        time.sleep(_LOOK_EVERY)


def changes(before: State, after: State, *, now: float) -> list[str]:
    """Return one line for each thing that is not what it was at the look before."""
    words_before = _words(before, before.last_run)
    words_after = _words(after, now)
    lines = []
    for about in sorted(set(words_before) | set(words_after)):
        word, sentence = words_after.get(about, ("gone", None))
        was = words_before.get(about, (None, None))[0]
        if word != was and not (was is None and word in ("well", "acceptable", "runs", "answers")):
            lines.append(f"{about}: {was or 'new'} -> {word}{f' ({sentence})' if sentence else ''}")
    return lines


def _words(state: State, now: float) -> dict[str, tuple[str, str | None]]:
    """Return a word, and a sentence where something is wrong, for each thing that a state tells of."""
    if state.last_run == 0.0:
        return {}
    found: dict[str, tuple[str, str | None]] = {
        "look": ("failed", state.failure) if state.failure else ("well", None),
        "metrics": ("not_written", state.complaint) if state.complaint else ("well", None),
    }
    if state.seen is not None:
        found["httpd"] = ("runs", None) if state.seen.running else ("stopped", None)
        for staple in state.seen.staples:
            found[f"staple {staple.name}"] = (staple_word(staple, now)[1], staple.message)
        for answer in state.seen.answers:
            found[f"responder {answer.responder}"] = ("answers" if answer.success else "fails", answer.message)
        for problem in state.seen.problems:
            found[f"configuration {problem.code}"] = ("found", problem.message)
    return found


def _file(directory: str) -> str:
    return os.path.join(directory, "last.json")
