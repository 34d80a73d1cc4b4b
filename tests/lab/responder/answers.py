# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCSP answers, built and signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from .authority import Authority, Signer, digest_for
from .der import BIT_STRING, EXPLICIT_0, OCTET_STRING, SEQUENCE, content, parts, tlv

VALID_FOR = timedelta(days=7)
_STAND_IN_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Question:
    """A client's question: the certID, the algorithm that it is hashed with, and its nonce if it has one."""

    serial_number: int
    issuer_key_hash: bytes
    issuer_name_hash: bytes
    hash_algorithm: hashes.HashAlgorithm
    nonce: bytes | None = None


def read_question(der: bytes) -> Question:
    """Read an OCSP request; ValueError when it is none that can be answered."""
    try:
        request = ocsp.load_der_ocsp_request(der)
        return Question(
            serial_number=request.serial_number,
            issuer_key_hash=request.issuer_key_hash,
            issuer_name_hash=request.issuer_name_hash,
            hash_algorithm=request.hash_algorithm,
            nonce=_nonce(request),
        )
    except NotImplementedError as error:  # several questions in one request
        raise ValueError(str(error)) from error


def _nonce(request: ocsp.OCSPRequest) -> bytes | None:
    try:
        return request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def is_about(question: Question, issuer: x509.Certificate) -> bool:
    """Return whether the question names this issuer."""
    hashed = []
    for part in (issuer.subject.public_bytes(), key_bits(issuer)):
        digest = hashes.Hash(question.hash_algorithm)
        digest.update(part)
        hashed.append(digest.finalize())
    return hashed == [question.issuer_name_hash, question.issuer_key_hash]


def error_answer(status: str) -> bytes:
    """Make an answer that is only an error status, such as TRY_LATER."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus[status]).public_bytes(Encoding.DER)


def signed_answer(
    question: Question,
    authority: Authority,
    *,
    status: str | None = None,
    signer: Signer | None = None,
    embedded: list[x509.Certificate] | None = None,
    age: timedelta = timedelta(hours=1),
    valid_for: timedelta | None = VALID_FOR,
    nonce: bool = False,
) -> bytes:
    """Make a signed answer. The status is that of the authority's index, and the signer the issuer, unless given."""
    signer = signer or authority.issuer
    status = status or _status(question, authority)
    # Whole seconds: the ASN.1 type has no fractions.
    this_update = datetime.now(tz=timezone.utc).replace(microsecond=0) - age
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=_stand_in(question, authority),
        issuer=authority.issuer.certificate,
        algorithm=question.hash_algorithm,
        cert_status=ocsp.OCSPCertStatus[status],
        this_update=this_update,
        next_update=None if valid_for is None else this_update + valid_for,
        revocation_time=this_update - timedelta(days=1) if status == "REVOKED" else None,
        revocation_reason=x509.ReasonFlags.key_compromise if status == "REVOKED" else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signer.certificate)
    if embedded:
        builder = builder.certificates(embedded)
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(question.nonce or b"nobody has asked"), critical=False)
    return builder.sign(signer.key, digest_for(signer.key)).public_bytes(Encoding.DER)


def answer_with_neighbour(question: Question, neighbour: Question, authority: Authority) -> bytes:
    """Make an answer for two certificates, of which the first is revoked and was not asked about.

    The library builds no such thing: both are taken from answers of their own, and put together and signed again.
    """
    other, own = signed_answer(neighbour, authority, status="REVOKED"), signed_answer(question, authority)
    status, wrapped = parts(own)
    kind, basic = parts(parts(wrapped)[0])
    signed, algorithm, _signature = parts(content(basic))
    who, when, statements = parts(signed)
    others = parts(ocsp.load_der_ocsp_response(other).tbs_response_bytes)[2]
    signed = tlv(SEQUENCE, who, when, tlv(SEQUENCE, content(others), content(statements)))
    signature = tlv(BIT_STRING, b"\0", _sign(authority.issuer.key, signed))
    basic = tlv(OCTET_STRING, tlv(SEQUENCE, signed, algorithm, signature))
    return tlv(SEQUENCE, status, tlv(EXPLICIT_0, tlv(SEQUENCE, kind, basic)))


def of_another_type(der: bytes) -> bytes:
    """Give an answer another type than that of a basic response: successful, and nobody knows what it says."""
    status, wrapped = parts(der)
    kind, basic = parts(parts(wrapped)[0])
    return tlv(SEQUENCE, status, tlv(EXPLICIT_0, tlv(SEQUENCE, kind[:-1] + b"\x7f", basic)))


def corrupt_signature(der: bytes) -> bytes:
    """Invert one bit of an answer's signature."""
    signature = ocsp.load_der_ocsp_response(der).signature
    start = der.rindex(signature)
    # The last byte: within an ECDSA signature it belongs to a number, so that the encoding stays well-formed.
    place = start + len(signature) - 1
    return der[:place] + bytes([der[place] ^ 1]) + der[place + 1 :]


def _sign(key: Any, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    signature: bytes = key.sign(data)
    return signature


def key_bits(certificate: x509.Certificate) -> bytes:
    """Return the public key as a certID hashes it: the bit string alone, without its algorithm."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _status(question: Question, authority: Authority) -> str:
    return {"V": "GOOD", "R": "REVOKED"}.get(authority.index.states().get(question.serial_number, ""), "UNKNOWN")


def _stand_in(question: Question, authority: Authority) -> x509.Certificate:
    # An answer names a certificate by issuer and serial number only, and older versions of the library can be told
    # those only from a certificate that has them.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(tz=timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(authority.issuer.certificate.subject)
        .serial_number(question.serial_number)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .public_key(_STAND_IN_KEY.public_key())
        .sign(_STAND_IN_KEY, hashes.SHA256())
    )
