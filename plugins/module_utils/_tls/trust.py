# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whom to believe: who issued a served certificate, and whether that CA is trusted here.
"""

from __future__ import annotations

import contextlib
import ssl
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import (
    CertificateError,
    load_der,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import is_issued_by, parsed
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import HAS_PYOPENSSL

if HAS_CRYPTOGRAPHY:
    from cryptography import x509

if HAS_PYOPENSSL:
    from OpenSSL import crypto

_PARTIAL_CHAIN = 0x80000


class Issuer(t.NamedTuple):
    """trusted: whether a chain leads from this CA to an anchor."""

    certificate: x509.Certificate
    trusted: bool


class Trust:
    """
    Anchors are the system's and those given. What was found out is kept: most servers present the same chains.

    For one thread only, as OpenSSL's store of certificates is.
    """

    def __init__(self, anchors: t.Sequence[x509.Certificate] = ()) -> None:
        self.anchors = tuple(anchors)
        self._store: crypto.X509Store | None = None
        self._parsed: dict[bytes, x509.Certificate | None] = {}
        self._trusted: dict[tuple[bytes, ...], bool] = {}

    def certificate(self, der: bytes, *, keep: bool = False) -> x509.Certificate | None:
        """The certificate in these bytes, or None if there is none that can be read."""
        if der in self._parsed:
            return self._parsed[der]
        try:
            found = load_der(der)
        except CertificateError:
            found = None
        if keep:
            self._parsed[der] = found
        return found

    def issuer_of(self, leaf: x509.Certificate, rest: tuple[bytes, ...]) -> Issuer | None:
        """The CA that issued the certificate, from what the server sent with it or from the anchors."""
        served = [found for found in (self.certificate(der, keep=True) for der in rest) if found is not None]
        child = parsed(leaf)
        candidates = [*served, *self.anchors]
        issuer = next((found for found in candidates if is_issued_by(child, parsed(found))), None)
        if issuer is None:
            return self._from_store(leaf)
        return Issuer(issuer, self._is_trusted(issuer, served, rest))

    def _from_store(self, leaf: x509.Certificate) -> Issuer | None:
        """A server may leave out a root; then only the store has it."""
        chain = self._verified_chain(leaf, [])
        return Issuer(chain[1], True) if len(chain) > 1 else None

    def _is_trusted(self, issuer: x509.Certificate, served: list[x509.Certificate], rest: tuple[bytes, ...]) -> bool:
        key = (parsed(issuer).der, *rest)
        if key not in self._trusted:
            self._trusted[key] = bool(self._verified_chain(issuer, served))
        return self._trusted[key]

    def _verified_chain(self, first: x509.Certificate, others: list[x509.Certificate]) -> list[x509.Certificate]:
        """The chain from this certificate to an anchor, empty if there is none."""
        try:
            untrusted = [crypto.X509.from_cryptography(certificate) for certificate in others]
            start = crypto.X509.from_cryptography(first)
            context = crypto.X509StoreContext(self._get_store(), start, untrusted)
            return [found.to_cryptography() for found in context.get_verified_chain()]
        except (crypto.X509StoreContextError, crypto.Error):
            # crypto.Error: a certificate that OpenSSL cannot read, though cryptography can.
            return []

    def _get_store(self) -> crypto.X509Store:
        if self._store is None:
            self._store = crypto.X509Store()
            # An intermediate CA among the anchors is one, too.
            self._store.set_flags(_PARTIAL_CHAIN)
            paths = ssl.get_default_verify_paths()
            if paths.cafile or paths.capath:
                # A system without a readable store trusts nobody; that is no reason to give up.
                with contextlib.suppress(crypto.Error):
                    self._store.load_locations(paths.cafile, paths.capath)
            for anchor in self.anchors:
                self._store.add_cert(crypto.X509.from_cryptography(anchor))
        return self._store
