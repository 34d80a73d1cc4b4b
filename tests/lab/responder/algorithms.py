# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signature algorithms, by name: how they are named in DER, and how they sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from .der import EXPLICIT_0, EXPLICIT_1, EXPLICIT_2, NULL, SEQUENCE, integer, oid, tlv


@dataclass(frozen=True)
class Algorithm:
    """A signature algorithm: its AlgorithmIdentifier, and how it signs."""

    identifier: bytes
    sign: Callable[[Any, bytes], bytes]


_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
HASH_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_RSA_OIDS = {
    "sha1": "1.2.840.113549.1.1.5",
    "sha224": "1.2.840.113549.1.1.14",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
_ECDSA_OIDS = {
    "sha1": "1.2.840.10045.4.1",
    "sha224": "1.2.840.10045.4.3.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
_PSS, _MGF1 = "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
_ED25519, _ED448 = "1.3.101.112", "1.3.101.113"
NOTHING = tlv(NULL)


def algorithm_for(key: Any, hash_name: str = "sha256", parameters: bytes | None = None) -> Algorithm:
    """Return the usual algorithm for a key; with parameters, these instead of the usual ones."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return Algorithm(tlv(SEQUENCE, oid(_ED25519)), lambda signer, data: signer.sign(data))
    if isinstance(key, ed448.Ed448PrivateKey):
        return Algorithm(tlv(SEQUENCE, oid(_ED448)), lambda signer, data: signer.sign(data))
    chosen = _HASHES[hash_name]
    if isinstance(key, rsa.RSAPrivateKey):
        given = NOTHING if parameters is None else parameters
        identifier = tlv(SEQUENCE, oid(_RSA_OIDS[hash_name]), given)
        return Algorithm(identifier, lambda signer, data: signer.sign(data, padding.PKCS1v15(), chosen))
    identifier = tlv(SEQUENCE, oid(_ECDSA_OIDS[hash_name]), parameters or b"")
    return Algorithm(identifier, lambda signer, data: signer.sign(data, ec.ECDSA(chosen)))


def pss(hash_name: str, mask_hash: str | None = None) -> Algorithm:
    """Return RSASSA-PSS with a salt as long as the hash; the mask's hash is the same unless given."""
    chosen, mask = _HASHES[hash_name], mask_hash or hash_name
    parameters = tlv(
        SEQUENCE,
        tlv(EXPLICIT_0, _hash(hash_name)),
        tlv(EXPLICIT_1, tlv(SEQUENCE, oid(_MGF1), _hash(mask))),
        tlv(EXPLICIT_2, integer(chosen.digest_size)),
    )
    style = padding.PSS(mgf=padding.MGF1(_HASHES[mask]), salt_length=chosen.digest_size)
    return Algorithm(tlv(SEQUENCE, oid(_PSS), parameters), lambda signer, data: signer.sign(data, style, chosen))


def _hash(name: str) -> bytes:
    return tlv(SEQUENCE, oid(HASH_OIDS[name]), NOTHING)
