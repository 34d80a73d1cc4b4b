# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Judges an OCSP response as the strictest client would.

Each check has a client that makes it: the signature and the signer everybody, nextUpdate RFC 5019, SHA-1 signatures and
the signer's own certificate Firefox. httpd makes few of them and staples the rest.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    BOOLEAN,
    OID,
    SEQUENCE,
    DerError,
    children,
    element,
    expect,
    octets,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import validity_of
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import (
    CertificateError,
    load_der,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import parsed
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import comparable_name, show_name
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import MOD_SSL_LARGEST_RESPONSE
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import (
    certificate_id,
    digest,
    key_bits,
    serial_number,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.response import (
    BIT_STRING,
    BasicResponse,
    OcspParseError,
    SingleResponse,
    parse_response,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.signature import (
    UnsupportedSignature,
    is_signed_by,
    signature_algorithm,
    verify,
)

if HAS_CRYPTOGRAPHY:
    from cryptography import x509

HTTPD_SKEW = 300
FIREFOX_MAXIMUM_AGE = 10 * 86400

_EXTENDED_KEY_USAGE = bytes.fromhex("551d25")
_KEY_USAGE = bytes.fromhex("551d0f")
_BASIC_CONSTRAINTS = bytes.fromhex("551d13")
_OCSP_SIGNING = bytes.fromhex("2b06010505070309")


@dataclass(frozen=True)
class Rules:
    """
    What is asked of a response, beyond what every client asks; a limit of 0 is none.

    max_skew is how far thisUpdate may lie ahead of our clock, max_age how far back whatever nextUpdate says. nextUpdate
    gets no such grace: a client whose clock is right gives none. requested_hash is the CertID hash of the request where
    there was one; httpd finds no other.
    """

    max_skew: int = HTTPD_SKEW
    max_age: int = FIREFOX_MAXIMUM_AGE
    min_validity: int = 0
    max_size: int = MOD_SSL_LARGEST_RESPONSE
    requested_hash: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What a response says, as far as it could be read, and the first thing that is wrong with it."""

    response_status: str | None = None
    certificate_status: str | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    produced_at: datetime | None = None
    revocation_time: datetime | None = None
    revocation_reason: str | None = None
    signature_valid: bool | None = None
    signer: str | None = None
    signer_subject: str | None = None
    certid_hash: str | None = None
    nonce: bool = False
    size: int = 0
    problem: str | None = None
    detail: str = ""

    @property
    def acceptable(self) -> bool:
        return self.problem is None


@dataclass
class _Findings:
    """Collects what is wrong. The first one found is reported, so the order of the checks matters."""

    problem: str | None = None
    detail: str = ""
    words: set[str] = field(default_factory=set)

    def add(self, word: str, detail: str = "") -> None:
        if self.problem is None:
            self.problem, self.detail = word, detail
        self.words.add(word)


class _Signer(t.NamedTuple):
    kind: str | None
    subject: str | None
    signature_valid: bool | None


def validate_response(
    data: bytes,
    *,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    now: datetime,
    rules: Rules,
) -> Verdict:
    """Judge the response for this certificate at this moment. Whatever the bytes are, the answer is a verdict."""
    size = len(data)
    try:
        response = parse_response(data)
    except OcspParseError as error:
        return Verdict(size=size, problem="not_ocsp", detail=str(error))
    basic = response.basic
    if basic is None:
        return Verdict(size=size, response_status=response.status, problem=response.status)
    findings = _Findings()
    signer = _check_signature(basic, issuer=issuer, now=now, findings=findings)
    single = _find_single(basic, certificate=certificate, issuer=issuer, rules=rules, findings=findings)
    about: dict[str, t.Any] = {}
    if single is not None:
        about = {
            "certificate_status": single.certificate_status,
            "this_update": single.this_update,
            "next_update": single.next_update,
            "revocation_time": single.revocation_time,
            "revocation_reason": single.revocation_reason,
            "certid_hash": single.certificate_id.hash_name,
        }
        if basic.critical_extensions or single.critical_extensions:
            findings.add("critical_extension")
        _check_status(single, findings)
        _check_dates(single, now=now, rules=rules, findings=findings)
    if rules.max_size and size > rules.max_size:
        findings.add("too_large", f"{size} bytes, the limit is {rules.max_size}")
    return Verdict(
        response_status=response.status,
        produced_at=basic.produced_at,
        signature_valid=signer.signature_valid,
        signer=signer.kind,
        signer_subject=signer.subject,
        nonce=basic.nonce,
        size=size,
        problem=findings.problem,
        detail=findings.detail,
        **about,
    )


@lru_cache(maxsize=256)
def format_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def verdict_fields(verdict: Verdict | None) -> dict[str, t.Any]:
    """The part of a module's result that says what stands in the response."""
    found = verdict or Verdict()
    return {
        "response_status": found.response_status,
        "certificate_status": found.certificate_status,
        "this_update": format_time(found.this_update),
        "next_update": format_time(found.next_update),
        "revocation_time": format_time(found.revocation_time),
        "revocation_reason": found.revocation_reason,
        "signature_valid": found.signature_valid,
        "signer": found.signer,
        "signer_subject": found.signer_subject,
        "certid_hash": found.certid_hash,
        "response_size": verdict.size if verdict else None,
    }


def subject_of(certificate: x509.Certificate) -> str:
    return show_name(parsed(certificate).tbs.subject)


def _find_single(
    basic: BasicResponse,
    *,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    rules: Rules,
    findings: _Findings,
) -> SingleResponse | None:
    """The part about this certificate. Of several, the worst one: a client may pick any."""
    try:
        wanted = {
            name: certificate_id(certificate=certificate, issuer=issuer, hash_name=name)
            for name in {single.certificate_id.hash_name for single in basic.responses}
            if name
        }
    except DerError as error:
        findings.add("certificate_unreadable", str(error))
        return None
    matching = [single for single in basic.responses if single.certificate_id in wanted.values()]
    if not matching:
        findings.add("other_certificate", _what_it_is_about(basic, certificate))
        return None
    if rules.requested_hash and all(single.certificate_id.hash_name != rules.requested_hash for single in matching):
        findings.add(
            "certid_algorithm",
            f"asked with {rules.requested_hash}, answered with {matching[0].certificate_id.hash_name}",
        )
    severity = {"good": 0, "unknown": 1, "revoked": 2}
    return max(matching, key=lambda single: severity[single.certificate_status])


def _what_it_is_about(basic: BasicResponse, certificate: x509.Certificate) -> str:
    serials = [single.certificate_id.serial_number for single in basic.responses]
    if not serials:
        return "it is about no certificate at all"
    if serial_number(certificate) in serials:
        return "the serial number is right, the issuer is another one"
    return f"it is about serial number {serials[0]:x}, this certificate's is {serial_number(certificate):x}"


def _check_status(single: SingleResponse, findings: _Findings) -> None:
    if single.certificate_status == "revoked":
        when = format_time(single.revocation_time)
        findings.add("revoked", f"since {when}" + (f", {single.revocation_reason}" if single.revocation_reason else ""))
    elif single.certificate_status == "unknown":
        findings.add("unknown")


def _check_dates(single: SingleResponse, *, now: datetime, rules: Rules, findings: _Findings) -> None:
    if single.this_update > now + timedelta(seconds=rules.max_skew):
        findings.add("future", f"thisUpdate is {format_time(single.this_update)}, now is {format_time(now)}")
    if single.next_update is None:
        findings.add("no_next_update")
        return
    remaining = (single.next_update - now).total_seconds()
    if remaining <= 0:
        findings.add("stale", f"nextUpdate was {format_time(single.next_update)}, now is {format_time(now)}")
    elif single.next_update <= single.this_update:
        findings.add("stale", "nextUpdate is not after thisUpdate")
    elif rules.max_age and now - single.this_update > timedelta(seconds=rules.max_age):
        findings.add("too_old", f"thisUpdate is {format_time(single.this_update)}, now is {format_time(now)}")
    elif remaining < rules.min_validity:
        findings.add("expires_soon", f"{int(remaining)} s left, {rules.min_validity} s wanted")


def _check_signature(basic: BasicResponse, *, issuer: x509.Certificate, now: datetime, findings: _Findings) -> _Signer:
    """Find who signed; only a signer with the authority to do so counts."""
    try:
        algorithm = signature_algorithm(basic.signature_algorithm, basic.signature_parameters)
        certificate, kind = _signer_certificate(basic, issuer=issuer)
        if certificate is None:
            findings.add(
                "wrong_signer",
                "the responder that it names is not the issuer, and its certificate is not in the response",
            )
            return _Signer(None, None, None)
        valid = verify(certificate=certificate, algorithm=algorithm, signature=basic.signature, data=basic.signed_bytes)
    except UnsupportedSignature as error:
        findings.add("unsupported_algorithm", str(error))
        return _Signer(None, None, None)
    subject = subject_of(certificate)
    if not valid:
        findings.add("bad_signature")
        return _Signer(kind, subject, False)
    if kind == "delegated":
        try:
            _check_delegation(certificate, issuer=issuer, now=now, findings=findings)
        except UnsupportedSignature as error:
            findings.add("unsupported_algorithm", f"certificate of the responder: {error}")
            return _Signer(kind, subject, None)
    if algorithm.weak:
        findings.add("weak_signature", algorithm.hash_name)
    return _Signer(kind, subject, "wrong_signer" not in findings.words)


def _signer_certificate(
    basic: BasicResponse, *, issuer: x509.Certificate
) -> tuple[x509.Certificate | None, str | None]:
    """The certificate that the responder ID names: the issuer's own, or one that comes with the response."""
    if _is_responder(basic, issuer):
        return issuer, "issuer"
    for encoded in basic.certificates:
        certificate = _responder_certificate(encoded)
        if certificate is not None and _is_responder(basic, certificate):
            return certificate, "delegated"
    return None, None


@lru_cache(maxsize=64)
def _responder_certificate(encoded: bytes) -> x509.Certificate | None:
    """A responder sends the same one with each of its answers."""
    try:
        return load_der(encoded)
    except CertificateError:
        return None


def _is_responder(basic: BasicResponse, certificate: x509.Certificate) -> bool:
    if basic.responder_name is not None:
        return comparable_name(basic.responder_name) == comparable_name(parsed(certificate).tbs.subject)
    try:
        # RFC 6960 fixes SHA-1 here; it only names the key.
        return basic.responder_key_hash == digest("sha1", key_bits(certificate))
    except DerError:
        return False


def _check_delegation(
    certificate: x509.Certificate, *, issuer: x509.Certificate, now: datetime, findings: _Findings
) -> None:
    """RFC 6960, 4.2.2.2: issued by the very CA that issued the certificate, for signing OCSP responses, and valid."""
    signer = parsed(certificate)
    if comparable_name(signer.tbs.issuer) != comparable_name(parsed(issuer).tbs.subject) or not is_signed_by(
        certificate, issuer
    ):
        findings.add("wrong_signer", f"{subject_of(certificate)} was not issued by {subject_of(issuer)}")
        return
    try:
        fault = _not_a_responder_because(signer.tbs.extensions)
    except DerError as error:
        fault = f"its extensions cannot be read ({error})"
    if fault:
        findings.add("signer_not_authorized", fault)
    begin, end = validity_of(certificate)
    if begin is None or end is None or not begin <= now <= end:
        findings.add("signer_expired", f"valid from {format_time(begin)} to {format_time(end)}")


def _not_a_responder_because(extensions: dict[bytes, bytes]) -> str | None:
    usage = extensions.get(_EXTENDED_KEY_USAGE)
    if usage is None or _OCSP_SIGNING not in _identifiers(usage):
        return "it lacks the extended key usage OCSPSigning"
    constraints = extensions.get(_BASIC_CONSTRAINTS)
    if constraints is not None and any(
        found.tag == BOOLEAN for found in children(constraints, element(constraints, 0, len(constraints)))
    ):
        # Firefox: a CA's certificate is not an end entity's. DER leaves cA out when it is false.
        return "it is a CA certificate"
    key_usage = extensions.get(_KEY_USAGE)
    if key_usage is not None:
        bits = octets(key_usage, expect(key_usage, 0, len(key_usage), BIT_STRING))
        if len(bits) < 2 or not bits[1] & 0x80:
            return "its key usage does not allow signatures"
    return None


def _identifiers(value: bytes) -> list[bytes]:
    return [
        octets(value, found) for found in children(value, expect(value, 0, len(value), SEQUENCE)) if found.tag == OID
    ]
