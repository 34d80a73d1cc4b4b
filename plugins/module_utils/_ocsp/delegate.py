# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Judges the certificate of a delegated responder (RFC 6960, 4.2.2.2) as the strictest client would.

Clients verify it like any other certificate, each with checks of its own; httpd does not look at it.
"""

from __future__ import annotations

import typing as t
from datetime import datetime
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    DerError,
    Element,
    element,
    octets,
    whole,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import Parsed, parsed
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import comparable_name, show_name
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import UnsupportedSignature, made_by
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.strict import (
    GENERALIZED_TIME,
    UTC_TIME,
    DerReader,
    Extension,
    check_timestamps,
    expect_tag,
)
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.signature import accepted_algorithm, check_key

if HAS_CRYPTOGRAPHY:
    from cryptography import x509

EXTENDED_KEY_USAGE = bytes.fromhex("551d25")
KEY_USAGE = bytes.fromhex("551d0f")
BASIC_CONSTRAINTS = bytes.fromhex("551d13")
AUTHORITY_KEY_IDENTIFIER = bytes.fromhex("551d23")
SUBJECT_KEY_IDENTIFIER = bytes.fromhex("551d0e")
_SUBJECT_ALTERNATIVE_NAME = bytes.fromhex("551d11")
_ISSUER_ALTERNATIVE_NAME = bytes.fromhex("551d12")
_CRL_DISTRIBUTION_POINTS = bytes.fromhex("551d1f")
_CERTIFICATE_POLICIES = bytes.fromhex("551d20")
_EMBEDDED_TIMESTAMPS = bytes.fromhex("2b06010401d679020402")
_OCSP_SIGNING = bytes.fromhex("2b06010505070309")
# What every client knows well enough that it may be critical.
_KNOWN = (EXTENDED_KEY_USAGE, KEY_USAGE, BASIC_CONSTRAINTS, _SUBJECT_ALTERNATIVE_NAME, _CERTIFICATE_POLICIES)
_DIGITAL_SIGNATURE_OR_NON_REPUDIATION = 0xC0
# The kinds of GeneralName (RFC 5280, 4.2.1.6): those that are texts, and all.
_TEXT_NAMES = (0x81, 0x82, 0x86)
_NAMES = (*_TEXT_NAMES, 0x87, 0x88, 0xA0, 0xA3, 0xA4, 0xA5)

Problem = tuple[str, str]


class _Certificate(t.NamedTuple):
    """A responder's certificate, read strictly."""

    issuer: bytes
    algorithm: bytes
    parameters: bytes
    begin: datetime
    end: datetime
    extensions: dict[bytes, Extension]


class _Delegation(t.NamedTuple):
    """What is wrong with a responder's certificate whatever the time is, and when it is valid."""

    problems: tuple[Problem, ...]
    begin: datetime | None
    end: datetime | None


def delegate_problems(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> list[Problem]:
    """Return everything that some client finds wrong with this responder's certificate: words and details."""
    delegation = _judge(certificate, issuer)
    problems = list(delegation.problems)
    begin, end = delegation.begin, delegation.end
    if begin is not None and end is not None and not begin <= now <= end:
        problems.append(("signer_expired", f"valid from {begin:%Y-%m-%dT%H:%M:%SZ} to {end:%Y-%m-%dT%H:%M:%SZ}"))
    return problems


# A responder sends the same certificate with each of its answers.


@lru_cache(maxsize=256)
def _judge(certificate: x509.Certificate, issuer: x509.Certificate) -> _Delegation:
    signer, authority = parsed(certificate), parsed(issuer)
    try:
        foreign = comparable_name(signer.tbs.issuer) != comparable_name(authority.tbs.subject) or not is_signed_by(
            certificate, issuer
        )
    except UnsupportedSignature as error:
        return _Delegation((("unsupported_algorithm", f"certificate of the responder: {error}"),), None, None)
    if foreign:
        text = f"{show_name(signer.tbs.subject)} was not issued by {show_name(authority.tbs.subject)}"
        return _Delegation((("wrong_signer", text),), None, None)
    try:
        found = _Reader(signer.der).certificate()
        problems = tuple(_problems(found, certificate, authority))
    except DerError as error:
        return _Delegation((("signer_malformed", str(error)),), None, None)
    return _Delegation(problems, found.begin, found.end)


@lru_cache(maxsize=256)
def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether the issuer's key made the certificate's signature, or raise UnsupportedSignature."""
    return made_by(parsed(certificate).der, issuer)


@lru_cache(maxsize=256)
def loads_in_gnutls(certificate: x509.Certificate) -> bool:
    """Return whether GnuTLS loads a certificate that stands beside the signer's; if not, it refuses the response."""
    tbs = parsed(certificate).tbs
    names = [tbs.extensions.get(oid) for oid in (_SUBJECT_ALTERNATIVE_NAME, _ISSUER_ALTERNATIVE_NAME)]
    try:
        for value in names:
            if value is not None:
                _Reader(value).alternative_names(any_text=True)
    except DerError:
        return False
    return not tbs.duplicates


def _problems(found: _Certificate, certificate: x509.Certificate, authority: Parsed) -> t.Iterator[Problem]:
    if found.issuer != authority.tbs.subject:
        yield "signer_name_differs", "NSS and Firefox compare byte for byte"
    try:
        algorithm = accepted_algorithm(found.algorithm, found.parameters)
        check_key(certificate)
        if algorithm.hash_name == "sha1":
            yield "weak_signature", f"{algorithm}; GnuTLS and Firefox refuse it"
    except UnsupportedSignature as error:
        yield "unsupported_algorithm", f"certificate of the responder: {error}"
    fault = _not_a_responder_because(found.extensions)
    if fault:
        yield "signer_not_authorized", fault
    if not _names_key_of(found.extensions, authority):
        yield "signer_key_identifier", "OpenSSL, GnuTLS and NSS refuse it"
    unknown = [
        extension for extension in found.extensions.values() if extension.critical and extension.oid not in _KNOWN
    ]
    if unknown:
        yield "signer_critical_extension", "OpenSSL, GnuTLS, NSS and Firefox refuse it"


def _not_a_responder_because(extensions: dict[bytes, Extension]) -> str | None:
    """Return why a certificate with these extensions may not sign responses, or None."""
    usage = extensions.get(EXTENDED_KEY_USAGE)
    if usage is None or _OCSP_SIGNING not in _Reader(usage.value).purposes():
        return "it lacks the extended key usage OCSPSigning"
    constraints = extensions.get(BASIC_CONSTRAINTS)
    if constraints is not None and _Reader(constraints.value).is_ca():
        return "it is a CA certificate, which NSS and Firefox refuse"
    key_usage = extensions.get(KEY_USAGE)
    if key_usage is not None and not _Reader(key_usage.value).first_bits() & _DIGITAL_SIGNATURE_OR_NON_REPUDIATION:
        return "its key usage does not allow signatures, which NSS refuses"
    return None


def _names_key_of(extensions: dict[bytes, Extension], authority: Parsed) -> bool:
    """Return whether the authority key identifier, where there is one, fits the authority's certificate."""
    extension = extensions.get(AUTHORITY_KEY_IDENTIFIER)
    if extension is None:
        return True
    key, serial = _Reader(extension.value).authority_key()
    present = authority.extensions.subject_key
    if key is not None and present is not None and key != present:
        return False
    return serial is None or serial == authority.tbs.serial


class _Reader(DerReader):
    """Reads the parts of a responder's certificate; raises DerError for what some client refuses to parse."""

    def certificate(self) -> _Certificate:
        """Read a Certificate (RFC 5280, 4.1)."""
        parts = self.outer("certificate")
        if len(parts) != 3:
            raise DerError("not a certificate")
        inside = self.children(expect_tag(parts[0], SEQUENCE))
        # Of version 1, it could have no extensions.
        if not inside or self.integer(self.explicit(inside.pop(0), 0xA0, INTEGER)) != 2:
            raise DerError("it is not of version 3")
        if len(inside) < 6:
            raise DerError("not a TBSCertificate")
        serial, algorithm, issuer, validity, subject, _key = inside[:6]
        self.integer(serial)
        oid, parameters = self.algorithm(algorithm)
        if whole(self.data, algorithm) != whole(self.data, parts[1]):
            raise DerError("it names two signature algorithms, one inside and one outside")
        self.whole_bytes(parts[2])
        times = self.children(expect_tag(validity, SEQUENCE))
        if len(times) != 2:
            raise DerError("not a Validity")
        self.name(subject)
        begin, end = (self.time(found, UTC_TIME if found.tag == UTC_TIME else GENERALIZED_TIME) for found in times)
        return _Certificate(self.name(issuer), oid, parameters, begin, end, self._extensions_of(inside[6:]))

    def _extensions_of(self, rest: list[Element]) -> dict[bytes, Extension]:
        if rest and [found.tag for found in rest] != [0xA3]:
            raise DerError("unknown fields behind the key")
        found = self.extensions(self.explicit(rest[0], 0xA3, SEQUENCE), explicit_defaults=True) if rest else []
        check_timestamps(found, _EMBEDDED_TIMESTAMPS)
        for extension in found:
            # OpenSSL reads these in any certificate that it verifies.
            if extension.oid == SUBJECT_KEY_IDENTIFIER:
                _Reader(extension.value).subject_key()
            elif extension.oid == _SUBJECT_ALTERNATIVE_NAME:
                _Reader(extension.value).alternative_names()
            elif extension.oid == _CRL_DISTRIBUTION_POINTS:
                _Reader(extension.value).distribution_points()
        return {extension.oid: extension for extension in found}

    def purposes(self) -> list[bytes]:
        """Read an ExtKeyUsageSyntax."""
        return [self.oid(part) for part in self.outer("extended key usage")]

    def is_ca(self) -> bool:
        """Read BasicConstraints. A cA of FALSE that is written out every client takes."""
        parts = self.outer("basic constraints")
        if parts and parts[-1].tag == INTEGER:
            self.integer(parts.pop())
        if len(parts) > 1:
            raise DerError("not BasicConstraints")
        return bool(parts) and self.boolean(parts[0])

    def first_bits(self) -> int:
        """Read the first octet of a KeyUsage, a BIT STRING whose last bits are cut off where they are zero."""
        found = element(self.data, 0, len(self.data))
        content = self.octets(found, 0x03)
        if found.end != len(self.data) or not 2 <= len(content) <= 3 or content[0] > 7:
            raise DerError("not a KeyUsage")
        if content[-1] & ((1 << content[0]) - 1) or not content[-1] & (1 << content[0]):
            raise DerError("the unused bits of its key usage are not counted rightly")
        return content[1]

    def subject_key(self) -> bytes:
        """Read a SubjectKeyIdentifier."""
        found = element(self.data, 0, len(self.data))
        if found.end != len(self.data):
            raise DerError("not a SubjectKeyIdentifier")
        return self.octets(found, OCTET_STRING)

    def alternative_names(self, *, any_text: bool = False) -> None:
        """Read GeneralNames; any_text allows characters that are not ASCII."""
        self._check_names(self.outer("alternative names"), any_text=any_text)

    def distribution_points(self) -> None:
        """Read CRLDistributionPoints (RFC 5280, 4.2.1.13)."""
        for point in self.outer("CRL distribution points"):
            for part in self.children(expect_tag(point, SEQUENCE)):
                if part.tag == 0xA0:
                    for name in self.children(part):
                        self._check_names(self.children(expect_tag(name, 0xA0)) if name.tag != 0xA1 else [])
                elif part.tag == 0xA2:
                    self._check_names(self.children(part))
                else:
                    self.octets(part, 0x81)

    def _check_names(self, names: list[Element], *, any_text: bool = False) -> None:
        for name in names:
            is_text = name.tag in _TEXT_NAMES
            if name.tag not in _NAMES or (is_text and not any_text and not octets(self.data, name).isascii()):
                raise DerError("a name in an extension is none")

    def authority_key(self) -> tuple[bytes | None, bytes | None]:
        """Read key identifier and serial number of an AuthorityKeyIdentifier."""
        parts = {part.tag: octets(self.data, part) for part in self.outer("authority key identifier")}
        if not set(parts) <= {0x80, 0xA1, 0x82}:
            raise DerError("not an AuthorityKeyIdentifier")
        return parts.get(0x80), parts.get(0x82)
