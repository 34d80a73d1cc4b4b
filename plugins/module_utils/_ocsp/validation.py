# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Judges an OCSP response as the strictest client would.

Each check has a client that makes it; docs/strict_clients.md names them. httpd makes few of them and staples the rest.
"""

from __future__ import annotations

import typing as t
from datetime import datetime
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import DerError
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import (
    CertificateError,
    load_der,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import parsed
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import comparable_name, show_name
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import (
    Algorithm,
    UnsupportedSignature,
    verify,
)
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.delegate import (
    delegate_problems,
    is_signed_by,
    loads_in_gnutls,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import digest, key_bits
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.response import (
    BasicResponse,
    OcspParseError,
    parse_response,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.signature import accepted_algorithm, check_key
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.statements import find_statement
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Findings, Rules, Verdict

if HAS_CRYPTOGRAPHY:
    from cryptography import x509

FIREFOX_MAXIMUM_CERTIFICATES = 8


class _Signer(t.NamedTuple):
    """Who signed: `issuer` or `delegated`, its certificate, and whether the signature proves it."""

    kind: str | None = None
    certificate: x509.Certificate | None = None
    signature_valid: bool | None = None


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
        response = parse_response(data, ignore_rest=rules.ignore_rest)
    except OcspParseError as error:
        return Verdict(size=size, problem=error.code, detail=str(error))
    basic = response.basic
    if basic is None:
        return Verdict(size=size, response_status=response.status, problem=response.status)
    findings = Findings(rules.accepted)
    signer = _check_signature(basic, issuer=issuer, now=now, findings=findings)
    single = find_statement(basic, certificate=certificate, issuer=issuer, now=now, rules=rules, findings=findings)
    if rules.max_size and size > rules.max_size:
        findings.add("too_large", f"{size} bytes, the limit is {rules.max_size}")
    return Verdict(
        response_status=response.status,
        certificate_status=single.certificate_status if single else None,
        this_update=single.this_update if single else None,
        next_update=single.next_update if single else None,
        produced_at=basic.produced_at,
        revocation_time=single.revocation_time if single else None,
        revocation_reason=single.revocation_reason if single else None,
        signature_valid=signer.signature_valid,
        signer=signer.kind,
        signer_subject=subject_of(signer.certificate) if signer.certificate else None,
        certid_hash=single.certificate_id.hash_name if single else None,
        nonce=basic.nonce,
        size=size,
        problem=findings.problem,
        detail=findings.detail,
        warnings=tuple(findings.warnings),
    )


def subject_of(certificate: x509.Certificate) -> str:
    """Return the subject of a certificate for people."""
    return show_name(parsed(certificate).tbs.subject)


def _check_signature(basic: BasicResponse, *, issuer: x509.Certificate, now: datetime, findings: Findings) -> _Signer:
    """Find who signed; only a signer with the authority to do so counts."""
    if len(basic.certificates) > FIREFOX_MAXIMUM_CERTIFICATES:
        detail = f"{len(basic.certificates)} where Firefox takes {FIREFOX_MAXIMUM_CERTIFICATES}"
        findings.add("bad_certificates", detail)
        return _Signer()
    sent = [_sent_certificate(encoded) for encoded in basic.certificates]
    if None in sent:
        findings.add("bad_certificates", "one of them is no certificate, which OpenSSL, GnuTLS, Java and Go refuse")
    try:
        algorithm = accepted_algorithm(basic.signature_algorithm, basic.signature_parameters)
        signer, kind = _signer_certificate(basic, issuer=issuer, sent=sent)
        if signer is None:
            detail = "the responder that it names is not the issuer, and its certificate is not in the response"
            findings.add("wrong_signer", detail)
            return _Signer()
        check_key(signer)
        valid = verify(certificate=signer, algorithm=algorithm, signature=basic.signature, data=basic.signed_bytes)
    except UnsupportedSignature as error:
        findings.add("unsupported_algorithm", error.message)
        return _Signer()
    if not valid:
        findings.add("bad_signature")
        return _Signer(kind, signer, False)
    if kind == "issuer" and _sends_another_issuer(basic, issuer=issuer, sent=sent):
        findings.add(
            "bad_certificates",
            "the issuer's certificate in it is another one than the server's, which GnuTLS refuses",
        )
    problems = delegate_problems(signer, issuer, now) if kind == "delegated" else []
    for word, detail in problems:
        findings.add(word, detail)
    if kind == "delegated" and not all(found in (None, signer) or loads_in_gnutls(found) for found in sent):
        findings.add(
            "bad_certificates", "one of them has damaged alternative names or an extension twice; GnuTLS refuses it"
        )
    if basic.responder_name is not None and basic.responder_name != parsed(signer).tbs.subject:
        findings.add("responder_name_differs", "NSS, Firefox and, for a delegated responder, GnuTLS refuse it")
    if algorithm.hash_name == "sha1":
        findings.warn("outdated_signature", f"{algorithm}; systems with a crypto policy like that of RHEL 9 refuse it")
    _check_for_go(algorithm, signer, sent, issuer=issuer, findings=findings)
    words = {word for word, _detail in problems}
    return _Signer(kind, signer, None if "unsupported_algorithm" in words else "wrong_signer" not in words)


def _sends_another_issuer(
    basic: BasicResponse, *, issuer: x509.Certificate, sent: list[x509.Certificate | None]
) -> bool:
    """Tell whether the responder's certificate in the response is the issuer's by name and key, but not by its bytes.

    An authority that is certified twice has two of these. GnuTLS takes the one that is not in the server's chain for
    that of a delegated responder, and does not find it to be signed by the issuer.
    """
    named = [certificate for certificate in sent if certificate is not None and _is_responder(basic, certificate)]
    return bool(named) and named[0] != issuer


def _check_for_go(
    algorithm: Algorithm,
    signer: x509.Certificate,
    sent: list[x509.Certificate | None],
    *,
    issuer: x509.Certificate,
    findings: Findings,
) -> None:
    """Warn of what only Go's library (x/crypto/ocsp) refuses: it takes the first certificate for the signer's."""
    if algorithm.kind == "pss":
        findings.warn("go_refuses", f"{algorithm}, which it does not know")
    elif sent and sent[0] is not None and not _is_signers(sent[0], signer, issuer):
        findings.warn("go_refuses", "the first certificate in the response is not that of a delegated signer")


def _is_signers(first: x509.Certificate, signer: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        return key_bits(first) == key_bits(signer) and is_signed_by(first, issuer)
    except (DerError, UnsupportedSignature):
        return False


def _signer_certificate(
    basic: BasicResponse, *, issuer: x509.Certificate, sent: list[x509.Certificate | None]
) -> tuple[x509.Certificate | None, str | None]:
    """Return the certificate that the responder ID names: the issuer's own, or one that comes with the response."""
    if _is_responder(basic, issuer):
        return issuer, "issuer"
    for certificate in sent:
        if certificate is not None and _is_responder(basic, certificate):
            return certificate, "delegated"
    return None, None


@lru_cache(maxsize=64)
def _sent_certificate(encoded: bytes) -> x509.Certificate | None:
    """Return a certificate of the response, loaded once: a responder sends the same one with each of its answers."""
    try:
        certificate = load_der(encoded)
    except CertificateError:
        return None
    # What cryptography reads and our own reader does not is nothing that every client reads.
    return certificate if parsed(certificate).tbs.public_key else None


def _is_responder(basic: BasicResponse, certificate: x509.Certificate) -> bool:
    if basic.responder_name is not None:
        return comparable_name(basic.responder_name) == comparable_name(parsed(certificate).tbs.subject)
    try:
        # RFC 6960 fixes SHA-1 here; it only names the key.
        return basic.responder_key_hash == digest("sha1", key_bits(certificate))
    except DerError:
        return False
