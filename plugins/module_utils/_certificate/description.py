# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Certificates as this collection sees them: read a file, find the issuer, describe what matters for stapling.

The front of the package that modules import.
"""

from __future__ import annotations

import datetime
import hashlib
import typing as t
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import (
    CertificateError,
    load_certificates,
    load_if_possible,
    read_certificate_file,
    split_certificates,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import (
    IssuerIndex,
    Parsed,
    find_issuer,
    is_issued_by,
    parse,
    parse_loaded,
    parsed,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.key import key_of_info
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import shortened, show_name
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import (
    Endpoint,
    EndpointError,
    escape,
    parse_ocsp_uri,
)
from ansible_collections.stapling.httpd.plugins.module_utils._errors import describe_unforeseen

if HAS_CRYPTOGRAPHY:
    from cryptography import x509

    from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import UNSUPPORTED

__all__ = (
    "CertificateError",
    "Endpoint",
    "EndpointError",
    "IssuerIndex",
    "Parsed",
    "describe",
    "describe_parsed",
    "describe_problem",
    "escape",
    "find_issuer",
    "fingerprint_sha256",
    "load_certificates",
    "parse",
    "parse_certificates",
    "parse_ocsp_uri",
    "parsed",
    "read_certificate_file",
    "validity_of",
)


def parse_certificates(data: bytes, known: dict[bytes, Parsed] | None = None) -> list[Parsed]:
    """Return every certificate in a bundle, taken apart; those in known (by their DER) are not parsed again."""
    known = {} if known is None else known
    found = []
    for der in split_certificates(data):
        parsed = known.get(der)
        if parsed is None:
            parsed = known[der] = parse_loaded(load_if_possible(der), der)
        found.append(parsed)
    return found


def fingerprint_sha256(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint of a certificate: lower-case hexadecimal digits without separators."""
    return hashlib.sha256(parsed(certificate).der).hexdigest()


def describe(
    certificate: x509.Certificate,
    *,
    path: str | None = None,
    endpoint: str | None = None,
    issuer_path: str | None = None,
    issuer_available: bool | None = None,
    now: datetime.datetime | None = None,
) -> dict[str, t.Any]:
    """Return the description of a certificate that every module of this collection returns."""
    return describe_parsed(
        parsed(certificate),
        path=path,
        endpoint=endpoint,
        issuer_path=issuer_path,
        issuer_available=issuer_available,
        now=now,
    )


def describe_parsed(
    parsed: Parsed,
    *,
    path: str | None = None,
    endpoint: str | None = None,
    issuer_path: str | None = None,
    issuer_available: bool | None = None,
    now: datetime.datetime | None = None,
) -> dict[str, t.Any]:
    """Return the description of a certificate that was taken apart already; never raises, whatever stands in it."""
    try:
        description = _described(parsed, now or datetime.datetime.now(datetime.timezone.utc))
    except Exception as error:  # noqa: BLE001
        # One certificate must not end the run for all; what nobody foresaw is reported like any other problem.
        return describe_problem("judge_failed", describe_unforeseen(error), path=path, endpoint=endpoint)
    return {
        **_blank(path=path, endpoint=endpoint),
        **description,
        "issuer_available": issuer_path is not None if issuer_available is None else issuer_available,
        "issuer_path": issuer_path,
    }


def _described(parsed: Parsed, now: datetime.datetime) -> dict[str, t.Any]:
    """Return what stands in the certificate itself."""
    certificate, extensions = parsed.certificate, parsed.extensions
    flags = [{"code": code, "message": message} for code, message in extensions.warnings]
    not_before, not_after = validity_of(certificate)
    if not_before is None or not_after is None:
        flags.append({"code": "unreadable_dates", "message": "the dates of validity cannot be read"})
    key_type, key_bits = key_of_info(parsed.tbs.public_key)
    return {
        "subject": show_name(parsed.tbs.subject),
        "issuer": show_name(parsed.tbs.issuer),
        "serial_number": shortened(parsed.tbs.serial.lstrip(b"\0").hex()) or "00",
        "fingerprint_sha256": hashlib.sha256(parsed.der).hexdigest(),
        "not_before": _iso(not_before),
        "not_after": _iso(not_after),
        "key_type": key_type,
        "key_bits": key_bits,
        "subject_alt_names": list(extensions.alternative_names),
        "self_signed": _is_self_signed(parsed),
        "expired": not_after is not None and not_after < now,
        "not_yet_valid": not_before is not None and not_before > now,
        "ocsp_responders": [shortened(escape(uri)) for uri in extensions.ocsp_uris],
        "ocsp_endpoints": [describe_uri(uri) for uri in extensions.ocsp_uris],
        "ca_issuers": [shortened(escape(uri)) for uri in extensions.ca_issuers],
        "must_staple": extensions.must_staple,
        "is_ca": extensions.is_ca,
        "warnings": flags,
    }


def describe_problem(
    code: str, message: str, *, path: str | None = None, endpoint: str | None = None
) -> dict[str, t.Any]:
    """Return the description of a certificate that could not be read: the same keys, and the problem."""
    description = _blank(path=path, endpoint=endpoint)
    if path is not None and path not in message:
        message = f"{path}: {message}"
    description.update(problem=code, problem_message=escape(message))
    return description


def describe_uri(uri: str) -> dict[str, t.Any]:
    """Return a responder's URI, taken apart; problem is the reason why no endpoint can be made of it."""
    # A fleet has a handful of responders. The caller may change what it gets, so it gets its own.
    found = _described_uri(uri)
    return dict(found, warnings=list(found["warnings"]))


@lru_cache(maxsize=512)
def _described_uri(uri: str) -> dict[str, t.Any]:
    result: dict[str, t.Any] = {
        "uri": shortened(escape(uri)),
        "scheme": None,
        "host": None,
        "port": None,
        "problem": None,
        "warnings": [],
    }
    try:
        endpoint = parse_ocsp_uri(uri)
    except EndpointError as error:
        result["problem"] = error.code
        return result
    result.update(scheme=endpoint.scheme, host=endpoint.host, port=endpoint.port, warnings=list(endpoint.warnings))
    return result


def _blank(*, path: str | None, endpoint: str | None) -> dict[str, t.Any]:
    return {
        "path": path,
        "endpoint": endpoint,
        "subject": None,
        "issuer": None,
        "serial_number": None,
        "fingerprint_sha256": None,
        "not_before": None,
        "not_after": None,
        "key_type": None,
        "key_bits": None,
        "subject_alt_names": [],
        "self_signed": None,
        "expired": None,
        "not_yet_valid": None,
        "ocsp_responders": [],
        "ocsp_endpoints": [],
        "ca_issuers": [],
        "must_staple": None,
        "is_ca": None,
        "issuer_available": None,
        "issuer_path": None,
        "problem": None,
        "problem_message": None,
        "warnings": [],
    }


def validity_of(certificate: x509.Certificate | None) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """Return notBefore and notAfter in UTC, None where they cannot be read."""
    if certificate is None:
        return None, None
    try:
        # cryptography deprecates from 42 on what it had before.
        if hasattr(certificate, "not_valid_after_utc"):
            return certificate.not_valid_before_utc, certificate.not_valid_after_utc
        utc = datetime.timezone.utc
        return certificate.not_valid_before.replace(tzinfo=utc), certificate.not_valid_after.replace(tzinfo=utc)
    except UNSUPPORTED:
        return None, None


def _iso(moment: datetime.datetime | None) -> str | None:
    # isoformat() takes a fraction of the time of strftime(), and pads the years before 1000.
    return None if moment is None else moment.isoformat()[:19] + "Z"


def _is_self_signed(parsed: Parsed) -> bool:
    return parsed.tbs.subject == parsed.tbs.issuer and is_issued_by(parsed, parsed)
