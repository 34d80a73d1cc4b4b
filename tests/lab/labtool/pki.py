# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A root, an issuing authority, what the responders sign with, and the leaf certificates of a fleet."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)
_ABOVE = ("Lab Upper CA", "Lab Middle CA")  # between the root and the issuing authority in the deep chain


@dataclass(frozen=True)
class Leaf:
    """A certificate that was issued, and the files that hold it and its key."""

    certificate: Path
    key: Path
    serial_number: int


class Pki:
    """The fleet's certification authority: keeps everything in one directory, and makes only what is not there yet."""

    def __init__(self, directory: Path, issuer_key: str) -> None:
        self.directory = directory
        (directory / "leaf").mkdir(parents=True, exist_ok=True)
        if not (directory / "complete").exists():
            _make_authority(directory, issuer_key)
            (directory / "complete").touch()
        self.root_pem = (directory / "root.pem").read_bytes()
        self.issuing_pem = (directory / "issuing.pem").read_bytes()
        self._issuer = x509.load_pem_x509_certificate(self.issuing_pem)
        self._issuer_key = _read_key(directory / "issuing.key")
        self.has_issued = False  # since this object was made
        self._shared: dict[str, Any] = {}
        self._issued_path = directory / "issued.json"
        self._issued: dict[str, dict[str, Any]] = {}
        if self._issued_path.exists():
            self._issued = json.loads(self._issued_path.read_text(encoding="utf-8"))

    def leaf(
        self,
        *,
        label: str,
        names: list[str],
        key_type: str,
        uris: list[str],
        must_staple: bool,
        days: tuple[int, int],
        shared: str | None,
        renew: bool = False,
    ) -> Leaf:
        """Return the certificate for a label: the one that is there if it was made from the same facts, else a new one.

        With renew, a new one in any case.
        """
        facts = [names, key_type, uris, must_staple, days, shared]
        digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        path = self.directory / "leaf" / f"{label}.pem"
        known = self._issued.get(label)
        if renew or known is None or known["digest"] != digest:
            key = self._shared_key(shared, key_type) if shared else new_key(key_type)
            certificate = self._issue(names, key, uris, must_staple, days)
            path.write_bytes(certificate.public_bytes(Encoding.PEM))
            _write_key(path.with_suffix(".key"), key)
            known = {
                "digest": digest,
                "serial": f"{certificate.serial_number:X}",
                "name": names[0],
                "expires": _utc(certificate),
            }
            if label in self._issued:  # still answered for: a server goes on using it until it is reloaded
                self._issued[f"{label} {self._issued[label]['serial']}"] = self._issued[label]
            self._issued[label] = known
            self.has_issued = True
        return Leaf(path, path.with_suffix(".key"), int(known["serial"], 16))

    def chain_pem(self, chain: str) -> bytes:
        """Return what a certificate's file holds behind the certificate, for one of the fleet file's chains."""
        if chain == "deep":
            return (self.directory / "deep-chain.pem").read_bytes()
        return self.issuing_pem if chain == "inside" else b""

    def save(self) -> None:
        """Write down what was issued, for the next run and for the responders (index.txt)."""
        self._issued_path.write_text(json.dumps(self._issued, indent=1), encoding="utf-8")
        rows = [
            f"V\t{item['expires']}\t\t{_even(item['serial'])}\tunknown\t/CN={item['name'][:60]}\n"
            for item in self._issued.values()
        ]
        (self.directory / "index.txt").write_text("".join(rows), encoding="utf-8")

    def _shared_key(self, owner: str, key_type: str) -> Any:
        path = self.directory / "leaf" / f"shared-{owner}-{key_type}.key"
        if path.name not in self._shared:
            if not path.exists():
                _write_key(path, new_key(key_type))
            self._shared[path.name] = _read_key(path)
        return self._shared[path.name]

    def _issue(
        self, names: list[str], key: Any, uris: list[str], must_staple: bool, days: tuple[int, int]
    ) -> x509.Certificate:
        now = datetime.now(tz=timezone.utc).replace(microsecond=0)
        begins, expires = (now + number * _DAY for number in days)
        builder = _builder(_name(names[0][:64]), self._issuer.subject, key, min(begins, expires - _DAY), expires)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        builder = builder.add_extension(_authority_key(self._issuer), critical=False)
        if uris:
            accesses = [
                x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(uri))
                for uri in uris
            ]
            builder = builder.add_extension(x509.AuthorityInformationAccess(accesses), critical=False)
        if must_staple:
            builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
        return builder.sign(self._issuer_key, _digest(self._issuer_key))


def new_key(key_type: str) -> Any:
    """Make a private key of one of the fleet file's types."""
    if key_type == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if key_type == "ecdsa":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _make_authority(directory: Path, issuer_key: str) -> None:
    now = datetime.now(tz=timezone.utc).replace(microsecond=0)
    life = (now - 90 * _DAY, now + 3650 * _DAY)  # NSS looks at whether the signer was valid when it signed
    root_key, issuing_key = new_key("ecdsa"), new_key(issuer_key)
    root_name = _name("Lab Root")
    root = _authority(_builder(root_name, root_name, root_key, *life), len(_ABOVE) + 1).sign(root_key, hashes.SHA256())
    issuing = _authority(_builder(_name("Lab Issuing CA"), root.subject, issuing_key, *life), 0)
    issuing = issuing.add_extension(_authority_key(root), critical=False)
    issued = issuing.sign(root_key, hashes.SHA256())
    _store(directory, "root", root, root_key)
    _store(directory, "issuing", issued, issuing_key)
    _store_signers(directory, issued, issuing_key, life)
    _store_deep_chain(directory, issued, root, root_key, life)
    (directory / "index.txt").touch()
    # An RSA and an ECDSA certificate of one vhost have the same subject.
    (directory / "index.txt.attr").write_text("unique_subject = no\n", encoding="utf-8")


def _store_deep_chain(
    directory: Path, issuing: x509.Certificate, root: x509.Certificate, root_key: Any, life: tuple[datetime, datetime]
) -> None:
    """Certify the issuing authority a second time, at the end of a chain of more authorities."""
    chain: list[x509.Certificate] = []
    parent, parent_key = root, root_key
    for number, common_name in enumerate(_ABOVE):
        key = new_key("ecdsa")
        builder = _authority(_builder(_name(common_name), parent.subject, key, *life), len(_ABOVE) - number)
        parent = builder.add_extension(_authority_key(parent), critical=False).sign(parent_key, hashes.SHA256())
        parent_key = key
        chain.insert(0, parent)
    builder = _authority(_builder(issuing.subject, parent.subject, issuing, *life), 0)
    again = builder.add_extension(_authority_key(parent), critical=False).sign(parent_key, hashes.SHA256())
    pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in [again, *chain])
    (directory / "deep-chain.pem").write_bytes(pem)


def _store_signers(
    directory: Path, issuing: x509.Certificate, issuing_key: Any, life: tuple[datetime, datetime]
) -> None:
    for name, purposes in (
        ("delegated", [ExtendedKeyUsageOID.OCSP_SIGNING]),
        ("delegated-without-eku", [ExtendedKeyUsageOID.CLIENT_AUTH]),
    ):
        key = new_key("ecdsa")
        builder = _builder(_name(f"Lab OCSP {name}"), issuing.subject, key, *life)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        builder = builder.add_extension(_authority_key(issuing), critical=False)
        _store(directory, name, builder.sign(issuing_key, _digest(issuing_key)), key)
    stranger, stranger_name = new_key("ecdsa"), _name("Nobody's OCSP signer")
    builder = _authority(_builder(stranger_name, stranger_name, stranger, *life), 0)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    _store(directory, "impostor", builder.sign(stranger, hashes.SHA256()), stranger)
    # Never used to verify anything: it only makes an answer larger than httpd caches (10239 bytes).
    names = [x509.DNSName(f"padding-{number:04d}.lab.test") for number in range(500)]
    builder = _builder(_name("Padding"), stranger_name, stranger, *life)
    padding = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(stranger, hashes.SHA256())
    (directory / "padding.pem").write_bytes(padding.public_bytes(Encoding.PEM))


def _authority(builder: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    # digital_signature: the issuing authority signs OCSP answers itself.
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return builder.add_extension(usage, critical=True)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Any, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _store(directory: Path, name: str, certificate: x509.Certificate, key: Any) -> None:
    (directory / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    _write_key(directory / f"{name}.key", key)


def _write_key(path: Path, key: Any) -> None:
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _read_key(path: Path) -> Any:
    return load_pem_private_key(path.read_bytes(), password=None)


def _digest(key: Any) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lab"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def _utc(certificate: x509.Certificate) -> str:
    return certificate.not_valid_after_utc.strftime("%y%m%d%H%M%SZ")


def _even(serial: str) -> str:
    return serial if len(serial) % 2 == 0 else f"0{serial}"
