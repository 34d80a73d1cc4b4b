# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Asks many responders at once, but each of them gently.
"""

from __future__ import annotations

import base64
import queue
import threading
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import Emit, Identity, Result, run_as
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import (
    Answer,
    Attempt,
    Destination,
    ResponderError,
    ask,
)

PER_HOST = 4
_MAXIMUM_THREADS = 32
# An endpoint that was out of reach this often is not tried again for the questions that are left.
_GIVE_UP_AFTER = 2
_ENDPOINT_FAULTS = (
    "responder_unresolvable",
    "responder_unreachable",
    "responder_timeout",
    "proxy_unresolvable",
    "proxy_unreachable",
)


@dataclass(frozen=True)
class Question:
    """A request and where it goes to."""

    where: Destination
    request: bytes


@dataclass(frozen=True)
class Outcome:
    """An answer or the error in its place, and how long it took."""

    answer: Answer | None
    error: ResponderError | None
    elapsed: float

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        source = self.answer or self.error
        return source.attempts if source else ()


@dataclass(frozen=True)
class Limits:
    """timeout for each step of a question, total for all questions together; both in seconds."""

    timeout: float
    total: float


def ask_all(questions: t.Sequence[Question], *, limits: Limits, identity: Identity | None = None) -> list[Outcome]:
    """Ask every question, in parallel, as the given user; the outcomes stand in the order of the questions."""
    if not questions:
        return []
    deadline = time.monotonic() + limits.total
    if identity is None or identity.is_current:
        results = _run_here(questions, limits=limits, deadline=deadline)
    else:
        results = run_as(
            identity,
            lambda emit: _Round(questions, limits=limits, deadline=deadline, emit=emit).run(),
            deadline=deadline + 1,
        )
    outcomes = {result["index"]: _decode(result) for result in results}
    unasked = Outcome(
        None, ResponderError("responder_timeout", f"not answered within {limits.total:g} s"), limits.total
    )
    return [outcomes.get(index, unasked) for index in range(len(questions))]


def _run_here(questions: t.Sequence[Question], *, limits: Limits, deadline: float) -> list[Result]:
    found: queue.Queue[Result] = queue.Queue()
    round_ = _Round(questions, limits=limits, deadline=deadline, emit=found.put)
    # Name resolution cannot be interrupted: a thread that hangs there is left behind.
    threading.Thread(target=round_.run, daemon=True).start()
    results: list[Result] = []
    while len(results) < len(questions):
        try:
            results.append(found.get(timeout=max(0.0, deadline + 1 - time.monotonic())))
        except queue.Empty:
            break
    return results


class _Round:
    """All questions, sorted by the host that is connected to, with a few threads for each host."""

    def __init__(self, questions: t.Sequence[Question], *, limits: Limits, deadline: float, emit: Emit) -> None:
        self.limits = limits
        self.deadline = deadline
        self.emit = emit
        self.lock = threading.Lock()
        self.faults: dict[tuple[str, int], list[ResponderError]] = {}
        self.waiting: dict[str, list[tuple[int, Question]]] = {}
        for index, question in enumerate(questions):
            self.waiting.setdefault(question.where.endpoint.host, []).append((index, question))

    def run(self) -> None:
        lanes: queue.SimpleQueue[list[tuple[int, Question]]] = queue.SimpleQueue()
        count = 0
        for waiting in self.waiting.values():
            waiting.reverse()
            for _number in range(min(PER_HOST, len(waiting))):
                lanes.put(waiting)
                count += 1
        threads = [
            threading.Thread(target=self._work, args=(lanes,), daemon=True)
            for _number in range(min(count, _MAXIMUM_THREADS))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, lanes: queue.SimpleQueue[list[tuple[int, Question]]]) -> None:
        while True:
            try:
                waiting = lanes.get_nowait()
            except queue.Empty:
                return
            while True:
                with self.lock:
                    if not waiting:
                        break
                    index, question = waiting.pop()
                result = self._ask(question)
                with self.lock:
                    self.emit({"index": index, **result})

    def _ask(self, question: Question) -> Result:
        begin = time.monotonic()
        place = (question.where.host, question.where.port)
        with self.lock:
            known = self.faults.setdefault(place, [])
            fault = known[-1] if len(known) >= _GIVE_UP_AFTER else None
        if fault is None:
            try:
                answer = ask(question.where, question.request, timeout=self.limits.timeout, deadline=self.deadline)
                return _encode(Outcome(answer, None, time.monotonic() - begin))
            except ResponderError as error:
                fault = error
                if error.code in _ENDPOINT_FAULTS:
                    with self.lock:
                        known.append(error)
        return _encode(Outcome(None, fault, time.monotonic() - begin))


def _encode(outcome: Outcome) -> Result:
    answer, error = outcome.answer, outcome.error
    return {
        "body": base64.b64encode(answer.body).decode("ascii") if answer else None,
        "word": error.code if error else None,
        "detail": error.message if error else "",
        "attempts": [list(attempt) for attempt in outcome.attempts],
        "elapsed": outcome.elapsed,
    }


def _decode(result: Result) -> Outcome:
    attempts = tuple(Attempt(*attempt) for attempt in result["attempts"])
    if result["word"] is None:
        return Outcome(Answer(base64.b64decode(result["body"]), attempts), None, result["elapsed"])
    return Outcome(None, ResponderError(result["word"], result["detail"], attempts), result["elapsed"])
