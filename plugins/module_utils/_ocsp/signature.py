# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Which signatures every client takes: RSA PKCS#1 and ECDSA on the NIST curves, with SHA-256, SHA-384 or SHA-512.

RSASSA-PSS with SHA-256 all but Go take, and SHA-1 in the signature of a response all do. Measured with GnuTLS 3.7, NSS
3.87, Firefox 153, OpenSSL 3.0 and 3.5, Java 17 and 21, and Go; what is not listed here some of them refuse.
"""

from __future__ import annotations

import typing as t
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import (
    RSASSA_PSS,
    Algorithm,
    UnsupportedSignature,
    public_key,
    signature_algorithm,
)
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY

if HAS_CRYPTOGRAPHY:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import UNSUPPORTED

_HASHES = ("sha256", "sha384", "sha512")
# The one encoding of RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes that browsers know.
_PSS_SHA256 = bytes.fromhex(
    "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
)
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_SMALLEST_RSA = 1024
_WHO_REFUSES = {
    "md2": "every client refuses it",
    "md5": "every client refuses it",
    "sha224": "Go and Firefox refuse it",
    "ed25519": "Go, NSS and Firefox refuse it",
    "ed448": "Go, NSS and Firefox refuse it",
    "dsa": "Go, Java and Firefox refuse it",
    "pss": "GnuTLS, Go or Firefox refuse all but SHA-256 with MGF1 of SHA-256 and a salt of 32 bytes",
    "secp224r1": "NSS, Java and Firefox refuse it",
}
_WHO_REFUSES_A_CURVE = "GnuTLS, Go, NSS, Java and Firefox refuse it"


@lru_cache(maxsize=256)
def accepted_algorithm(oid: bytes, parameters: bytes) -> Algorithm:
    """Return the algorithm if clients take it, SHA-1 included; otherwise raise UnsupportedSignature: who does not."""
    if oid == RSASSA_PSS:
        if parameters == _PSS_SHA256:
            return Algorithm("pss", "sha256", "sha256", 32)
        raise UnsupportedSignature(f"RSASSA-PSS; {_WHO_REFUSES['pss']}")
    algorithm = signature_algorithm(oid, parameters)
    if algorithm.kind in ("rsa", "ecdsa") and algorithm.hash_name in (*_HASHES, "sha1"):
        return algorithm
    who = _WHO_REFUSES.get(algorithm.hash_name) or _WHO_REFUSES.get(algorithm.kind)
    raise UnsupportedSignature(f"{algorithm}" + (f"; {who}" if who else ""))


@lru_cache(maxsize=256)
def check_key(certificate: x509.Certificate) -> None:
    """Raise UnsupportedSignature, with who refuses it, for a signer's key that not every client takes."""
    try:
        key: t.Any = public_key(certificate)
    except UNSUPPORTED as error:
        raise UnsupportedSignature(f"a key that cannot be read ({str(error)[:200]})") from error
    if isinstance(key, ec.EllipticCurvePublicKey):
        curve = key.curve.name
        if curve not in _CURVES:
            who = _WHO_REFUSES.get(curve, _WHO_REFUSES_A_CURVE)
            raise UnsupportedSignature(f"a key on the curve {curve}; {who}")
    elif not isinstance(key, rsa.RSAPublicKey):
        raise UnsupportedSignature(f"a key that is neither RSA nor ECDSA; {_WHO_REFUSES['ed25519']}")
    elif key.key_size < _SMALLEST_RSA:
        raise UnsupportedSignature(f"an RSA key of {key.key_size} bits; Firefox and Java refuse it")
