# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Confirms staples: handshakes in a pool of threads, each answer judged as the strictest client would.

The judging is done afterwards in one thread. It is Python from end to end, so that threads cannot share it among
themselves; beside the handshakes it would only make them wait for the interpreter at each of their many short calls.
"""

from __future__ import annotations

import hashlib
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import validity_of
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import parsed
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.key import key_of_info
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Note, Rules, Verdict
from ansible_collections.stapling.httpd.plugins.module_utils._tls.context import Contexts
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import (
    Handshake,
    HandshakeError,
    Wanted,
    shake_hands,
)
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust

if HAS_CRYPTOGRAPHY:
    from cryptography import x509

# A fetch may still be going on behind these two; nothing else gets better by waiting.
_WORTH_ANOTHER_TRY = ("no_staple", "timeout")
# Whoever asks for no staple would not get any further.
_NO_CONNECTION = ("invalid_server_name", "unresolvable", "refused", "unreachable")


@dataclass(frozen=True)
class Target:
    """A handshake to make, and the certificates that may come of it (SHA-256, lower-case hex; none: any)."""

    wanted: Wanted
    expected_fingerprints: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Settings:
    """
    How to go about it; everything is in seconds.

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


@dataclass(frozen=True)
class Finding:
    """What came of one target. verdict is there when there was a staple and the issuer was found."""

    problem: str | None
    detail: str = ""
    alert: str | None = None
    handshake: Handshake | None = None
    verdict: Verdict | None = None
    fingerprint: str | None = None
    key_type: str | None = None
    not_after: datetime | None = None
    issuer_trusted: bool | None = None
    plain_handshake: bool | None = None
    attempts: int = 1
    elapsed: float = 0.0
    warnings: tuple[Note, ...] = ()


def confirm(targets: t.Sequence[Target], *, trust: Trust, settings: Settings) -> list[Finding]:
    """A finding for each target, in their order. Never raises for what a server does."""
    judge = _Judge(trust, settings)
    findings: dict[int, Finding] = {}
    pending = list(range(len(targets)))
    with ThreadPoolExecutor(max_workers=max(1, min(settings.workers, len(targets)))) as pool:
        for attempt in range(1, settings.retries + 2):
            seen = list(pool.map(lambda index: judge.look_at(targets[index]), pending))
            for index, sight in zip(pending, seen):
                earlier = findings[index].elapsed if index in findings else 0.0
                finding = judge.confirm(targets[index], sight)
                findings[index] = replace(finding, attempts=attempt, elapsed=earlier + sight.elapsed)
            pending = [index for index in pending if findings[index].problem in _WORTH_ANOTHER_TRY]
            if not pending or attempt > settings.retries or judge.remaining() <= settings.delay:
                break
            time.sleep(settings.delay)
    return [findings[index] for index in range(len(targets))]


class _Sight(t.NamedTuple):
    """What a target showed, and when; plain is the same without being asked for a staple, None where not tried."""

    handshake: Handshake | HandshakeError
    moment: datetime
    plain: Handshake | HandshakeError | None
    elapsed: float


class _Leaf(t.NamedTuple):
    """What can be said about a certificate that was served, apart from its staple."""

    certificate: x509.Certificate | None
    fingerprint: str
    key_type: str | None
    issuer: x509.Certificate | None
    issuer_trusted: bool | None
    not_before: datetime | None
    not_after: datetime | None


class _Judge:
    """Certificates and staples are looked at once, however many targets present them."""

    def __init__(self, trust: Trust, settings: Settings) -> None:
        self.trust = trust
        self.settings = settings
        self.contexts = Contexts()
        self.deadline = time.monotonic() + settings.total_timeout
        self._leaves: dict[tuple[bytes, ...], _Leaf] = {}
        self._verdicts: dict[tuple[str, bytes], Verdict] = {}

    def remaining(self) -> float:
        return self.deadline - time.monotonic()

    def look_at(self, target: Target) -> _Sight:
        """Everything that takes the network, to be done by many threads at once."""
        begin = time.monotonic()
        handshake = self._try(target.wanted)
        moment = _now()
        plain: Handshake | HandshakeError | None = None
        if self.settings.without_status_request and not _is_no_connection(handshake):
            plain = self._try(target.wanted._replace(status_request=False))
        return _Sight(handshake, moment, plain, time.monotonic() - begin)

    def confirm(self, target: Target, sight: _Sight) -> Finding:
        """What to say about it, all but the number of attempts and the time that they took."""
        if isinstance(sight.handshake, HandshakeError):
            error = sight.handshake
            finding = Finding(error.code, self._explained(error, target.wanted), alert=error.alert)
        else:
            finding = self._judge(sight.handshake, target, sight.moment)
        if not self.settings.without_status_request:
            return finding
        if isinstance(sight.plain, Handshake):
            return replace(finding, plain_handshake=True)
        if sight.plain is not None and finding.problem is None:
            detail = sight.plain.message or sight.plain.code
            return replace(finding, problem="plain_handshake_failed", detail=detail, plain_handshake=False)
        return replace(finding, plain_handshake=False)

    def _try(self, wanted: Wanted) -> Handshake | HandshakeError:
        try:
            return self._shake_hands(wanted)
        except HandshakeError as error:
            # A new one: that which was raised holds on to its whole stack, and so to OpenSSL's buffers.
            return HandshakeError(error.code, error.message, error.alert)

    def _shake_hands(self, wanted: Wanted) -> Handshake:
        timeout = min(self.settings.timeout, self.remaining())
        if timeout <= 0:
            raise HandshakeError("timeout", f"not tried, for {self.settings.total_timeout:g} s were over before")
        try:
            return shake_hands(wanted, contexts=self.contexts, timeout=timeout)
        except HandshakeError as error:
            if error.alert != "protocol version" or not self._is_limited(wanted):
                raise
        # TLS 1.2 was our choice and not that of the caller; perhaps the certificate is the wanted one anyway.
        return shake_hands(wanted._replace(tls_version="TLSv1.3"), contexts=self.contexts, timeout=timeout)

    def _is_limited(self, wanted: Wanted) -> bool:
        if wanted.key_type is None or wanted.tls_version is not None:
            return False
        return self.contexts.get(key_type=wanted.key_type).forced_by == "cipher_list"

    def _explained(self, error: HandshakeError, wanted: Wanted) -> str:
        if wanted.key_type and error.alert == "handshake failure":
            return f"{error.message}, as from a server without a certificate of type {wanted.key_type}"
        return error.message

    def _judge(self, handshake: Handshake, target: Target, now: datetime) -> Finding:
        if not handshake.chain:
            return Finding("handshake_failed", "the server presented no certificate", handshake=handshake)
        leaf = self._leaf(handshake.chain)
        verdict = self._verdict(leaf, handshake.staple, now)
        problem, detail = self._problem(handshake, target, leaf, verdict, now)
        return Finding(
            problem,
            detail,
            handshake=handshake,
            verdict=verdict,
            fingerprint=leaf.fingerprint,
            key_type=leaf.key_type,
            not_after=leaf.not_after,
            issuer_trusted=leaf.issuer_trusted,
            warnings=verdict.warnings if verdict else (),
        )

    def _problem(
        self, handshake: Handshake, target: Target, leaf: _Leaf, verdict: Verdict | None, now: datetime
    ) -> tuple[str | None, str]:
        """The first thing that is wrong, from what matters most to what matters least."""
        if target.expected_fingerprints and leaf.fingerprint not in target.expected_fingerprints:
            return "wrong_certificate", f"SHA-256 fingerprint {leaf.fingerprint}"
        if leaf.certificate is None or leaf.not_before is None or leaf.not_after is None:
            return "certificate_unreadable", ""
        if target.wanted.key_type and leaf.key_type != target.wanted.key_type:
            word = "wrong_key_type" if handshake.forced_by else "key_type_not_forced"
            return word, f"{leaf.key_type} where {target.wanted.key_type} was asked for"
        if not handshake.staple:
            return "no_staple", ""
        if verdict is None:
            return "issuer_missing", "neither does the server send it, nor is it among the trusted certificates"
        if verdict.problem:
            return verdict.problem, verdict.detail
        if not leaf.not_before <= now <= leaf.not_after:
            return "certificate_expired", ""
        if self.settings.strict_trust and not leaf.issuer_trusted:
            return "untrusted", ""
        return None, ""

    def _leaf(self, chain: tuple[bytes, ...]) -> _Leaf:
        found = self._leaves.get(chain)
        if found is None:
            found = self._leaves[chain] = self._read(chain)
        return found

    def _read(self, chain: tuple[bytes, ...]) -> _Leaf:
        fingerprint = hashlib.sha256(chain[0]).hexdigest()
        certificate = self.trust.certificate(chain[0])
        if certificate is None:
            return _Leaf(None, fingerprint, None, None, None, None, None)
        issuer = self.trust.issuer_of(certificate, chain[1:])
        not_before, not_after = validity_of(certificate)
        return _Leaf(
            certificate,
            fingerprint,
            key_of_info(parsed(certificate).tbs.public_key)[0],
            issuer.certificate if issuer else None,
            issuer.trusted if issuer else None,
            not_before,
            not_after,
        )

    def _verdict(self, leaf: _Leaf, staple: bytes, now: datetime) -> Verdict | None:
        if not staple or leaf.certificate is None or leaf.issuer is None:
            return None
        key = (leaf.fingerprint, staple)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = validate_response(
                staple, certificate=leaf.certificate, issuer=leaf.issuer, now=now, rules=self.settings.rules
            )
        return verdict


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _is_no_connection(handshake: Handshake | HandshakeError) -> bool:
    return isinstance(handshake, HandshakeError) and handshake.code in _NO_CONNECTION
