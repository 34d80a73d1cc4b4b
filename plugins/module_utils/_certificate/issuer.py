# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds who issued a certificate: the candidate whose name and key match and whose signature verifies."""

from __future__ import annotations

import typing as t
from functools import cached_property, lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import DerError, TbsCertificate, read_tbs
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.extensions import (
    Extensions,
    authority_key,
    read_extensions,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.key import key_digest
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import comparable_name
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import UnsupportedSignature, made_by
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY

if HAS_CRYPTOGRAPHY:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization


class Parsed:
    """A certificate with the parts of it that are compared again and again.

    `certificate` is null where there is no cryptography, so that no signature can be verified.
    """

    def __init__(self, certificate: x509.Certificate | None, der: bytes, tbs: TbsCertificate) -> None:
        self.certificate = certificate
        self.der = der
        self.tbs = tbs

    @cached_property
    def extensions(self) -> Extensions:
        """Its extensions, read when they are first asked for: to judge a response, those of the issuer are enough."""
        return read_extensions(self.tbs)


_EMPTY = TbsCertificate(serial=b"", issuer=b"", subject=b"", public_key=b"", extensions={}, duplicates=())


def parse(certificate: x509.Certificate) -> Parsed:
    """Take a certificate apart. Never raises: what the reader here cannot follow is empty."""
    return parse_loaded(certificate, certificate.public_bytes(serialization.Encoding.DER))


def parse_loaded(certificate: x509.Certificate | None, der: bytes) -> Parsed:
    """Take a certificate apart whose DER is at hand. Never raises: what the reader here cannot follow is empty."""
    try:
        tbs = read_tbs(der)
    except DerError:
        tbs = _EMPTY
    return Parsed(certificate, der, tbs)


@lru_cache(maxsize=256)
def parsed(certificate: x509.Certificate) -> Parsed:
    """Take a certificate apart, once: an issuer is looked at for every certificate that it has issued."""
    return parse(certificate)


def find_issuer(certificate: x509.Certificate, candidates: t.Iterable[x509.Certificate]) -> x509.Certificate | None:
    """Return the first candidate that really signed the certificate, or None."""
    child = parsed(certificate)
    for candidate in candidates:
        if is_issued_by(child, parsed(candidate)):
            return candidate
    return None


class IssuerIndex:
    """Candidates by subject, so that looking for the issuers of many certificates stays linear.

    With trust_key_identifiers, a signature is not verified where a certificate names the digest of the candidate's very
    key: no other key can be meant, and httpd does not look further either.
    """

    def __init__(self, *, trust_key_identifiers: bool = False) -> None:
        self._trust_key_identifiers = trust_key_identifiers
        self._by_subject: dict[tuple[object, ...], list[tuple[Parsed, str | None]]] = {}

    def add(self, candidate: Parsed, path: str | None) -> None:
        """Add a candidate and the file that it is in."""
        self._by_subject.setdefault(comparable_name(candidate.tbs.subject), []).append((candidate, path))

    def find(self, child: Parsed) -> tuple[Parsed, str | None] | None:
        """Return the first candidate that issued this certificate and its file, or None."""
        for candidate, path in self._by_subject.get(comparable_name(child.tbs.issuer), ()):
            if is_issued_by(child, candidate, trust_key_identifiers=self._trust_key_identifiers):
                return candidate, path
        return None


def is_issued_by(child: Parsed, issuer: Parsed, *, trust_key_identifiers: bool = False) -> bool:
    """Return whether names and key identifiers match as for OpenSSL, and the signature verifies."""
    if not child.tbs.issuer or comparable_name(child.tbs.issuer) != comparable_name(issuer.tbs.subject):
        return False
    if not issuer.extensions.may_sign_certificates:
        return False
    named = authority_key(child.tbs)
    present = issuer.extensions.subject_key
    if named is not None and present is not None and named != present:
        return False
    if trust_key_identifiers and named is not None and named == present == key_digest(issuer.tbs.public_key):
        return True
    if issuer.certificate is None:
        return False
    try:
        return made_by(child.der, issuer.certificate)
    except UnsupportedSignature:
        # What cannot be verified proves nothing: anybody can write a name and a key identifier into a certificate.
        return False
