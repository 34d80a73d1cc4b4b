# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Confirms staples: handshakes in a pool of threads, each answer judged as the strictest client would.

The judging is done afterwards in one thread. It is Python from end to end, so that threads cannot share it among
themselves; beside the handshakes it would only make them wait for the interpreter at each of their many short calls.
"""

from __future__ import annotations

import threading
import time
import typing as t
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
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust

__all__ = ("Finding", "Settings", "Target", "confirm")

# A fetch may still be going on behind these two; nothing else gets better by waiting.
_WORTH_ANOTHER_TRY = ("no_staple", "timeout")
# Whoever asks for no staple would not get any further.
_NO_CONNECTION = ("invalid_server_name", "unresolvable", "refused", "unreachable")
# Bytes of a handshake that is not kept until all are made, but judged at once; a usual one has 5,000.
_LARGE = 16 * 1024


@dataclass(frozen=True)
class Settings:
    """How to go about it; everything is in seconds.

    timeout is for a whole handshake, total_timeout for all of them, delay between two rounds. strict_trust refuses
    chains that are not trusted.
    """

    timeout: float = 10
    total_timeout: float = 600
    retries: int = 3
    delay: float = 1
    workers: int = 16
    rules: Rules = field(default_factory=Rules)
    strict_trust: bool = False
    without_status_request: bool = False


def confirm(targets: t.Sequence[Target], *, trust: Trust, settings: Settings) -> list[Finding]:
    """Return a finding for each target, in their order. Never raises for what a server does."""
    observer = _Observer(Judge(trust, settings.rules, strict_trust=settings.strict_trust), settings)
    findings: dict[int, Finding] = {}
    pending = list(range(len(targets)))
    with ThreadPoolExecutor(max_workers=max(1, min(settings.workers, len(targets)))) as pool:
        for attempt in range(1, settings.retries + 2):
            seen = list(pool.map(lambda index: observer.observe(targets[index]), pending))
            for index, sight in zip(pending, seen):
                earlier = findings[index].elapsed if index in findings else 0.0
                finding = observer.conclude(targets[index], sight) if isinstance(sight, _Sight) else sight
                findings[index] = replace(finding, attempts=attempt, elapsed=earlier + finding.elapsed)
            pending = [index for index in pending if findings[index].problem in _WORTH_ANOTHER_TRY]
            if not pending or attempt > settings.retries or observer.remaining() <= settings.delay:
                break
            time.sleep(settings.delay)
    return [findings[index] for index in range(len(targets))]


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
        with self._judging:
            return self.conclude(target, sight)

    def look_at(self, target: Target) -> _Sight:
        """Do everything that takes the network, in many threads at once."""
        begin = time.monotonic()
        handshake = self._try(target.requested)
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
        timeout = min(self.settings.timeout, self.remaining())
        if timeout <= 0:
            raise HandshakeError("timeout", f"not tried, for {self.settings.total_timeout:g} s were over before")
        try:
            return shake_hands(requested, contexts=self.contexts, timeout=timeout)
        except HandshakeError as error:
            if error.alert != "protocol version" or not self._is_limited(requested):
                raise
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


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _is_no_connection(handshake: Handshake | HandshakeError) -> bool:
    return isinstance(handshake, HandshakeError) and handshake.code in _NO_CONNECTION
