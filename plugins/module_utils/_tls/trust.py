# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Who issued a served certificate, and whether a client that trusts the anchors here would trust it for a server.

OpenSSL verifies: signatures, dates, CA flags, path lengths, name constraints and critical extensions. Only the purpose
is checked here, as pyOpenSSL has no way to set one. Nothing counts that has not been verified.
"""

from __future__ import annotations

import contextlib
import ssl
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import validity_of
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.extensions import authority_key
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import (
    CertificateError,
    load_der,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import is_issued_by, parsed
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import show_name
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.server import purpose_problem
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import HAS_PYOPENSSL
from ansible_collections.stapling.httpd.plugins.module_utils._tls.verify import Verifier

if t.TYPE_CHECKING:
    from datetime import datetime

if HAS_CRYPTOGRAPHY:
    from cryptography import x509

if HAS_PYOPENSSL:
    from OpenSSL import crypto

NAME_CONSTRAINTS = bytes.fromhex("551d1e")
_PARTIAL_CHAIN = 0x80000
# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED
_DATES = (9, 10)
# No server needs as many; each costs a verification.
_MOST_SERVED = 16
# Chains of CAs that are remembered: most servers present the same ones.
_MOST_REMEMBERED = 256
Note = tuple[str, str]
Key = t.TypeVar("Key")
Value = t.TypeVar("Value")


class Chain(t.NamedTuple):
    """What a server's chain is worth: its issuing CA, whether it is trusted here, and what is wrong with it anywhere.

    `problem` is what every client would find wrong, whomever it trusts. `missing` is the CA that has to be known
    besides: the chain ends below it, and it is not trusted here.
    """

    issuer: x509.Certificate | None = None
    trusted: bool = False
    problem: Note | None = None
    missing: str | None = None


class _Refusal(t.NamedTuple):
    """Why OpenSSL, or the purpose, refuses a chain: how far from the server's certificate, and the reason."""

    code: int
    depth: int
    reason: str


class Trust:
    """Verifies chains against the system's anchors and those given, and remembers what the chains share.

    For one thread only, as OpenSSL's store of certificates is.
    """

    def __init__(self, anchors: t.Sequence[x509.Certificate] = ()) -> None:
        self.anchors = tuple(anchors)
        self._program = Verifier([parsed(anchor).der for anchor in anchors])
        self._store: crypto.X509Store | None = None
        self._parsed: dict[bytes, x509.Certificate | None] = {}
        self._converted: dict[bytes, crypto.X509] = {}
        self._stores: dict[bytes, crypto.X509Store] = {}
        self._tops: dict[tuple[bytes, ...], x509.Certificate] = {}
        self._authorities: dict[tuple[bytes | None, ...], list[x509.Certificate]] = {}

    def certificate(self, der: bytes) -> x509.Certificate | None:
        """Return the certificate in these bytes, or None if there is none that can be read."""
        try:
            return load_der(der)
        except CertificateError:
            return None

    def _sent(self, der: bytes) -> x509.Certificate | None:
        return _remembered(self._parsed, der, lambda: self.certificate(der))

    def judge(
        self, leaf: x509.Certificate, rest: tuple[bytes, ...], now: datetime, *, loaded: crypto.X509 | None = None
    ) -> Chain:
        """Verify the server's certificate with those that were sent with it; `loaded` is what OpenSSL made of it."""
        rest = rest[:_MOST_SERVED]
        sent = [self._sent(der) for der in rest]
        served = [found for found in sent if found is not None]
        refusal, authorities = self._verify(leaf, served, loaded=loaded)
        if refusal is None:
            # An anchor may be the server's own certificate.
            return Chain(authorities[0] if authorities else self._issuer_of(leaf, served, now), trusted=True)
        issuer = self._issuer_of(leaf, served, now)
        if issuer is None:
            return Chain()
        key = (parsed(issuer).der, *rest)
        top = _remembered(self._tops, key, lambda: self._top_of(issuer, served, now))
        problem = self._problem_for_everyone(leaf, served, issuer, top, now)
        alone = parsed(top).tbs.subject == parsed(top).tbs.issuer
        return Chain(issuer, problem=problem, missing=None if alone else show_name(parsed(top).tbs.issuer))

    def _issuer_of(
        self, child: x509.Certificate, served: t.Sequence[x509.Certificate], now: datetime
    ) -> x509.Certificate | None:
        """Return the CA that issued this certificate; of several certificates of this CA one that is valid now."""
        issued = parsed(child)
        found = [authority for authority in (*served, *self.anchors) if is_issued_by(issued, parsed(authority))]
        return next((authority for authority in found if _is_valid(authority, now)), found[0] if found else None)

    def _top_of(self, issuer: x509.Certificate, served: list[x509.Certificate], now: datetime) -> x509.Certificate:
        """Return the last certificate of the chain that was sent."""
        top = issuer
        for _step in served:
            above = self._issuer_of(top, served, now)
            if above is None or parsed(above).tbs.subject == parsed(top).tbs.subject:
                break
            top = above
        return top

    def _problem_for_everyone(
        self,
        leaf: x509.Certificate,
        served: list[x509.Certificate],
        issuer: x509.Certificate,
        top: x509.Certificate,
        now: datetime,
    ) -> Note | None:
        """Return what is wrong with the chain for a client that trusts its last certificate."""
        if not _is_valid(issuer, now):
            begin, end = validity_of(issuer)
            return "issuer_expired", f"{show_name(parsed(issuer).tbs.subject)}, valid from {begin} to {end}"
        refusal, _authorities = self._verify(leaf, served, top)
        if refusal is None or refusal.code in _DATES:
            # That the server's certificate has expired is said elsewhere; a CA above may have a newer certificate.
            return None
        place = "the server's certificate" if refusal.depth == 0 else f"CA certificate {refusal.depth} above it"
        return "chain_invalid", f"{place}: {refusal.reason}"

    def _verify(
        self,
        leaf: x509.Certificate,
        served: list[x509.Certificate],
        anchor: x509.Certificate | None = None,
        *,
        loaded: crypto.X509 | None = None,
    ) -> tuple[_Refusal | None, list[x509.Certificate]]:
        """Return why the chain is refused, or None and the CAs from the issuer to an anchor (default: the system's)."""
        child, trusted = parsed(leaf).tbs, parsed(anchor).der if anchor else b""
        # OpenSSL looks for issuers by these alone, and so finds the same ones for the next certificate like this.
        key = (trusted, child.issuer, authority_key(child), *[parsed(certificate).der for certificate in served])
        authorities = self._authorities.get(key)
        if authorities and self._is_signed_below(authorities[0], leaf, loaded):
            fault = purpose_problem(child, leaf=True)
            return (_Refusal(-1, 0, fault), []) if fault is not None else (None, authorities)
        verify = self._verify_by_library if HAS_PYOPENSSL else self._verify_by_program
        refusal, authorities = verify(leaf, served, anchor)
        if refusal is not None:
            return refusal, []
        for depth, certificate in enumerate([leaf, *authorities]):
            fault = purpose_problem(parsed(certificate).tbs, leaf=depth == 0)
            if fault is not None:
                return _Refusal(-1, depth, fault), []
        if authorities and HAS_PYOPENSSL and not any(map(_limits_names, authorities[1:])):
            _remember(self._authorities, key, authorities)
        return None, authorities

    def _is_signed_below(self, authority: x509.Certificate, leaf: x509.Certificate, loaded: crypto.X509 | None) -> bool:
        """Tell whether OpenSSL finds nothing wrong with a certificate below a CA that it has verified up to an anchor.

        That takes a third of the time of a whole chain. Of what stands above that CA, nothing but name constraints
        depends on the certificate. Any doubt is left to the whole verification.
        """
        try:
            if loaded is None:
                loaded = crypto.load_certificate(crypto.FILETYPE_ASN1, parsed(leaf).der)
            crypto.X509StoreContext(self._store_with(authority), loaded).verify_certificate()
        except (crypto.X509StoreContextError, crypto.Error, ValueError, TypeError):
            return False
        return True

    def _verify_by_library(
        self, leaf: x509.Certificate, served: list[x509.Certificate], anchor: x509.Certificate | None
    ) -> tuple[_Refusal | None, list[x509.Certificate]]:
        try:
            store = self._store_with(anchor) if anchor else self._system()
            untrusted = [self._convert(certificate) for certificate in served]
            start = crypto.load_certificate(crypto.FILETYPE_ASN1, parsed(leaf).der)
            chain = crypto.X509StoreContext(store, start, untrusted).get_verified_chain()
            return None, [found.to_cryptography() for found in chain[1:]]
        except crypto.X509StoreContextError as error:
            code, depth, reason = getattr(error, "errors", error.args[0])[:3]
            return _Refusal(code, depth, reason), []
        except (crypto.Error, ValueError, TypeError) as error:
            # A certificate that OpenSSL cannot read, though cryptography can, or the other way round.
            return _Refusal(-1, 0, f"it cannot be read ({type(error).__name__})"), []

    def _verify_by_program(
        self, leaf: x509.Certificate, served: list[x509.Certificate], anchor: x509.Certificate | None
    ) -> tuple[_Refusal | None, list[x509.Certificate]]:
        refused = self._program.verify(
            parsed(leaf).der,
            [parsed(certificate).der for certificate in served],
            anchor=parsed(anchor).der if anchor is not None else None,
        )
        if refused is not None:
            return _Refusal(*refused), []
        return None, self._authorities_above(leaf, [*served, *([anchor] if anchor is not None else self.anchors)])

    def _authorities_above(self, leaf: x509.Certificate, known: t.Sequence[x509.Certificate]) -> list[x509.Certificate]:
        """Return the CAs above a certificate as far as they are known; the program does not name them."""
        found = [leaf]
        while len(found) <= len(known):
            below = parsed(found[-1])
            above = next((entry for entry in known if entry not in found and is_issued_by(below, parsed(entry))), None)
            if above is None or below.tbs.subject == below.tbs.issuer:
                break
            found.append(above)
        return found[1:]

    def _convert(self, certificate: x509.Certificate) -> crypto.X509:
        der = parsed(certificate).der
        return _remembered(self._converted, der, lambda: crypto.X509.from_cryptography(certificate))

    def _store_with(self, anchor: x509.Certificate) -> crypto.X509Store:
        def make() -> crypto.X509Store:
            store = crypto.X509Store()
            store.set_flags(_PARTIAL_CHAIN)
            store.add_cert(self._convert(anchor))
            return store

        return _remembered(self._stores, parsed(anchor).der, make)

    def _system(self) -> crypto.X509Store:
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
                self._store.add_cert(self._convert(anchor))
        return self._store


def _remembered(cache: dict[Key, Value], key: Key, make: t.Callable[[], Value]) -> Value:
    """Return what was made for this key before, or make it; strangers cannot make the cache grow without end."""
    if key not in cache:
        _remember(cache, key, make())
    return cache[key]


def _remember(cache: dict[Key, Value], key: Key, value: Value) -> None:
    if key not in cache and len(cache) >= _MOST_REMEMBERED:
        cache.clear()
    cache[key] = value


def _limits_names(authority: x509.Certificate) -> bool:
    return NAME_CONSTRAINTS in parsed(authority).tbs.extensions


def _is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    begin, end = validity_of(certificate)
    return begin is not None and end is not None and begin <= now <= end
