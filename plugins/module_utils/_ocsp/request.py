# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes OCSP requests as httpd does: one CertID with SHA-1 hashes, no signature, and a nonce for mod_md only."""

from __future__ import annotations

import hashlib
import typing as t
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    SEQUENCE,
    DerError,
    children,
    expect,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import parsed
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

if HAS_CRYPTOGRAPHY:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509 import ocsp

HTTPD_HASH = "sha1"


class CertificateId(t.NamedTuple):
    """What an OCSP answer calls a certificate. The names are those of RFC 6960."""

    hash_name: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int


class RequestError(StaplingError):
    """No request can be made for this certificate."""

    def __init__(self, message: str) -> None:
        super().__init__("certificate_unreadable", message)


@lru_cache(maxsize=64)
def key_bits(certificate: x509.Certificate) -> bytes:
    """Return the public key of a certificate, byte for byte as it stands there: that is what the hashes are over."""
    data = parsed(certificate).tbs.public_key
    parts = list(children(data, expect(data, 0, len(data), SEQUENCE)))
    if len(parts) != 2:
        raise DerError("not a SubjectPublicKeyInfo")
    # The first byte of a BIT STRING counts unused bits.
    return data[parts[1].start + 1 : parts[1].end]


@lru_cache(maxsize=256)
def digest(hash_name: str, data: bytes) -> bytes:
    """Return the hash of an issuer's name or key, which stands in everything that this issuer's responder says."""
    return hashlib.new(hash_name, data).digest()


def serial_number(certificate: x509.Certificate) -> int:
    """Return the serial number as it stands there; cryptography complains about negative ones and zero."""
    return int.from_bytes(parsed(certificate).tbs.serial, "big", signed=True)


def certificate_id(
    *, certificate: x509.Certificate, issuer: x509.Certificate, hash_name: str = HTTPD_HASH
) -> CertificateId:
    """Return the CertID of a certificate, over the issuer's name as the certificate gives it, or raise DerError."""
    return CertificateId(
        hash_name=hash_name,
        issuer_name_hash=digest(hash_name, parsed(certificate).tbs.issuer),
        issuer_key_hash=digest(hash_name, key_bits(issuer)),
        serial_number=serial_number(certificate),
    )


def build_request(*, certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes | None = None) -> bytes:
    """Return the request that httpd would send, with mod_md's nonce if `nonce` is given; or raise RequestError."""
    try:
        # SHA-1 only names the certificate here, nothing is protected by it; httpd knows no other identifier.
        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(serialization.Encoding.DER)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RequestError(str(error)) from error
