# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certification authority's material that the responder signs with, and what the authority has issued."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_private_key


@dataclass(frozen=True)
class Signer:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Any


class Index:
    """The authority's index.txt, as `openssl ca` writes and `openssl ocsp` reads it; read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read_at: tuple[int, int] | None = None
        self._states: dict[int, str] = {}

    def states(self) -> dict[int, str]:
        """Return V (valid) or R (revoked) for each serial number."""
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        with self._lock:
            if stamp != self._read_at:
                rows = [line.split("\t") for line in self._path.read_text(encoding="utf-8").splitlines() if line]
                self._states = {int(row[3], 16): row[0] for row in rows}
                self._read_at = stamp
            return self._states


class Authority:
    """Everything that an answer can be made with."""

    def __init__(self, directory: Path) -> None:
        self.issuer = _signer(directory, "issuing")
        # Read once: older versions of the library fail where several threads look at extensions at the same time.
        extension = self.issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        self.issuer_key_identifier = extension.value.digest
        self.delegate = _signer(directory, "delegated")
        self.delegate_without_eku = _signer(directory, "delegated-without-eku")
        self.delegate_expired = _expired(self.delegate, self.issuer)
        self.impostor = _signer(directory, "impostor")
        self.padding = x509.load_pem_x509_certificate((directory / "padding.pem").read_bytes())
        self.index = Index(directory / "index.txt")


def _expired(delegate: Signer, issuer: Signer) -> Signer:
    """Make a certificate that differs only in its dates: yesterday was the last day."""
    now = datetime.now(tz=timezone.utc).replace(microsecond=0)
    builder = x509.CertificateBuilder().subject_name(delegate.certificate.subject)
    builder = builder.issuer_name(issuer.certificate.subject).public_key(delegate.key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=30)).not_valid_after(now - timedelta(days=1))
    for extension in delegate.certificate.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return Signer(builder.sign(issuer.key, digest_for(issuer.key)), delegate.key)


def digest_for(key: Any) -> hashes.HashAlgorithm | None:
    """Return the hash with which such a key signs."""
    return None if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)) else hashes.SHA256()


def _signer(directory: Path, name: str) -> Signer:
    return Signer(
        certificate=x509.load_pem_x509_certificate((directory / f"{name}.pem").read_bytes()),
        key=load_pem_private_key((directory / f"{name}.key").read_bytes(), password=None),
    )
