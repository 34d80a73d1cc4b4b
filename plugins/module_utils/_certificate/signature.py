# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Verifies signatures of certificates and OCSP responses, given a key and an AlgorithmIdentifier.

Algorithms are read from the DER: cryptography names the parameters of RSASSA-PSS only from 41 on. A signature that
cannot be verified here is UnsupportedSignature, and never counts as a good one.
"""

from __future__ import annotations

import typing as t
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    INTEGER,
    OID,
    SEQUENCE,
    DerError,
    children,
    expect,
    octets,
    whole,
)
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

if HAS_CRYPTOGRAPHY:
    from cryptography import x509
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

    UNSUPPORTED: tuple[type[Exception], ...] = (
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
        UnsupportedAlgorithm,
        InternalError,
    )

# Contents of the DER encoding of each OID, and its name in hashlib.
HASHES = {
    bytes.fromhex("2b0e03021a"): "sha1",
    bytes.fromhex("608648016503040204"): "sha224",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_RSA = "2a864886f70d0101"
_ECDSA = "2a8648ce3d04"
RSASSA_PSS = bytes.fromhex(_RSA + "0a")
_MGF1 = bytes.fromhex(_RSA + "08")


class Algorithm(t.NamedTuple):
    """A signature algorithm; hash_name is empty where it is built in, the last two are those of RSASSA-PSS."""

    kind: str
    hash_name: str
    mgf_hash_name: str = ""
    salt_length: int = 0

    def __str__(self) -> str:
        """Return its name for a person."""
        name = {"rsa": "RSA", "dsa": "DSA", "ecdsa": "ECDSA", "pss": "RSASSA-PSS"}.get(self.kind, self.kind.title())
        return f"{name} with {self.hash_name.upper()}" if self.hash_name else name


_ALGORITHMS = {
    bytes.fromhex(_RSA + "02"): Algorithm("rsa", "md2"),
    bytes.fromhex(_RSA + "04"): Algorithm("rsa", "md5"),
    bytes.fromhex(_RSA + "05"): Algorithm("rsa", "sha1"),
    bytes.fromhex(_RSA + "0e"): Algorithm("rsa", "sha224"),
    bytes.fromhex(_RSA + "0b"): Algorithm("rsa", "sha256"),
    bytes.fromhex(_RSA + "0c"): Algorithm("rsa", "sha384"),
    bytes.fromhex(_RSA + "0d"): Algorithm("rsa", "sha512"),
    bytes.fromhex(_ECDSA + "01"): Algorithm("ecdsa", "sha1"),
    bytes.fromhex(_ECDSA + "0301"): Algorithm("ecdsa", "sha224"),
    bytes.fromhex(_ECDSA + "0302"): Algorithm("ecdsa", "sha256"),
    bytes.fromhex(_ECDSA + "0303"): Algorithm("ecdsa", "sha384"),
    bytes.fromhex(_ECDSA + "0304"): Algorithm("ecdsa", "sha512"),
    bytes.fromhex("2a8648ce380403"): Algorithm("dsa", "sha1"),
    bytes.fromhex("608648016503040301"): Algorithm("dsa", "sha224"),
    bytes.fromhex("608648016503040302"): Algorithm("dsa", "sha256"),
    bytes.fromhex("2b6570"): Algorithm("ed25519", ""),
    bytes.fromhex("2b6571"): Algorithm("ed448", ""),
}


class UnsupportedSignature(StaplingError):
    """Neither a good nor a bad signature: this key or algorithm cannot be verified here."""

    def __init__(self, message: str) -> None:
        super().__init__("unsupported_algorithm", message)


class SignedCertificate(t.NamedTuple):
    """What the signature of a certificate is over, and how it was made."""

    signed: bytes
    algorithm: bytes
    parameters: bytes
    signature: bytes


@lru_cache(maxsize=256)
def signature_algorithm(oid: bytes, parameters: bytes) -> Algorithm:
    """Return the algorithm that an AlgorithmIdentifier names, or raise UnsupportedSignature."""
    if oid == RSASSA_PSS:
        try:
            return _pss(parameters)
        except DerError as error:
            raise UnsupportedSignature(f"RSASSA-PSS parameters: {error}") from error
    try:
        return _ALGORITHMS[oid]
    except KeyError:
        raise UnsupportedSignature(f"algorithm with the OID {oid[:40].hex()} (hexadecimal DER)") from None


def _pss(parameters: bytes) -> Algorithm:
    hash_name, mgf_hash_name, salt_length = "sha1", "sha1", 20
    for field in children(parameters, expect(parameters, 0, len(parameters), SEQUENCE)):
        if field.tag == 0xA0:
            hash_name = _hash(parameters, field.start, field.end)
        elif field.tag == 0xA1:
            mgf = children(parameters, expect(parameters, field.start, field.end, SEQUENCE))
            if len(mgf) != 2 or octets(parameters, mgf[0]) != _MGF1:
                raise DerError("another mask generation function than MGF1")
            mgf_hash_name = _hash(parameters, mgf[1].begin, mgf[1].end)
        elif field.tag == 0xA2:
            salt_length = int.from_bytes(octets(parameters, expect(parameters, field.start, field.end, INTEGER)), "big")
    if salt_length > 64:
        raise DerError("a salt longer than any hash")
    return Algorithm("pss", hash_name, mgf_hash_name, salt_length)


def _hash(data: bytes, start: int, end: int) -> str:
    sequence = expect(data, start, end, SEQUENCE)
    name = expect(data, sequence.start, sequence.end, OID)
    try:
        return HASHES[octets(data, name)]
    except KeyError:
        raise DerError("unknown hash") from None


@lru_cache(maxsize=1024)
def public_key(certificate: x509.Certificate) -> t.Any:
    """Return the key of a CA or of a responder, loaded once. Raises what cryptography raises."""
    return certificate.public_key()


def verify(*, certificate: x509.Certificate, algorithm: Algorithm, signature: bytes, data: bytes) -> bool:
    """Return whether the key in the certificate made this signature, or raise UnsupportedSignature."""
    try:
        key: t.Any = public_key(certificate)
        if algorithm.kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), _hash_instance(algorithm.hash_name))
        elif algorithm.kind == "pss" and isinstance(key, rsa.RSAPublicKey):
            mask = padding.MGF1(_hash_instance(algorithm.mgf_hash_name))
            scheme = padding.PSS(mgf=mask, salt_length=algorithm.salt_length)
            key.verify(signature, data, scheme, _hash_instance(algorithm.hash_name))
        elif algorithm.kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(_hash_instance(algorithm.hash_name)))
        elif algorithm.kind == "dsa" and isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, data, _hash_instance(algorithm.hash_name))
        elif (algorithm.kind == "ed25519" and isinstance(key, ed25519.Ed25519PublicKey)) or (
            algorithm.kind == "ed448" and isinstance(key, ed448.Ed448PublicKey)
        ):
            key.verify(signature, data)
        else:
            # A signature by another kind of key is not a signature by this key.
            return False
    except InvalidSignature:
        return False
    except UNSUPPORTED as error:
        # A key or curve that this OpenSSL refuses, a salt that cannot fit into the key.
        raise UnsupportedSignature(f"{algorithm}: {str(error)[:200]}") from error
    return True


def split_certificate(der: bytes) -> SignedCertificate:
    """Return what is signed and how, or raise DerError."""
    parts = children(der, expect(der, 0, len(der), SEQUENCE))
    if len(parts) != 3 or parts[1].tag != SEQUENCE:
        raise DerError("not a certificate")
    fields = children(der, parts[1])
    if not fields or fields[0].tag != OID:
        raise DerError("not an AlgorithmIdentifier")
    # The first byte of a BIT STRING counts unused bits.
    return SignedCertificate(
        signed=whole(der, parts[0]),
        algorithm=octets(der, fields[0]),
        parameters=whole(der, fields[1]) if len(fields) > 1 else b"",
        signature=octets(der, parts[2])[1:],
    )


def made_by(certificate: bytes, issuer: x509.Certificate) -> bool:
    """Return whether the issuer's key made the signature of the certificate (DER), or raise UnsupportedSignature."""
    try:
        parts = split_certificate(certificate)
    except DerError as error:
        raise UnsupportedSignature(str(error)) from error
    return verify(
        certificate=issuer,
        algorithm=signature_algorithm(parts.algorithm, parts.parameters),
        signature=parts.signature,
        data=parts.signed,
    )


def _hash_instance(name: str) -> hashes.HashAlgorithm:
    known: dict[str, type[hashes.HashAlgorithm]] = {
        "md5": hashes.MD5,
        "sha1": hashes.SHA1,
        "sha224": hashes.SHA224,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    if name not in known:
        raise UnsupportedSignature(f"hash function {name}")
    return known[name]()
