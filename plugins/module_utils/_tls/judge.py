# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Judges what a server presented in a handshake: its certificate, its chain and its staple.

For one thread at a time. Certificates and staples are judged once, however many targets present them.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import validity_of
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import parsed
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.key import key_of_info
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.server import covers
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._errors import describe_unforeseen
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Findings, Note, Rules, Verdict
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import Handshake, HandshakeRequest
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Chain, Trust

if HAS_CRYPTOGRAPHY:
    from cryptography import x509


@dataclass(frozen=True)
class Target:
    """A handshake to make, and the certificates that may come of it (SHA-256, lower-case hex; none: any).

    staple says whether a staple is due; without, the handshake alone is judged. unreached_before says that it could
    not be made earlier, so that it need not be made now. old_tls_only says that the server is configured for TLS 1.1
    at most.
    """

    requested: HandshakeRequest
    expected_fingerprints: frozenset[str] = frozenset()
    staple: bool = True
    unreached_before: bool = False
    old_tls_only: bool = False


# Another server answered, or the virtual host with another certificate than the one that is looked for.
_ANOTHER_ANSWERED = ("wrong_certificate", "wrong_key_type", "key_type_not_forced")
# What lies in the configuration of the site or in the network, whatever is stapled.
_NEVER_COUNT = ("address_elsewhere", "old_tls_only")


@dataclass(frozen=True)
class Finding:
    """What came of one target. verdict is there when there was a staple and the issuer was found.

    handshake has neither the chain nor the staple any more: strangers decide how large these are.
    """

    problem: str | None
    detail: str = ""
    alert: str | None = None
    handshake: Handshake | None = None
    stapled: bool | None = None
    verdict: Verdict | None = None
    fingerprint: str | None = None
    key_type: str | None = None
    not_after: datetime | None = None
    issuer_trusted: bool | None = None
    plain_handshake: bool | None = None
    attempts: int = 1
    elapsed: float = 0.0
    warnings: tuple[Note, ...] = ()
    excused: bool = False

    @property
    def reached(self) -> bool:
        """Whether there was a handshake with the virtual host that was looked for."""
        return self.handshake is not None and self.problem not in _ANOTHER_ANSWERED

    def is_excused(self, target: Target) -> bool:
        """Tell whether the problem is none of stapling: it was there before, or lies with the site."""
        return self.problem in _NEVER_COUNT or (target.unreached_before and not self.reached)


class _Leaf(t.NamedTuple):
    """What can be said about a certificate that was served, apart from its staple."""

    certificate: x509.Certificate | None
    fingerprint: str
    key_type: str | None = None
    chain: Chain = Chain()
    not_before: datetime | None = None
    not_after: datetime | None = None


class Judge:
    """Judges handshakes by the same rules; strict_trust refuses chains that are not trusted."""

    def __init__(self, trust: Trust, rules: Rules, *, strict_trust: bool = False) -> None:
        self.trust = trust
        self.rules = rules
        self.strict_trust = strict_trust
        self._leaves: dict[bytes, _Leaf] = {}
        self._verdicts: dict[tuple[str, bytes], Verdict] = {}

    def judge(self, handshake: Handshake, target: Target, now: datetime) -> Finding:
        """Return what a client makes of this handshake; never raises, whatever was presented."""
        seen: dict[str, t.Any] = {
            "handshake": handshake.without_content(),
            "stapled": bool(handshake.staple),
        }
        try:
            return self._judge(handshake, target, now, seen)
        except Exception as error:  # noqa: BLE001
            # One target must not end the run for all; what nobody foresaw is reported like any other problem.
            return Finding("judge_failed", describe_unforeseen(error), **seen)

    def _judge(self, handshake: Handshake, target: Target, now: datetime, seen: dict[str, t.Any]) -> Finding:
        if not handshake.chain:
            return Finding("handshake_failed", "the server presented no certificate", **seen)
        leaf = self._leaf(handshake, now)
        verdict = self._verdict(leaf, handshake.staple, now)
        findings = Findings(self.rules.accepted)
        self._check_certificate(handshake, target, leaf, findings)
        if target.staple:
            self._check_staple(handshake, verdict, findings)
            self._check_chain(target, leaf, now, findings)
        if handshake.client_refused:
            findings.warn("client_certificate")
        return Finding(
            findings.problem,
            findings.detail,
            verdict=verdict,
            fingerprint=leaf.fingerprint,
            key_type=leaf.key_type,
            not_after=leaf.not_after,
            issuer_trusted=leaf.chain.trusted if leaf.chain.issuer else None,
            warnings=tuple(findings.warnings),
            **seen,
        )

    # The first problem found is reported, so these go from what matters most to what matters least.

    def _check_certificate(self, handshake: Handshake, target: Target, leaf: _Leaf, findings: Findings) -> None:
        """Check that it is the certificate that was asked for."""
        if target.expected_fingerprints and leaf.fingerprint not in target.expected_fingerprints:
            findings.add("wrong_certificate", f"SHA-256 fingerprint {leaf.fingerprint}")
        if leaf.certificate is None or leaf.not_before is None or leaf.not_after is None:
            findings.add("certificate_unreadable")
        elif target.requested.key_type and leaf.key_type != target.requested.key_type:
            detail = f"{leaf.key_type} where {target.requested.key_type} was asked for"
            if handshake.forced_by:
                findings.add("wrong_key_type", detail)
            else:
                findings.add("key_type_not_forced", detail)

    def _check_staple(self, handshake: Handshake, verdict: Verdict | None, findings: Findings) -> None:
        """Pass on what is wrong with the staple."""
        if not handshake.staple:
            findings.add("no_staple")
        elif verdict is None:
            findings.add("issuer_missing", "neither does the server send it, nor is it among the trusted certificates")
        else:
            for word, detail in verdict.warnings:
                findings.warn(word, detail)
            if verdict.problem:
                findings.add(verdict.problem, verdict.detail)

    def _check_chain(self, target: Target, leaf: _Leaf, now: datetime, findings: Findings) -> None:
        """Check what clients check besides the staple: dates, the chain and the name."""
        if leaf.certificate is None or leaf.not_before is None or leaf.not_after is None:
            return
        if not leaf.not_before <= now <= leaf.not_after:
            findings.add("certificate_expired")
        chain = leaf.chain
        if chain.problem is not None:
            findings.add(*chain.problem)
        elif not chain.trusted and self.strict_trust:
            findings.add("untrusted", f"it ends below {chain.missing}" if chain.missing else "")
        elif not chain.trusted and chain.missing:
            findings.warn("chain_incomplete", f"{chain.missing} is not sent")
        name = target.requested.server_name
        if name and not covers(parsed(leaf.certificate).tbs, name):
            findings.warn("name_mismatch")

    def _leaf(self, handshake: Handshake, now: datetime) -> _Leaf:
        key = hashlib.sha256(b"".join([hashlib.sha256(der).digest() for der in handshake.chain])).digest()
        found = self._leaves.get(key)
        if found is None:
            found = self._leaves[key] = self._read(handshake, now)
        return found

    def _read(self, handshake: Handshake, now: datetime) -> _Leaf:
        chain = handshake.chain
        fingerprint = hashlib.sha256(chain[0]).hexdigest()
        certificate = self.trust.certificate(chain[0])
        if certificate is None:
            return _Leaf(None, fingerprint)
        not_before, not_after = validity_of(certificate)
        return _Leaf(
            certificate,
            fingerprint,
            key_of_info(parsed(certificate).tbs.public_key)[0],
            self.trust.judge(certificate, chain[1:], now, loaded=handshake.loaded),
            not_before,
            not_after,
        )

    def _verdict(self, leaf: _Leaf, staple: bytes, now: datetime) -> Verdict | None:
        issuer = leaf.chain.issuer
        if not staple or leaf.certificate is None or issuer is None:
            return None
        key = (leaf.fingerprint, hashlib.sha256(staple).digest())
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = validate_response(
                staple, certificate=leaf.certificate, issuer=issuer, now=now, rules=self.rules
            )
        return verdict
