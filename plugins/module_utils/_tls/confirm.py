# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Confirms staples: handshakes in a pool of threads, each answer judged as the strictest client would.

Hundreds of handshakes are made before the first is judged, and none while one is judged: that is Python from end to
end, and threads that make each other wait for the interpreter take a sixth more of the processor's time.
"""

from __future__ import annotations

import contextlib
import gc
import threading
import time
import typing as t
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from ansible_collections.stapling.httpd.plugins.module_utils._errors import describe_unforeseen
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules
from ansible_collections.stapling.httpd.plugins.module_utils._tls.context import Contexts
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import (
    Handshake,
    HandshakeError,
    HandshakeRequest,
    shake_hands,
)
from ansible_collections.stapling.httpd.plugins.module_utils._tls.judge import Finding, Judge, Target
from ansible_collections.stapling.httpd.plugins.module_utils._tls.local_addresses import held_addresses, is_elsewhere
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust

__all__ = ("Finding", "Settings", "Target", "confirm")

# A fetch may still be going on behind these two; nothing else gets better by waiting.
_WORTH_ANOTHER_TRY = ("no_staple", "timeout")
# Whoever asks for no staple would not get any further.
_NO_CONNECTION = ("invalid_server_name", "unresolvable", "refused", "unreachable", "address_elsewhere", "old_tls_only")
# Handshakes that are kept until they are judged; more would take too much memory.
_AT_ONCE = 1000
# Bytes of a handshake that is not kept until all are made, but judged at once; a usual one has 5,000.
_LARGE = 16 * 1024
Result = t.TypeVar("Result")


@dataclass(frozen=True)
class Settings:
    """How to go about it; everything is in seconds.

    timeout is for a whole handshake, total_timeout for all of them, delay between two rounds. strict_trust refuses
    chains that are not trusted. own_addresses says that the targets are this host's own: no connection is made to an
    address that it does not hold. tolerant excuses targets that cannot be reached, as long as one can be.
    """

    timeout: float = 10
    total_timeout: float = 600
    retries: int = 3
    delay: float = 1
    workers: int = 16
    rules: Rules = field(default_factory=Rules)
    strict_trust: bool = False
    without_status_request: bool = False
    own_addresses: bool = False
    tolerant: bool = False


def confirm(targets: t.Sequence[Target], *, trust: Trust, settings: Settings) -> list[Finding]:
    """Return a finding for each target, in their order. Never raises for what a server does."""
    observer = _Observer(Judge(trust, settings.rules, strict_trust=settings.strict_trust), settings)
    findings: dict[int, Finding] = {}
    pending = list(range(len(targets)))
    with _what_is_loaded_stays(), ThreadPoolExecutor(max(1, settings.workers)) as pool:
        for attempt in range(1, settings.retries + 2):
            for index, finding in _found(observer, targets, pending, pool):
                earlier = findings[index].elapsed if index in findings else 0.0
                findings[index] = replace(finding, attempts=attempt, elapsed=earlier + finding.elapsed)
            pending = [index for index in pending if _is_worth_another_try(findings[index], targets[index])]
            if not pending or attempt > settings.retries or observer.remaining() <= settings.delay:
                break
            time.sleep(settings.delay)
    return _excused([findings[index] for index in range(len(targets))], targets, tolerant=settings.tolerant)


@contextlib.contextmanager
def _what_is_loaded_stays() -> t.Iterator[None]:
    """Have the collector of garbage pass over all modules; to look through them again and again takes a while."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _found(
    observer: _Observer, targets: t.Sequence[Target], numbers: t.Sequence[int], pool: ThreadPoolExecutor
) -> t.Iterator[tuple[int, Finding]]:
    """Shake hands with many of these targets, then judge each, and so on; what was judged need not be kept."""
    for begin in range(0, len(numbers), _AT_ONCE):
        part = numbers[begin : begin + _AT_ONCE]
        workers = max(1, min(observer.settings.workers, len(part)))
        seen = _of_each(lambda number: observer.observe(targets[number]), part, pool=pool, workers=workers)
        for number in part:
            sight = seen.pop(number)
            yield number, observer.judged(targets[number], sight) if isinstance(sight, _Sight) else sight


def _of_each(
    work: t.Callable[[int], Result], numbers: t.Iterable[int], *, pool: ThreadPoolExecutor, workers: int
) -> dict[int, Result]:
    """Return what comes of the work with each number.

    The pool's own map() wakes the thread that asks after each of them, which takes a twentieth of the time.
    """
    left = deque(numbers)
    results: dict[int, Result] = {}

    def go_on(_worker: int) -> None:
        while True:
            try:
                number = left.popleft()
            except IndexError:
                return
            results[number] = work(number)

    try:
        list(pool.map(go_on, range(workers)))
    finally:
        # Whoever is interrupted does not wait for the rest.
        left.clear()
    return results


def _is_worth_another_try(finding: Finding, target: Target) -> bool:
    return finding.problem in _WORTH_ANOTHER_TRY and not finding.is_excused(target)


def _excused(findings: list[Finding], targets: t.Sequence[Target], *, tolerant: bool) -> list[Finding]:
    """Mark the findings that do not count."""
    tolerant = tolerant and any(finding.reached for finding in findings)
    return [
        replace(finding, excused=finding.is_excused(target) or (tolerant and _is_out_of_reach(finding)))
        for finding, target in zip(findings, targets)
    ]


def _is_out_of_reach(finding: Finding) -> bool:
    """Tell whether clients that ask for no staple do not get there either; then stapling is not to blame."""
    return not finding.reached and (finding.handshake is not None or finding.plain_handshake is not True)


class _Sight(t.NamedTuple):
    """What a target showed, and when; plain is the same without being asked for a staple, None where not tried."""

    handshake: Handshake | HandshakeError
    moment: datetime
    plain: HandshakeError | bool | None
    elapsed: float

    @property
    def size(self) -> int:
        """Number of bytes that the server decided on."""
        if isinstance(self.handshake, HandshakeError):
            return 0
        return len(self.handshake.staple) + sum(len(der) for der in self.handshake.chain)


class _Observer:
    """Makes the handshakes, in many threads, and has them judged, in one at a time."""

    def __init__(self, judge: Judge, settings: Settings) -> None:
        self.judge = judge
        self.settings = settings
        self.contexts = Contexts()
        self.held = held_addresses() if settings.own_addresses else None
        self.deadline = time.monotonic() + settings.total_timeout
        self._judging = threading.Lock()

    def remaining(self) -> float:
        """Return the seconds that are left for all targets."""
        return self.deadline - time.monotonic()

    def observe(self, target: Target) -> _Sight | Finding:
        """Shake hands; what is too large to be kept is judged at once, so that strangers cannot fill the memory."""
        sight = self.look_at(target)
        if sight.size <= _LARGE:
            return sight
        return self.judged(target, sight)

    def judged(self, target: Target, sight: _Sight) -> Finding:
        """Have a sight judged, by one thread at a time."""
        with self._judging:
            return self.conclude(target, sight)

    def look_at(self, target: Target) -> _Sight:
        """Do everything that takes the network, in many threads at once."""
        begin = time.monotonic()
        # Such a server answers with whatever alert its OpenSSL has for it.
        handshake = HandshakeError("old_tls_only") if target.old_tls_only else self._try(target.requested)
        moment = _now()
        plain: HandshakeError | bool | None = None
        if self.settings.without_status_request and not _is_no_connection(handshake):
            found = self._try(target.requested._replace(status_request=False))
            plain = found if isinstance(found, HandshakeError) else True
        return _Sight(handshake, moment, plain, time.monotonic() - begin)

    def conclude(self, target: Target, sight: _Sight) -> Finding:
        """Return what to say about it, all but the number of attempts and the time that earlier ones took."""
        if isinstance(sight.handshake, HandshakeError):
            error = sight.handshake
            finding = Finding(error.code, self._explained(error, target.requested), alert=error.alert)
        else:
            finding = self.judge.judge(sight.handshake, target, sight.moment)
        if not self.settings.without_status_request:
            return replace(finding, elapsed=sight.elapsed)
        if isinstance(sight.plain, HandshakeError) and finding.problem is None:
            detail = sight.plain.message or sight.plain.code
            finding = replace(finding, problem="plain_handshake_failed", detail=detail)
        return replace(finding, plain_handshake=sight.plain is True, elapsed=sight.elapsed)

    def _try(self, requested: HandshakeRequest) -> Handshake | HandshakeError:
        try:
            return self._shake_hands(requested)
        except HandshakeError as error:
            # A new one: that which was raised holds on to its whole stack, and so to OpenSSL's buffers.
            return HandshakeError(error.code, error.message, error.alert)
        except Exception as error:  # noqa: BLE001
            # One target must not end the run for all; what nobody foresaw is reported like any other problem.
            return HandshakeError("judge_failed", describe_unforeseen(error))

    def _shake_hands(self, requested: HandshakeRequest) -> Handshake:
        if is_elsewhere(requested.address, self.held):
            raise HandshakeError("address_elsewhere")
        timeout = min(self.settings.timeout, self.remaining())
        if timeout <= 0:
            raise HandshakeError("timeout", f"not tried, for {self.settings.total_timeout:g} s were over before")
        try:
            return shake_hands(requested, contexts=self.contexts, timeout=timeout)
        except HandshakeError as error:
            if error.alert != "protocol version":
                raise
            if not self._is_limited(requested):
                raise _as_old_server(error, requested) from error
        # TLS 1.2 was chosen here and not by the caller; the certificate may be the requested one all the same.
        return shake_hands(requested._replace(tls_version="TLSv1.3"), contexts=self.contexts, timeout=timeout)

    def _is_limited(self, requested: HandshakeRequest) -> bool:
        if requested.key_type is None or requested.tls_version is not None:
            return False
        return self.contexts.get(key_type=requested.key_type).forced_by == "cipher_list"

    def _explained(self, error: HandshakeError, requested: HandshakeRequest) -> str:
        if requested.key_type and error.alert == "handshake failure":
            return f"{error.message}, as from a server without a certificate of type {requested.key_type}"
        return error.message


def _as_old_server(error: HandshakeError, requested: HandshakeRequest) -> HandshakeError:
    """Return what a server means that takes none of the versions that were offered, which were all from 1.2 on."""
    if requested.tls_version is not None:
        return error
    return HandshakeError("old_tls_only", error.message, error.alert)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _is_no_connection(handshake: Handshake | HandshakeError) -> bool:
    return isinstance(handshake, HandshakeError) and handshake.code in _NO_CONNECTION
