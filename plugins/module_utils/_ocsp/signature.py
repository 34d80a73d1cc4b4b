# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Verifies the signature of an OCSP response, given the key and the AlgorithmIdentifier that stands in the response.
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
)
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import HASHES

if HAS_CRYPTOGRAPHY:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

    from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import UNSUPPORTED, public_key

_RSA = "2a864886f70d0101"
_ECDSA = "2a8648ce3d04"
_RSA_PSS = bytes.fromhex(_RSA + "0a")
_MGF1 = bytes.fromhex(_RSA + "08")
_ED25519 = bytes.fromhex("2b6570")
_ED448 = bytes.fromhex("2b6571")
_RSA_PKCS1 = {
    bytes.fromhex(_RSA + "05"): "sha1",
    bytes.fromhex(_RSA + "0e"): "sha224",
    bytes.fromhex(_RSA + "0b"): "sha256",
    bytes.fromhex(_RSA + "0c"): "sha384",
    bytes.fromhex(_RSA + "0d"): "sha512",
}
_ECDSA_HASHES = {
    bytes.fromhex(_ECDSA + "01"): "sha1",
    bytes.fromhex(_ECDSA + "0301"): "sha224",
    bytes.fromhex(_ECDSA + "0302"): "sha256",
    bytes.fromhex(_ECDSA + "0303"): "sha384",
    bytes.fromhex(_ECDSA + "0304"): "sha512",
}
# MD2 and MD5 with RSA.
_BROKEN = {bytes.fromhex(_RSA + "02"), bytes.fromhex(_RSA + "04")}


class UnsupportedSignature(StaplingError):
    """Neither a good nor a bad signature: this key or algorithm cannot be verified here."""

    def __init__(self, message: str) -> None:
        super().__init__("unsupported_algorithm", message)


class SignatureAlgorithm(t.NamedTuple):
    """hash_name is empty for the algorithms that have theirs built in; salt_length is there for RSASSA-PSS only."""

    kind: str
    hash_name: str
    mgf_hash_name: str = ""
    salt_length: int | None = None

    @property
    def weak(self) -> bool:
        return self.hash_name in ("md5", "sha1")


def signature_algorithm(name: bytes, parameters: bytes) -> SignatureAlgorithm:
    """The algorithm that an AlgorithmIdentifier names, or UnsupportedSignature."""
    if name in _RSA_PKCS1:
        return SignatureAlgorithm("rsa", _RSA_PKCS1[name])
    if name in _ECDSA_HASHES:
        return SignatureAlgorithm("ecdsa", _ECDSA_HASHES[name])
    if name == _ED25519:
        return SignatureAlgorithm("ed25519", "")
    if name == _ED448:
        return SignatureAlgorithm("ed448", "")
    if name in _BROKEN:
        return SignatureAlgorithm("rsa", "md5")
    if name == _RSA_PSS:
        try:
            return _pss(parameters)
        except DerError as error:
            raise UnsupportedSignature(f"RSASSA-PSS parameters: {error}") from error
    raise UnsupportedSignature(f"algorithm {name.hex()}")


def _pss(parameters: bytes) -> SignatureAlgorithm:
    hash_name, mgf_hash_name, salt_length = "sha1", "sha1", 20
    for field in children(parameters, expect(parameters, 0, len(parameters), SEQUENCE)):
        if field.tag == 0xA0:
            hash_name = _hash(parameters, field.start, field.end)
        elif field.tag == 0xA1:
            mgf = list(children(parameters, expect(parameters, field.start, field.end, SEQUENCE)))
            if len(mgf) != 2 or parameters[mgf[0].start : mgf[0].end] != _MGF1:
                raise DerError("another mask generation function than MGF1")
            mgf_hash_name = _hash(parameters, mgf[1].begin, mgf[1].end)
        elif field.tag == 0xA2:
            number = expect(parameters, field.start, field.end, INTEGER)
            salt_length = int.from_bytes(parameters[number.start : number.end], "big")
    if salt_length > 64:
        raise DerError("a salt longer than any hash")
    return SignatureAlgorithm("pss", hash_name, mgf_hash_name, salt_length)


def _hash(data: bytes, start: int, end: int) -> str:
    sequence = expect(data, start, end, SEQUENCE)
    name = expect(data, sequence.start, sequence.end, OID)
    try:
        return HASHES[data[name.start : name.end]]
    except KeyError:
        raise DerError("unknown hash") from None


def verify(*, certificate: x509.Certificate, algorithm: SignatureAlgorithm, signature: bytes, data: bytes) -> bool:
    """Whether the key in the certificate made this signature; or UnsupportedSignature."""
    try:
        key = public_key(certificate)
        if algorithm.kind in ("rsa", "pss") and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _padding(algorithm), _hash_instance(algorithm.hash_name))
        elif algorithm.kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(_hash_instance(algorithm.hash_name)))
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
        raise UnsupportedSignature(str(error)) from error
    return True


@lru_cache(maxsize=64)
def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's key made the certificate's signature; or UnsupportedSignature."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    try:
        _signed, identifier, _signature = children(der, expect(der, 0, len(der), SEQUENCE))
        fields = list(children(der, identifier))
        name = der[fields[0].start : fields[0].end]
        parameters = der[fields[1].begin : fields[1].end] if len(fields) > 1 else b""
    except (DerError, ValueError, IndexError) as error:
        raise UnsupportedSignature(str(error)) from error
    return verify(
        certificate=issuer,
        algorithm=signature_algorithm(name, parameters),
        signature=certificate.signature,
        data=certificate.tbs_certificate_bytes,
    )


def _padding(algorithm: SignatureAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.salt_length is None:
        return padding.PKCS1v15()
    return padding.PSS(mgf=padding.MGF1(_hash_instance(algorithm.mgf_hash_name)), salt_length=algorithm.salt_length)


def _hash_instance(name: str) -> hashes.HashAlgorithm:
    known: dict[str, type[hashes.HashAlgorithm]] = {
        "md5": hashes.MD5,
        "sha1": hashes.SHA1,
        "sha224": hashes.SHA224,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    return known[name]()
