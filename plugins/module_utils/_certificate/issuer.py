# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who issued a certificate: of the candidates, the one whose name and key match and whose signature verifies."""

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
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY

if HAS_CRYPTOGRAPHY:
    from cryptography import x509
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

    UNSUPPORTED: tuple[type[Exception], ...] = (
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
        UnsupportedAlgorithm,
        InternalError,
    )

_RSASSA_PSS = "1.2.840.113549.1.1.10"


class Parsed:
    """A certificate with the parts of it that are compared again and again."""

    def __init__(self, certificate: x509.Certificate, der: bytes, tbs: TbsCertificate) -> None:
        self.certificate = certificate
        self.der = der
        self.tbs = tbs

    @cached_property
    def extensions(self) -> Extensions:
        """Read when they are first asked for: to judge an OCSP response, those of the issuer are enough."""
        return read_extensions(self.tbs)


_EMPTY = TbsCertificate(serial=b"", issuer=b"", subject=b"", public_key=b"", extensions={}, duplicates=())


def parse(certificate: x509.Certificate) -> Parsed:
    """Take a certificate apart. Never raises: what our own reader cannot follow is empty."""
    return parse_loaded(certificate, certificate.public_bytes(serialization.Encoding.DER))


def parse_loaded(certificate: x509.Certificate, der: bytes) -> Parsed:
    """Like parse(), where the DER from which the certificate was loaded is at hand."""
    try:
        tbs = read_tbs(der)
    except DerError:
        tbs = _EMPTY
    return Parsed(certificate, der, tbs)


@lru_cache(maxsize=256)
def parsed(certificate: x509.Certificate) -> Parsed:
    """Like parse(), once: that of an issuer is looked at for every certificate that it has issued."""
    return parse(certificate)


def find_issuer(certificate: x509.Certificate, candidates: t.Iterable[x509.Certificate]) -> x509.Certificate | None:
    """The first candidate that really signed the certificate, or None."""
    child = parsed(certificate)
    for candidate in candidates:
        if is_issued_by(child, parsed(candidate)):
            return candidate
    return None


class IssuerIndex:
    """
    Candidates by subject, so that looking for the issuers of many certificates stays linear.

    With trust_key_identifiers, a signature is not verified where a certificate names the digest of the candidate's very
    key: no other key can be meant, and httpd does not look further either.
    """

    def __init__(self, *, trust_key_identifiers: bool = False) -> None:
        self._trust_key_identifiers = trust_key_identifiers
        self._by_subject: dict[tuple[object, ...], list[tuple[Parsed, str | None]]] = {}

    def add(self, candidate: Parsed, path: str | None) -> None:
        self._by_subject.setdefault(comparable_name(candidate.tbs.subject), []).append((candidate, path))

    def find(self, child: Parsed) -> tuple[Parsed, str | None] | None:
        for candidate, path in self._by_subject.get(comparable_name(child.tbs.issuer), ()):
            if is_issued_by(child, candidate, trust_key_identifiers=self._trust_key_identifiers):
                return candidate, path
        return None


def is_issued_by(child: Parsed, issuer: Parsed, *, trust_key_identifiers: bool = False) -> bool:
    """Names and key identifiers have to match as for OpenSSL, and the signature has to verify."""
    if not child.tbs.issuer or comparable_name(child.tbs.issuer) != comparable_name(issuer.tbs.subject):
        return False
    if not issuer.extensions.may_sign_certificates:
        return False
    wanted = authority_key(child.tbs)
    present = issuer.extensions.subject_key
    if wanted is not None and present is not None and wanted != present:
        return False
    if trust_key_identifiers and wanted is not None and wanted == present == key_digest(issuer.tbs.public_key):
        return True
    verified = _verify(child.certificate, issuer.certificate)
    if verified is None:
        # This cryptography cannot check such a signature; equal key identifiers are then the best evidence there is.
        return wanted is not None and wanted == present
    return verified


@lru_cache(maxsize=1024)
def public_key(certificate: x509.Certificate) -> t.Any:
    """The key of a CA or of a responder, loaded once. Raises what cryptography raises."""
    return certificate.public_key()


def _verify(child: x509.Certificate, issuer: x509.Certificate) -> bool | None:
    """Whether the signature verifies; None when that cannot be found out here."""
    try:
        key = public_key(issuer)
        signature, signed = child.signature, child.tbs_certificate_bytes
        if isinstance(key, rsa.RSAPublicKey):
            if child.signature_algorithm_oid.dotted_string == _RSASSA_PSS:
                # Known to cryptography 41 and later; before, AttributeError leads to None.
                scheme: t.Any = child.signature_algorithm_parameters
            else:
                scheme = padding.PKCS1v15()
            key.verify(signature, signed, scheme, t.cast(t.Any, child.signature_hash_algorithm))
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(t.cast(t.Any, child.signature_hash_algorithm)))
        elif isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, signed, t.cast(t.Any, child.signature_hash_algorithm))
        elif isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
            key.verify(signature, signed)
        else:
            return None
    except InvalidSignature:
        return False
    except UNSUPPORTED:
        return None
    return True
