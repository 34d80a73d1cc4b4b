# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to many responders at once, but to each of them gently, and to none at the expense of another."""

from __future__ import annotations

import queue
import threading
import time
import typing as t
from collections import deque
from dataclasses import dataclass, field

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import Emit, Identity, Result, run_as
from ansible_collections.stapling.httpd.plugins.module_utils._connection import Attempt
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.answer import MAXIMUM_BODY
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import (
    Answer,
    Destination,
    ResponderError,
    ask,
)

PER_HOST = 4
# One that has not answered yet is asked one question at a time, so that slow ones do not take all threads.
_PER_UNPROVEN_HOST = 1
_MAXIMUM_THREADS = 32
# As many bytes of responses may be on their way to the reader; half of the threads stay in any case.
_IN_FLIGHT = 16 * 1024 * 1024
# A place that was out of reach this often in a row is not tried again for the questions that are left.
_GIVE_UP_AFTER = 2
# One step may use up its time, as where the first address of a name is dead, and the rest of the question goes on.
_STEPS = 2

_Place = tuple[str, int, str]


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
        """The addresses that were tried."""
        source = self.answer or self.error
        return source.attempts if source else ()


@dataclass(frozen=True)
class Limits:
    """Seconds for each step of a question and for all questions together, and bytes of a response that are kept."""

    timeout: float
    total: float
    keep: int = MAXIMUM_BODY


def ask_each(
    questions: t.Sequence[Question], *, limits: Limits, identity: Identity | None = None
) -> t.Iterator[tuple[int, Outcome]]:
    """Ask every question, in parallel, as the given user; yield the index of each and its outcome as it comes.

    A question takes at most twice the timeout, name resolution and all addresses included. What there was no time for
    is `not_asked`.
    """
    left = set(range(len(questions)))
    if not left:
        return
    deadline = time.monotonic() + limits.total
    if identity is None or identity.is_current:
        results = _run_here(questions, limits=limits, deadline=deadline)
    else:
        results = run_as(
            identity,
            lambda emit: _Round(questions, limits=limits, deadline=deadline, emit=emit).run(),
            deadline=deadline + 1,
        )
    for result, body in results:
        left.discard(result["index"])
        yield result["index"], _decode(result, body)
    for index in sorted(left):
        yield index, Outcome(None, ResponderError("not_asked", f"the {limits.total:g} s for all were over"), 0.0)


def _run_here(questions: t.Sequence[Question], *, limits: Limits, deadline: float) -> t.Iterator[tuple[Result, bytes]]:
    # As with a child process, nobody works ahead of the reader: responses are not piled up.
    found: queue.Queue[tuple[Result, bytes] | None] = queue.Queue(maxsize=1)
    over = threading.Event()

    def emit(result: Result, body: bytes) -> None:
        put((result, body))

    def put(entry: tuple[Result, bytes] | None) -> None:
        while not over.is_set():
            try:
                found.put(entry, timeout=0.5)
            except queue.Full:
                continue
            return

    def work() -> None:
        _Round(questions, limits=limits, deadline=deadline, emit=emit).run()
        put(None)

    threading.Thread(target=work, daemon=True).start()
    try:
        while True:
            entry = found.get(timeout=max(0.0, deadline + 1 - time.monotonic()))
            if entry is None:
                return
            yield entry
    except queue.Empty:
        return
    finally:
        over.set()


@dataclass
class _Lane:
    """The questions for one host, and how many of them are being asked."""

    waiting: deque[tuple[int, Question]] = field(default_factory=deque)
    active: int = 0
    proven: bool = False

    @property
    def has_room(self) -> bool:
        """Whether one more question can be asked now."""
        return bool(self.waiting) and self.active < (PER_HOST if self.proven else _PER_UNPROVEN_HOST)


class _Round:
    """All questions, sorted by the responder's host, and the threads that ask them."""

    def __init__(self, questions: t.Sequence[Question], *, limits: Limits, deadline: float, emit: Emit) -> None:
        self.limits = limits
        self.deadline = deadline
        self.emit = emit
        self.faults: dict[_Place, list[ResponderError]] = {}
        self.changed = threading.Condition()
        self.emitting = threading.Lock()
        lanes: dict[str, _Lane] = {}
        for index, question in enumerate(questions):
            lanes.setdefault(question.where.endpoint.host, _Lane()).waiting.append((index, question))
        self.lanes = deque(lanes.values())
        at_once = max(_MAXIMUM_THREADS // 2, _IN_FLIGHT // limits.keep)
        self.threads = min(len(questions), _MAXIMUM_THREADS, at_once)

    def run(self) -> None:
        """Ask all questions; return when the last one has its outcome."""
        threads = [threading.Thread(target=self._work, daemon=True) for _number in range(self.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        while True:
            taken = self._take()
            if taken is None:
                return
            lane, index, question = taken
            begin = time.monotonic()
            outcome = self._ask(question)
            with self.changed:
                lane.active -= 1
                lane.proven = lane.proven or outcome.answer is not None
                self.changed.notify_all()
            result = _encode(index, outcome, time.monotonic() - begin)
            with self.emitting:
                self.emit(result, outcome.answer.body if outcome.answer else b"")

    def _take(self) -> tuple[_Lane, int, Question] | None:
        """Take a question for the host with the fewest open ones; None if none is left or too little time."""
        # With less time a responder would be blamed for what the others took.
        latest = self.deadline - min(self.limits.timeout, self.limits.total / 2)
        with self.changed:
            while time.monotonic() < latest:
                lane = self._least_busy()
                if lane is not None:
                    lane.active += 1
                    return lane, *lane.waiting.popleft()
                if not self.lanes:
                    return None
                self.changed.wait(max(0.0, latest - time.monotonic()))
        return None

    def _least_busy(self) -> _Lane | None:
        best: _Lane | None = None
        for _number in range(len(self.lanes)):
            lane = self.lanes.popleft()
            if not lane.waiting:
                continue
            # Whoever was looked at stands last from now on.
            self.lanes.append(lane)
            if lane.has_room and (best is None or lane.active < best.active):
                best = lane
                if lane.active == 0:
                    break
        return best

    def _ask(self, question: Question) -> Outcome:
        where = question.where
        with self.changed:
            known = next((self.faults[place][-1] for place in _places(where) if self._is_given_up(place)), None)
        if known is not None:
            return Outcome(None, known, 0.0)
        deadline = min(self.deadline, time.monotonic() + _STEPS * self.limits.timeout)
        try:
            answer = ask(where, question.request, timeout=self.limits.timeout, deadline=deadline, keep=self.limits.keep)
        except ResponderError as error:
            # Without its traceback, which would keep all that was read in memory.
            fault = ResponderError(error.code, error.message, error.attempts)
            place = _place_of(fault, where)
            if place is not None:
                with self.changed:
                    self.faults.setdefault(place, []).append(fault)
            return Outcome(None, fault, 0.0)
        with self.changed:
            for place in _places(where):
                self.faults.pop(place, None)
        return Outcome(answer, None, 0.0)

    def _is_given_up(self, place: _Place) -> bool:
        return len(self.faults.get(place, ())) >= _GIVE_UP_AFTER


def _place_of(error: ResponderError, where: Destination) -> _Place | None:
    """Return what is out of reach: the proxy, the responder's endpoint, or one path there; None for other faults."""
    proxy, endpoint, path = _places(where)
    if error.code in ("proxy_unresolvable", "proxy_unreachable"):
        return proxy
    if error.code in ("responder_unresolvable", "responder_unreachable"):
        return endpoint
    return path if error.code == "responder_timeout" else None


def _places(where: Destination) -> tuple[_Place, _Place, _Place]:
    endpoint = where.endpoint
    return (
        (f"proxy {where.host}", where.port, ""),
        (endpoint.host, endpoint.port, ""),
        (endpoint.host, endpoint.port, endpoint.path or "/"),
    )


def _encode(index: int, outcome: Outcome, elapsed: float) -> Result:
    error = outcome.error
    return {
        "index": index,
        "word": error.code if error else None,
        "detail": error.message if error else "",
        "attempts": [list(attempt) for attempt in outcome.attempts],
        "elapsed": elapsed,
    }


def _decode(result: Result, body: bytes) -> Outcome:
    attempts = tuple(Attempt(*attempt) for attempt in result["attempts"])
    if result["word"] is None:
        return Outcome(Answer((body,), attempts), None, result["elapsed"])
    return Outcome(None, ResponderError(result["word"], result["detail"], attempts), result["elapsed"])
