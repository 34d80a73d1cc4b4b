# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Makes OCSP answers, right ones and wrong ones of every kind.

cryptography's own builder cannot make several of the wrong ones, and not a response about two certificates; so the DER
is put together here and cryptography signs it. The differential tests show that OpenSSL reads what comes out of it.
"""

from __future__ import annotations

import datetime
import hashlib
import typing as t
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

HASH_OIDS = {
    "sha1": "2b0e03021a",
    "sha224": "608648016503040204",
    "sha256": "608648016503040201",
    "sha384": "608648016503040202",
    "sha512": "608648016503040203",
}
_RSA = {"md5": "04", "sha1": "05", "sha224": "0e", "sha256": "0b", "sha384": "0c", "sha512": "0d"}
_ECDSA = {"sha1": "01", "sha224": "0301", "sha256": "0302", "sha384": "0303", "sha512": "0304"}
_NULL = b"\x05\x00"
STATUS = {"malformed_request": 1, "internal_error": 2, "try_later": 3, "sig_required": 5, "unauthorized": 6}


def tlv(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*contents: bytes) -> bytes:
    return tlv(0x30, *contents)


def octets(content: bytes) -> bytes:
    return tlv(0x04, content)


def integer(number: int, tag: int = 0x02) -> bytes:
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def moment(value: datetime.datetime) -> bytes:
    return tlv(0x18, value.strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def algorithm(oid: str, parameters: bytes = b"") -> bytes:
    return sequence(tlv(0x06, bytes.fromhex(oid)), parameters)


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return sequence(tlv(0x06, bytes.fromhex(oid)), tlv(0x01, b"\xff") if critical else b"", octets(value))


def key_bits(public_key: t.Any) -> bytes:
    """Return the key as it stands in the BIT STRING of a SubjectPublicKeyInfo."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return public_key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def certificate_id(certificate: x509.Certificate, issuer: x509.Certificate, hash_name: str = "sha1") -> bytes:
    return sequence(
        algorithm(HASH_OIDS[hash_name], _NULL),
        octets(hashlib.new(hash_name, certificate.issuer.public_bytes()).digest()),
        octets(hashlib.new(hash_name, key_bits(issuer.public_key())).digest()),
        integer(certificate.serial_number),
    )


def single(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    *,
    hash_name: str = "sha1",
    status: str = "good",
    this_update: float = -3600,
    next_update: float | None = 7 * 86400,
    reason: int | None = None,
    critical: bool = False,
    at: datetime.datetime | None = None,
    extensions: t.Sequence[bytes] = (),
    identifier: bytes | None = None,
    this_moment: bytes | None = None,
) -> bytes:
    """One SingleResponse; the times are seconds from now."""
    at = at or authority.now()
    revoked = [moment(at - datetime.timedelta(days=2))]
    if reason is not None:
        revoked.append(tlv(0xA0, integer(reason, tag=0x0A)))
    statuses = {"good": tlv(0x80), "unknown": tlv(0x82), "revoked": tlv(0xA1, *revoked)}
    until = b"" if next_update is None else tlv(0xA0, moment(at + datetime.timedelta(seconds=next_update)))
    listed = [*extensions, *([extension("2a030405", _NULL, critical=True)] if critical else [])]
    return sequence(
        identifier or certificate_id(certificate, issuer, hash_name),
        statuses[status],
        this_moment or moment(at + datetime.timedelta(seconds=this_update)),
        until,
        tlv(0xA1, sequence(*listed)) if listed else b"",
    )


@dataclass(frozen=True)
class Signer:
    """Who signs, and as whom."""

    key: t.Any
    certificate: x509.Certificate
    send: tuple[x509.Certificate, ...] = ()


def response(
    *singles: bytes,
    signer: Signer,
    signature_hash: str = "sha256",
    pss: bool = False,
    by_key: bool = False,
    nonce: bytes | None = None,
    critical: bool = False,
    padding_bytes: int = 0,
    version: bool = False,
    damage: bool = False,
    produced: float = 0,
    responder: bytes | None = None,
    more_extensions: t.Sequence[bytes] = (),
    bag: t.Sequence[bytes] | None = None,
    algorithm_identifier: bytes | None = None,
) -> bytes:
    """Return a successful response with these SingleResponses."""
    if responder is None and by_key:
        responder = tlv(0xA2, octets(hashlib.sha1(key_bits(signer.certificate.public_key())).digest()))
    elif responder is None:
        responder = tlv(0xA1, signer.certificate.subject.public_bytes())
    extensions = list(more_extensions)
    if nonce is not None:
        extensions.append(extension("2b0601050507300102", octets(nonce)))
    if critical:
        extensions.append(extension("2a030405", _NULL, critical=True))
    if padding_bytes:
        extensions.append(extension("2a030406", octets(b"x" * padding_bytes)))
    signed = sequence(
        tlv(0xA0, integer(0)) if version else b"",
        responder,
        moment(authority.now() + datetime.timedelta(seconds=produced)),
        sequence(*singles),
        tlv(0xA1, sequence(*extensions)) if extensions else b"",
    )
    name, signature = sign(signer.key, signed, signature_hash, pss=pss)
    if damage:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    if bag is None and signer.send:
        bag = [certificate.public_bytes(serialization.Encoding.DER) for certificate in signer.send]
    basic = sequence(
        signed,
        algorithm_identifier or name,
        tlv(0x03, b"\x00", signature),
        b"" if bag is None else tlv(0xA0, sequence(*bag)),
    )
    return sequence(
        integer(0, tag=0x0A), tlv(0xA0, sequence(tlv(0x06, bytes.fromhex("2b0601050507300101")), octets(basic)))
    )


def sign(key: t.Any, data: bytes, hash_name: str, *, pss: bool = False) -> tuple[bytes, bytes]:
    """Return the AlgorithmIdentifier and the signature."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return algorithm("2b6570"), key.sign(data)
    if isinstance(key, ed448.Ed448PrivateKey):
        return algorithm("2b6571"), key.sign(data)
    chosen = getattr(hashes, hash_name.upper())()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return algorithm("2a8648ce3d04" + _ECDSA[hash_name]), key.sign(data, ec.ECDSA(chosen))
    if pss:
        hash_identifier = algorithm(HASH_OIDS[hash_name], _NULL)
        length = chosen.digest_size
        parameters = sequence(
            tlv(0xA0, hash_identifier),
            tlv(0xA1, algorithm("2a864886f70d010108", hash_identifier)),
            tlv(0xA2, integer(length)),
        )
        signature = key.sign(data, padding.PSS(mgf=padding.MGF1(chosen), salt_length=length), chosen)
        return algorithm("2a864886f70d01010a", parameters), signature
    return algorithm("2a864886f70d0101" + _RSA[hash_name], _NULL), key.sign(data, padding.PKCS1v15(), chosen)


def error(status: str | int) -> bytes:
    """Return a response without a body."""
    return sequence(integer(STATUS[status] if isinstance(status, str) else status, tag=0x0A))


def good_with_nonce(pki: authority.Pki, nonce: bytes | None) -> bytes:
    """Return a good answer, with this nonce if there is one."""
    leaf, issuer = pki.leaf.certificate, pki.issuer.certificate
    return response(single(leaf, issuer), signer=Signer(pki.issuer.key, issuer), nonce=nonce)


def behaviour(name: str, pki: authority.Pki) -> bytes:
    """Return the answer of a responder that behaves like this, for the leaf of this PKI."""
    leaf, issuer = pki.leaf.certificate, pki.issuer.certificate
    by_issuer = Signer(pki.issuer.key, issuer)
    if name in STATUS:
        return error(name)
    if name in ("good", "revoked", "unknown"):
        return response(single(leaf, issuer, status=name), signer=by_issuer)
    if name == "bad_signature":
        return response(single(leaf, issuer), signer=by_issuer, damage=True)
    if name == "wrong_signer":
        return response(single(leaf, issuer), signer=Signer(pki.stranger.key, pki.stranger.certificate))
    if name == "stale":
        return response(single(leaf, issuer, this_update=-7 * 86400, next_update=-3600), signer=by_issuer)
    if name == "future":
        return response(single(leaf, issuer, this_update=3600), signer=by_issuer)
    if name == "no_next_update":
        return response(single(leaf, issuer, next_update=None), signer=by_issuer)
    if name == "other_certificate":
        other = authority.certificate("other.test.example", issuer=pki.issuer)
        return response(single(other.certificate, issuer), signer=by_issuer)
    if name in ("delegated", "delegated_without_eku"):
        delegate = authority.certificate("Test Responder", issuer=pki.issuer, ocsp_signing=name == "delegated")
        return response(
            single(leaf, issuer),
            signer=Signer(delegate.key, delegate.certificate, send=(delegate.certificate,)),
        )
    if name == "large":
        return response(single(leaf, issuer), signer=by_issuer, padding_bytes=10_240)
    if name == "garbage":
        return b"this is not an OCSP response"
    raise KeyError(name)


# What the strictest client makes of each behaviour.
PROBLEM_OF = {
    "good": None,
    "delegated": None,
    "revoked": "revoked",
    "unknown": "unknown",
    "try_later": "try_later",
    "unauthorized": "unauthorized",
    "internal_error": "internal_error",
    "malformed_request": "malformed_request",
    "sig_required": "sig_required",
    "bad_signature": "bad_signature",
    "wrong_signer": "wrong_signer",
    "stale": "stale",
    "future": "future",
    "no_next_update": "no_next_update",
    "other_certificate": "other_certificate",
    "delegated_without_eku": "signer_not_authorized",
    "large": "too_large",
    "garbage": "not_ocsp",
}
