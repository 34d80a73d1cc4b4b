# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
Certificates of delegated responders, put together byte by byte, and answers signed with them.

cryptography's builder makes none of those that are wrong in their encoding.
"""

from __future__ import annotations

import datetime
import hashlib
import typing as t
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.answers import extension, octets, sequence, tlv

TRUE = tlv(0x01, b"\xff")
OCSP_SIGNING = tlv(0x06, bytes.fromhex("2b06010505070309"))
ANY_PURPOSE = tlv(0x06, bytes.fromhex("551d2500"))
PURPOSE = extension("551d25", sequence(OCSP_SIGNING))
NO_CHECK = extension("2b0601050507300105", b"\x05\x00")
NO_CA = extension("551d13", sequence())


def usage(bits: int, unused: int) -> bytes:
    """Return a key usage of one octet."""
    return extension("551d0f", tlv(0x03, bytes([unused, bits])), critical=True)


def authority_key(identifier: bytes) -> bytes:
    return extension("551d23", sequence(tlv(0x80, identifier)))


def common_name(text: str, *, tag: int = 0x0C, raw: bytes | None = None) -> bytes:
    """Return a name with one common name, as a UTF8String if nothing else is asked for."""
    value = tlv(tag, raw if raw is not None else text.encode("ascii"))
    return sequence(tlv(0x31, sequence(tlv(0x06, bytes.fromhex("550403")), value)))


def utc(days: float) -> bytes:
    return tlv(0x17, (authority.now() + datetime.timedelta(days=days)).strftime("%y%m%d%H%M%SZ").encode("ascii"))


_KEYS: dict[str, t.Any] = {}
_MAKERS: dict[str, t.Callable[[], t.Any]] = {
    "p224": lambda: ec.generate_private_key(ec.SECP224R1()),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "bp256": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
    "rsa1024": lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),
    "rsa4096": lambda: rsa.generate_private_key(public_exponent=65537, key_size=4096),
}


def key_of_kind(kind: str) -> t.Any:
    """Return a key of this kind; the same one each time."""
    if kind not in _KEYS:
        _KEYS[kind] = _MAKERS[kind]() if kind in _MAKERS else authority.private_key(kind, 77)
    return _KEYS[kind]


@dataclass(frozen=True)
class Delegate:
    """A responder's certificate; what is not given is right."""

    key: t.Any = field(default_factory=lambda: key_of_kind("p256"))
    subject: bytes = field(default_factory=lambda: common_name("Delegate"))
    issuer: bytes | None = None
    validity: bytes = field(default_factory=lambda: sequence(utc(-1), utc(30)))
    extensions: tuple[bytes, ...] = (NO_CA, usage(0x80, 7), PURPOSE, NO_CHECK)
    signature_hash: str = "sha256"
    inner: bytes | None = None
    serial: bytes = b"\x11\x22\x33"
    version: bytes = tlv(0xA0, answers.integer(2))
    pss: bool = False

    def certificate(self, issuer: authority.Identity) -> bytes:
        """Return it in DER, signed by the issuer."""
        key = self.key.public_key()
        info = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        name, _signature = answers.sign(issuer.key, b"", self.signature_hash, pss=self.pss)
        signed = sequence(
            self.version,
            tlv(0x02, self.serial),
            self.inner or name,
            self.issuer or issuer.certificate.subject.public_bytes(),
            self.validity,
            self.subject,
            info,
            tlv(0xA3, sequence(*self.extensions)) if self.extensions else b"",
        )
        _name, signature = answers.sign(issuer.key, signed, self.signature_hash, pss=self.pss)
        return sequence(signed, name, tlv(0x03, b"\x00", signature))

    def response(self, pki: authority.Pki, **options: t.Any) -> bytes:
        """Return a response about the leaf of the PKI that this delegate has signed."""
        encoded = self.certificate(pki.issuer)
        responder = tlv(0xA1, self.subject)
        if options.pop("by_key", False):
            responder = tlv(0xA2, octets(hashlib.sha1(answers.key_bits(self.key.public_key())).digest()))
        options = {"bag": [encoded], "responder": responder, **options}
        single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
        return answers.response(single, signer=answers.Signer(self.key, pki.issuer.certificate), **options)

    def but(self, **changes: t.Any) -> Delegate:
        """Return a delegate that differs from this one."""
        return replace(self, **changes)
