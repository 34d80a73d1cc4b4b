# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small real CA for tests: keys of every type, certificates with just the extensions that a test wants."""

from __future__ import annotations

import datetime
import typing as t
import zlib
from dataclasses import dataclass, field
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

PrivateKey = t.Any


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


@cache
def private_key(key_type: str = "ecdsa", number: int = 0) -> PrivateKey:
    """Return the key of this number, always the same one: making RSA keys is slow."""
    if key_type == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if key_type == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if key_type == "ed448":
        return ed448.Ed448PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def signature_hash(key: PrivateKey) -> hashes.HashAlgorithm | None:
    return None if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)) else hashes.SHA256()


@dataclass(frozen=True)
class Identity:
    """A certificate with its key and the certificates above it."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...] = field(default=())

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return pem(self.certificate)

    @property
    def chain_pem(self) -> str:
        return "".join(pem(certificate) for certificate in (self.certificate, *self.above))

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


TEST_EXAMPLE = x509.SubjectAlternativeName([x509.DNSName("test.example")])


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certificate(
    name: str,
    *,
    issuer: Identity | None = None,
    key_type: str = "ecdsa",
    key: PrivateKey = None,
    ca: bool = False,
    ocsp_uris: t.Sequence[str] = (),
    ocsp_signing: bool = False,
    key_usage_without_signature: bool = False,
    days: tuple[float, float] = (-1, 30),
    serial: int | None = None,
    path_length: int | None = None,
    extensions: t.Sequence[tuple[x509.ExtensionType, bool]] = (),
    names: x509.SubjectAlternativeName | None = TEST_EXAMPLE,
) -> Identity:
    """Issue a certificate, or make a self-signed one; `days` are notBefore and notAfter from now."""
    key = key or private_key(key_type, zlib.crc32(name.encode()) % 1000 if key_type != "rsa" else 1 + ca)
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer.certificate.subject if issuer else _name(name))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now() + datetime.timedelta(days=days[0]))
        .not_valid_after(now() + datetime.timedelta(days=days[1]))
    )
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        # Key usage, for delegates that are CAs as well: certificates, CRLs, and signatures.
        builder = builder.add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
        )
    elif names is not None:
        builder = builder.add_extension(names, critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    if ocsp_uris:
        access = [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(uri))
            for uri in ocsp_uris
        ]
        builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
    if ocsp_signing:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    if key_usage_without_signature:
        builder = builder.add_extension(
            x509.KeyUsage(False, False, True, False, False, False, False, False, False), critical=True
        )
    issued = builder.sign(signer, signature_hash(signer))
    return Identity(issued, key, () if issuer is None else (issuer.certificate, *issuer.above))


@dataclass(frozen=True)
class Pki:
    """A root, an issuing CA, a leaf, and another CA that has nothing to do with them."""

    root: Identity
    issuer: Identity
    leaf: Identity
    stranger: Identity


def pki(key_type: str = "ecdsa", leaf_key_type: str | None = None) -> Pki:
    """Return the PKI of these types, always the same one."""
    return _pki(key_type, leaf_key_type or key_type)


@cache
def _pki(key_type: str, leaf_key_type: str) -> Pki:
    root = certificate("Test Root", key_type=key_type, key=private_key(key_type, 1001), ca=True)
    issuer = certificate("Test Issuer", issuer=root, key_type=key_type, key=private_key(key_type, 1002), ca=True)
    return Pki(
        root=root,
        # A server sends the chain without its root.
        issuer=Identity(issuer.certificate, issuer.key),
        leaf=certificate(
            "www.test.example",
            issuer=Identity(issuer.certificate, issuer.key),
            key_type=leaf_key_type,
            ocsp_uris=["http://127.0.0.1/"],
        ),
        stranger=certificate("Stranger", key_type=key_type, key=private_key(key_type, 1003), ca=True),
    )
