# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
Every kind of response that was measured with real clients, with the verdict that it must get.

Who refuses is from handshakes of real httpd with curl (OpenSSL 3.0 and 3.5), GnuTLS 3.7 and 3.8, NSS 3.87, Go, Java 17
and 21 and Firefox 153, on Debian 12 and 13, and from byte-built responses that were given to these libraries. What one
of them refuses is not acceptable; what only Go's library refuses is, with a warning. `openssl ocsp` judges the same
bytes here.
"""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass

import pytest
from cryptography import x509

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules, Verdict
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.tests.unit.support import answers, delegates
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.answers import extension, octets, sequence, single, tlv
from ansible_collections.stapling.httpd.tests.unit.support.delegates import Delegate, common_name, key_of_kind
from ansible_collections.stapling.httpd.tests.unit.support.openssl import OpenSsl

ALL = "curl gnutls openssl go nss java firefox"
DAY = 86400
NULL = b"\x05\x00"
NONCE = "2b0601050507300102"


class Make:
    """Makers of responses; each takes the PKI whose leaf is asked about."""

    @staticmethod
    def signed(*, change: t.Callable[[authority.Pki], dict[str, t.Any]] | None = None, **options: t.Any) -> Maker:
        """Return a maker of good responses, with these options of answers.response()."""

        def make(pki: authority.Pki) -> bytes:
            more = change(pki) if change else {}
            return answers.response(own(pki), signer=by_issuer(pki), **{**options, **more})

        return make

    @staticmethod
    def dated(**options: t.Any) -> Maker:
        """Return a maker of responses with one statement with these options; produced when it says."""

        def make(pki: authority.Pki) -> bytes:
            produced = options.get("this_update", -3600)
            return answers.response(own(pki, **options), signer=by_issuer(pki), produced=produced)

        return make

    @staticmethod
    def statements(*makers: t.Callable[[authority.Pki], bytes]) -> Maker:
        """Return a maker of responses with these statements."""
        return lambda pki: answers.response(*[make(pki) for make in makers], signer=by_issuer(pki))

    @staticmethod
    def delegated(delegate: t.Callable[[authority.Pki], Delegate] | Delegate, **options: t.Any) -> Maker:
        """Return a maker of responses that this delegate has signed."""

        def make(pki: authority.Pki) -> bytes:
            made = delegate if isinstance(delegate, Delegate) else delegate(pki)
            more = {name: value(pki, made) if callable(value) else value for name, value in options.items()}
            return made.response(pki, **more)

        return make


Maker = t.Callable[[authority.Pki], bytes]


@dataclass(frozen=True)
class Row:
    """One kind of response: who refuses it, the word for it, and the warnings."""

    make: Maker
    refused_by: str = ""
    word: str | None = None
    warnings: tuple[str, ...] = ()
    key_type: str = "rsa"
    # Where `openssl ocsp -respin` with the issuer at hand takes more than OpenSSL did over TLS.
    command_accepts: bool | None = None
    # Where cryptography before 35, which loads certificates by OpenSSL, refuses one that later versions load.
    old_word: str | None = None


def by_issuer(pki: authority.Pki) -> answers.Signer:
    return answers.Signer(pki.issuer.key, pki.issuer.certificate)


def own(pki: authority.Pki, **options: t.Any) -> bytes:
    return single(pki.leaf.certificate, pki.issuer.certificate, **options)


def neighbour(status: str, **options: t.Any) -> t.Callable[[authority.Pki], bytes]:
    def make(pki: authority.Pki) -> bytes:
        other = authority.certificate("neighbour.test.example", issuer=pki.issuer)
        return single(other.certificate, pki.issuer.certificate, status=status, **options)

    return make


def of_another_ca(pki: authority.Pki) -> bytes:
    other = authority.certificate("other.test.example", issuer=pki.stranger)
    return single(other.certificate, pki.stranger.certificate)


def der(certificate: t.Any) -> bytes:
    return authority.Identity(certificate, None).der


def issuer_name(pki: authority.Pki) -> bytes:
    return t.cast(bytes, pki.issuer.certificate.subject.public_bytes())


def identifier_with(algorithm: bytes) -> t.Callable[[authority.Pki], bytes]:
    """Return a maker of good statements whose CertID names its hash function like this."""

    def make(pki: authority.Pki) -> bytes:
        right = answers.certificate_id(pki.leaf.certificate, pki.issuer.certificate)
        known = answers.algorithm(answers.HASH_OIDS["sha1"], NULL)
        assert known in right
        rest = right[2:].replace(known, algorithm)
        return own(pki, identifier=sequence(rest))

    return make


def samename(pki: authority.Pki) -> Delegate:
    return Delegate(subject=issuer_name(pki))


def chain(*which: str) -> t.Callable[[authority.Pki, Delegate], list[bytes]]:
    """Return a maker of the certificates in a response: the CA's and the delegate's, in this order."""
    return lambda pki, made: [
        der(pki.issuer.certificate) if name == "ca" else made.certificate(pki.issuer) for name in which
    ]


def stranger_first(pki: authority.Pki, made: Delegate) -> list[bytes]:
    return [made.but(subject=common_name("Somebody")).certificate(pki.stranger), made.certificate(pki.issuer)]


def beside(*extensions: bytes) -> t.Callable[[authority.Pki, Delegate], list[bytes]]:
    """Return a maker of two certificates of a delegate, of which only the second has these extensions as well."""
    return lambda pki, made: [
        made.certificate(pki.issuer),
        made.but(extensions=(*made.extensions, *extensions)).certificate(pki.issuer),
    ]


def renamed(**options: t.Any) -> t.Callable[[authority.Pki, Delegate], bytes]:
    return lambda _pki, _made: tlv(0xA1, common_name("Delegate", **options))


def plus(*extensions: bytes) -> tuple[bytes, ...]:
    return (*Delegate().extensions, *extensions)


def signed_by_parent(pki: authority.Pki) -> bytes:
    return answers.response(own(pki), signer=answers.Signer(pki.root.key, pki.root.certificate))


def signed_by_parent_with_certificate(pki: authority.Pki) -> bytes:
    root = pki.root.certificate
    return answers.response(own(pki), signer=answers.Signer(pki.root.key, root, send=(root,)))


def embedded(**options: t.Any) -> Maker:
    return Make.signed(change=lambda pki: {"bag": [der(pki.issuer.certificate)]}, **options)


def certified_again(pki: authority.Pki) -> x509.Certificate:
    return authority.certificate("Test Issuer", issuer=pki.root, key=pki.issuer.key, ca=True).certificate


def named(**options: t.Any) -> Maker:
    return Make.signed(change=lambda _pki: {"responder": tlv(0xA1, common_name("Test Issuer", **options))})


def trailing(data: bytes) -> Maker:
    return lambda pki: Make.signed()(pki) + data


PSS_WITH_SHA1_MASK = answers.algorithm(
    "2a864886f70d01010a",
    sequence(
        tlv(0xA0, answers.algorithm(answers.HASH_OIDS["sha256"], NULL)),
        tlv(0xA2, answers.integer(32)),
    ),
)

# The table of what was measured with real httpd; the names are those of the measurement.
SERVED: dict[str, Row] = {
    "good": Row(Make.signed()),
    "delegated": Row(Make.delegated(Delegate())),
    "nonce": Row(Make.signed(nonce=b"n" * 16)),
    "not-alone": Row(Make.statements(neighbour("revoked"), own), "curl-gnutls gnutls", "not_first"),
    "revoked": Row(Make.dated(status="revoked"), ALL, "revoked"),
    "unknown": Row(Make.dated(status="unknown"), ALL, "unknown"),
    "stale": Row(Make.dated(this_update=-2 * DAY, next_update=-DAY), ALL, "stale"),
    "future": Row(Make.dated(this_update=2 * DAY, next_update=3 * DAY), "curl openssl go nss java firefox", "future"),
    "bad-signature": Row(Make.signed(damage=True), ALL, "bad_signature"),
    "wrong-signer": Row(
        lambda pki: answers.response(own(pki), signer=answers.Signer(pki.stranger.key, pki.stranger.certificate)),
        ALL,
        "wrong_signer",
    ),
    "delegated-expired": Row(
        Make.delegated(Delegate(validity=sequence(delegates.utc(-30), delegates.utc(-1)))), ALL, "signer_expired"
    ),
    "delegated-without-eku": Row(Make.delegated(Delegate(extensions=(delegates.NO_CA,))), ALL, "signer_not_authorized"),
    "no-next-update": Row(Make.dated(next_update=None), "java", "no_next_update"),
    "oversized": Row(
        Make.signed(change=lambda pki: {"bag": [der(pki.stranger.certificate)] * 2}), "go", None, ("go_refuses",)
    ),
    "bykey": Row(Make.signed(by_key=True)),
    "ownca": Row(embedded(), "go", None, ("go_refuses",)),
    "ownca-bykey": Row(embedded(by_key=True), "go", None, ("go_refuses",)),
    "the other certificate of an issuer that has two": Row(
        Make.signed(change=lambda pki: {"bag": [der(certified_again(pki))]}), "gnutls go", "bad_certificates"
    ),
    "casfirst": Row(Make.delegated(Delegate(), bag=chain("ca", "own")), "go", None, ("go_refuses",)),
    "calast": Row(Make.delegated(Delegate(), bag=chain("own", "ca"))),
    "delegnocert": Row(Make.delegated(Delegate(), bag=None), ALL, "wrong_signer"),
    "deleg-d-rsa": Row(Make.delegated(Delegate(key=key_of_kind("rsa")))),
    "deleg-bykey-d-rsa": Row(Make.delegated(Delegate(key=key_of_kind("rsa")), by_key=True)),
    "deleg-d-ecdsa": Row(Make.delegated(Delegate(key=key_of_kind("p256")))),
    "deleg-d-p384": Row(Make.delegated(Delegate(key=key_of_kind("p384")), signature_hash="sha384")),
    "deleg-d-p521": Row(Make.delegated(Delegate(key=key_of_kind("p521")))),
    "p521sha512": Row(Make.delegated(Delegate(key=key_of_kind("p521")), signature_hash="sha512")),
    "deleg-d-p224": Row(Make.delegated(Delegate(key=key_of_kind("p224"))), "nss java firefox", "unsupported_algorithm"),
    "deleg-d-k1": Row(
        Make.delegated(Delegate(key=key_of_kind("k1"))),
        "curl-gnutls gnutls go nss java firefox",
        "unsupported_algorithm",
    ),
    "deleg-d-bp256": Row(
        Make.delegated(Delegate(key=key_of_kind("bp256"))),
        "curl-gnutls gnutls go nss java firefox",
        "unsupported_algorithm",
    ),
    "deleg-d-ed25519": Row(
        Make.delegated(Delegate(key=key_of_kind("ed25519"))), "go nss firefox", "unsupported_algorithm"
    ),
    "deleg-d-ed448": Row(Make.delegated(Delegate(key=key_of_kind("ed448"))), "go nss firefox", "unsupported_algorithm"),
    "deleg-d-rsa1024": Row(Make.delegated(Delegate(key=key_of_kind("rsa1024")))),
    "deleg-d-rsa4096": Row(Make.delegated(Delegate(key=key_of_kind("rsa4096")))),
    "deleg-d-sha1cert": Row(
        Make.delegated(Delegate(signature_hash="sha1")), "curl-gnutls gnutls firefox", "weak_signature"
    ),
    "deleg-d-sha224cert": Row(Make.delegated(Delegate(signature_hash="sha224")), "go firefox", "unsupported_algorithm"),
    "deleg-d-noeku": Row(
        Make.delegated(Delegate(extensions=(delegates.NO_CA, delegates.usage(0x80, 7)))), ALL, "signer_not_authorized"
    ),
    "deleg-d-nocheckless": Row(
        Make.delegated(Delegate(extensions=(delegates.NO_CA, delegates.usage(0x80, 7), delegates.PURPOSE)))
    ),
    "deleg-d-anyeku": Row(
        Make.delegated(Delegate(extensions=(extension("551d25", sequence(delegates.ANY_PURPOSE)),))),
        ALL,
        "signer_not_authorized",
    ),
    "deleg-d-ca": Row(
        Make.delegated(
            Delegate(extensions=(extension("551d13", sequence(delegates.TRUE), critical=True), delegates.PURPOSE))
        ),
        "nss firefox",
        "signer_not_authorized",
    ),
    "deleg-d-noku": Row(Make.delegated(Delegate(extensions=(delegates.NO_CA, delegates.PURPOSE)))),
    "deleg-d-kunosig": Row(
        Make.delegated(Delegate(extensions=(delegates.usage(0x20, 5), delegates.PURPOSE))),
        "nss",
        "signer_not_authorized",
    ),
    "deleg-d-kunr": Row(Make.delegated(Delegate(extensions=(delegates.usage(0x40, 6), delegates.PURPOSE)))),
    "deleg-d-expired": Row(
        Make.delegated(Delegate(validity=sequence(delegates.utc(-2), delegates.utc(-0.01)))), ALL, "signer_expired"
    ),
    "deleg-d-future": Row(
        Make.delegated(Delegate(validity=sequence(delegates.utc(1), delegates.utc(30)))),
        "curl curl-gnutls gnutls openssl go java firefox",
        "signer_expired",
    ),
    "deleg-d-crit": Row(
        Make.delegated(Delegate(extensions=plus(extension("2a030405", NULL, critical=True)))),
        "curl curl-gnutls gnutls openssl nss firefox",
        "signer_critical_extension",
    ),
    "deleg-d-badaki": Row(
        Make.delegated(Delegate(extensions=plus(delegates.authority_key(b"another")))),
        "curl curl-gnutls gnutls openssl nss",
        "signer_key_identifier",
    ),
    "deleg-d-nobc": Row(Make.delegated(Delegate(extensions=(delegates.usage(0x80, 7), delegates.PURPOSE)))),
    "samename-first": Row(Make.delegated(samename), "curl openssl firefox", "bad_signature"),
    "deleg-bykey-d-samename": Row(Make.delegated(samename, by_key=True)),
    "dupsigner": Row(Make.delegated(Delegate(), bag=stranger_first), "go", None, ("go_refuses",)),
    "alg-sha1": Row(Make.signed(signature_hash="sha1"), "", None, ("outdated_signature",)),
    "alg-sha224": Row(Make.signed(signature_hash="sha224"), "go firefox", "unsupported_algorithm"),
    "alg-sha384": Row(Make.signed(signature_hash="sha384")),
    "alg-sha512": Row(Make.signed(signature_hash="sha512")),
    "alg-pss": Row(Make.signed(pss=True), "go", None, ("go_refuses",)),
    "alg-psssha384": Row(
        Make.signed(pss=True, signature_hash="sha384"), "curl-gnutls gnutls go", "unsupported_algorithm"
    ),
    "alg-sha256-noparam": Row(Make.signed(algorithm_identifier=answers.algorithm("2a864886f70d01010b"))),
    "ecalg-null": Row(Make.signed(algorithm_identifier=answers.algorithm("2a8648ce3d040302", NULL)), key_type="ecdsa"),
    "ecsha512": Row(Make.signed(signature_hash="sha512"), key_type="ecdsa"),
    "ecsha1": Row(Make.signed(signature_hash="sha1"), "", None, ("outdated_signature",), key_type="ecdsa"),
    "pssdeleg": Row(Make.delegated(Delegate(key=key_of_kind("rsa")), pss=True), "go", None, ("go_refuses",)),
    "nonext": Row(Make.dated(next_update=None), "java", "no_next_update"),
    "nonext-fresh": Row(Make.dated(this_update=0, next_update=None), "", None, ("no_next_update",)),
    "nonext-2d": Row(Make.dated(this_update=-2 * DAY, next_update=None), "nss java firefox", "no_next_update"),
    "ahead-60": Row(Make.dated(this_update=60), "nss", "future"),
    "ahead-250": Row(Make.dated(this_update=250), "nss", "future"),
    "ahead-600": Row(Make.dated(this_update=600), "curl openssl go nss", "future"),
    "age-1": Row(Make.dated(this_update=-DAY)),
    "age-8": Row(Make.dated(this_update=-8 * DAY)),
    "age-9": Row(Make.dated(this_update=-9 * DAY)),
    "age-11": Row(Make.dated(this_update=-11 * DAY), "firefox", "too_old"),
    "late-5": Row(Make.dated(next_update=-5), "curl-gnutls gnutls go nss", "stale"),
    "late-200": Row(Make.dated(next_update=-200), "curl-gnutls gnutls go nss", "stale"),
    "left-100": Row(Make.dated(this_update=-DAY, next_update=100)),
    "neighbour-first": Row(Make.statements(neighbour("revoked"), own), "curl-gnutls gnutls", "not_first"),
    "neighbourgood-first": Row(Make.statements(neighbour("good"), own), "curl-gnutls gnutls", "not_first"),
    "neighbour-after": Row(Make.statements(own, neighbour("revoked"))),
    "twice-newer": Row(
        Make.statements(lambda pki: own(pki, this_update=-2 * DAY, next_update=-DAY), own),
        "curl curl-gnutls gnutls openssl go nss firefox",
        "stale",
    ),
    "twice-stale-after": Row(
        Make.statements(own, lambda pki: own(pki, this_update=-2 * DAY, next_update=-DAY)), "java firefox", "stale"
    ),
    "twice-revoked": Row(Make.statements(own, lambda pki: own(pki, status="revoked")), "java firefox", "revoked"),
    "sha256-first": Row(Make.statements(lambda pki: own(pki, hash_name="sha256"), own)),
    "sha1-first": Row(Make.statements(own, lambda pki: own(pki, hash_name="sha256"))),
    "otherissuer-first": Row(
        Make.statements(of_another_ca, own),
        "curl curl-gnutls gnutls openssl go",
        "foreign_statement",
        command_accepts=True,
    ),
    "otherissuer-after": Row(
        Make.statements(own, of_another_ca), "curl openssl", "foreign_statement", command_accepts=True
    ),
    "produced-future": Row(Make.signed(produced=DAY)),
    "produced-before": Row(Make.signed(produced=-2 * 3600), "nss", "produced_outside"),
    "produced-old": Row(Make.signed(produced=-30 * DAY), "nss", "produced_outside"),
    "version": Row(Make.signed(version=True)),
    "fraction": Row(
        lambda pki: answers.response(own(pki, this_moment=tlv(0x18, b"20260101000000.5Z")), signer=by_issuer(pki)),
        "curl openssl go nss firefox",
        "malformed_response",
    ),
    "offset": Row(
        lambda pki: answers.response(own(pki, this_moment=tlv(0x18, b"20260101000000+0100")), signer=by_issuer(pki)),
        "curl curl-gnutls gnutls openssl go firefox",
        "malformed_response",
    ),
    # OpenSSL refuses it from 3.5 on.
    "noseconds": Row(
        lambda pki: answers.response(own(pki, this_moment=tlv(0x18, b"202601010000Z")), signer=by_issuer(pki)),
        "go firefox",
        "malformed_response",
    ),
    "far": Row(Make.dated(next_update=20 * 365 * DAY)),
    "y2060": Row(Make.dated(next_update=34 * 365 * DAY)),
    "rcrit": Row(Make.signed(critical=True), "java firefox", "critical_extension"),
    "rext": Row(Make.signed(more_extensions=[extension("2a030405", NULL)])),
    "scrit": Row(Make.dated(critical=True), "go java firefox", "critical_extension"),
    "sext": Row(Make.dated(extensions=[extension("2a030405", NULL)])),
    # OpenSSL 3.5 only.
    "extdefault": Row(
        Make.signed(more_extensions=[sequence(tlv(0x06, bytes.fromhex("2a030405")), tlv(0x01, b"\0"), octets(NULL))]),
        "openssl3.5",
        "malformed_response",
    ),
    "emptycerts": Row(Make.signed(bag=())),
    "ridutf8": Row(named(tag=0x13), "nss firefox", "responder_name_differs"),
    "ridcase": Row(named(raw=b"TEST ISSUER"), "nss firefox", "responder_name_differs"),
    "ridspace": Row(named(raw=b"Test  Issuer "), "nss firefox", "responder_name_differs"),
    "delegridutf8": Row(
        Make.delegated(Delegate(), responder=renamed(tag=0x13)),
        "curl-gnutls gnutls nss firefox",
        "responder_name_differs",
    ),
    "wrongsigner": Row(
        Make.delegated(
            lambda pki: Delegate(issuer=issuer_name(pki)), bag=lambda pki, made: [made.certificate(pki.stranger)]
        ),
        ALL,
        "wrong_signer",
    ),
    "signedbyparent": Row(signed_by_parent, "curl openssl go nss java firefox", "wrong_signer"),
    "signedbyparent-cert": Row(signed_by_parent_with_certificate, "curl openssl go nss java firefox", "wrong_signer"),
    "badsig": Row(Make.signed(damage=True), ALL, "bad_signature"),
}

TWICE = extension("551d25", sequence(delegates.OCSP_SIGNING))
# What was found with byte-built responses besides.
BUILT: dict[str, Row] = {
    "delegate's issuer in another case": Row(
        Make.delegated(Delegate(issuer=common_name("TEST issuer"))),
        "gnutls nss firefox openssl",
        "signer_name_differs",
        command_accepts=True,
    ),
    "delegate's issuer as PrintableString": Row(
        Make.delegated(Delegate(issuer=common_name("Test Issuer", tag=0x13))), "nss firefox", "signer_name_differs"
    ),
    "extended key usage twice": Row(
        Make.delegated(Delegate(extensions=plus(TWICE))), "gnutls firefox openssl java go", "signer_malformed"
    ),
    "inner and outer algorithm": Row(
        Make.delegated(Delegate(inner=answers.algorithm("2a864886f70d01010c", NULL))),
        "gnutls firefox openssl java go",
        "signer_malformed",
    ),
    "extended key usage with trailing bytes": Row(
        Make.delegated(Delegate(extensions=(extension("551d25", sequence(delegates.OCSP_SIGNING) + b"\0\0"),))),
        "firefox",
        "signer_malformed",
    ),
    "unused bits of the key usage": Row(
        Make.delegated(Delegate(extensions=(delegates.usage(0x81, 7), delegates.PURPOSE))),
        "firefox",
        "signer_malformed",
    ),
    "UTCTime before 1970": Row(
        Make.delegated(Delegate(validity=sequence(tlv(0x17, b"600101000000Z"), delegates.utc(30)))),
        "firefox",
        "signer_malformed",
    ),
    "UTF8String that is none": Row(
        Make.delegated(Delegate(subject=common_name("", raw=b"Delegat\xe9")), by_key=True),
        "openssl",
        "signer_malformed",
        old_word="bad_certificates",
    ),
    "second statement in the future": Row(
        Make.statements(own, lambda pki: own(pki, this_update=3600)), "firefox java", "future"
    ),
    "second statement without nextUpdate": Row(
        Make.statements(own, lambda pki: own(pki, this_update=-2 * DAY, next_update=None)),
        "firefox java",
        "no_next_update",
    ),
    "second statement with a critical extension": Row(
        Make.statements(own, lambda pki: own(pki, critical=True)), "firefox java", "critical_extension"
    ),
    "neighbour with a critical extension": Row(
        Make.statements(own, neighbour("good", critical=True)), "java", "critical_extension"
    ),
    "produced after nextUpdate": Row(Make.signed(produced=30 * DAY), "nss", "produced_outside"),
    "produced in 2099": Row(Make.signed(produced=73 * 365 * DAY), "nss", "produced_outside"),
    "critical nonce": Row(
        Make.signed(more_extensions=[extension(NONCE, octets(b"n" * 16), critical=True)]),
        "firefox java",
        "critical_extension",
    ),
    "no certificate in the bag": Row(
        Make.delegated(Delegate(), bag=lambda pki, made: [made.certificate(pki.issuer), sequence(octets(b"x"))]),
        "openssl java gnutls go",
        "bad_certificates",
    ),
    **{
        f"{what} in another certificate of the bag": Row(
            Make.delegated(Delegate(), bag=beside(extension(oid, value))), "gnutls" * bool(word), word
        )
        for what, oid, value, word in (
            ("damaged name", "551d11", b"\x30\x0e\x82\x0ctest.exampe", "bad_certificates"),
            ("unknown kind of name", "551d11", sequence(tlv(0x77, b"test.example")), "bad_certificates"),
            ("bytes after the names", "551d11", sequence(tlv(0x82, b"test.example")) + b"\0", "bad_certificates"),
            ("damaged name of the issuer", "551d12", b"\x30\x0e\x82\x0ctest.exampe", "bad_certificates"),
            ("purpose twice", "551d25", sequence(tlv(0x06, b"\x2a\x03")), "bad_certificates"),
            ("name that is not ASCII", "551d11", sequence(tlv(0x82, b"test.ex\xe4mple")), None),
            ("damaged key identifier", "551d0e", b"xx", None),
            ("damaged distribution point", "551d1f", b"xx", None),
        )
    },
    "nine certificates": Row(
        Make.delegated(Delegate(), bag=lambda pki, made: [made.certificate(pki.issuer)] * 9),
        "firefox",
        "bad_certificates",
    ),
    "eight certificates": Row(Make.delegated(Delegate(), bag=lambda pki, made: [made.certificate(pki.issuer)] * 8)),
    # The bytes say MGF1 with SHA-1, the signature was made with SHA-256; the verdict does not depend on it.
    "PSS with MGF1 of SHA-1": Row(
        Make.signed(pss=True, algorithm_identifier=PSS_WITH_SHA1_MASK),
        "gnutls firefox openssl",
        "unsupported_algorithm",
    ),
    "parameters of the signature algorithm": Row(
        Make.signed(algorithm_identifier=answers.algorithm("2a864886f70d01010b", sequence())),
        "firefox java",
        "malformed_response",
    ),
    "parameters of the CertID hash": Row(
        Make.statements(identifier_with(answers.algorithm(answers.HASH_OIDS["sha1"], sequence()))),
        "firefox java",
        "malformed_response",
    ),
    "only a SHA-256 CertID": Row(
        Make.statements(lambda pki: own(pki, hash_name="sha256")), "java nss openssl", "certid_algorithm"
    ),
    "padded OID": Row(Make.signed(more_extensions=[extension("2a80030405", NULL)]), "openssl", "malformed_response"),
    "cut off OID": Row(Make.signed(more_extensions=[extension("2a0384", NULL)]), "openssl", "malformed_response"),
    "relative name that is no SEQUENCE": Row(
        Make.delegated(
            Delegate(subject=sequence(tlv(0x31, tlv(0x31, tlv(0x06, b"\x55\x04\x03"), tlv(0x0C, b"x"))))), by_key=True
        ),
        "openssl",
        "bad_certificates",
    ),
    "empty list of certificate timestamps": Row(
        Make.dated(extensions=[extension("2b06010401d679020405", octets(b"\0\0"))]), "firefox", "malformed_response"
    ),
    # What is refused without need, says the measurement: every client takes it.
    "cA FALSE written out": Row(
        Make.delegated(
            Delegate(extensions=(extension("551d13", sequence(tlv(0x01, b"\0")), critical=True), delegates.PURPOSE))
        )
    ),
}
ROWS = {**SERVED, **BUILT}
ROW = pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))


def judge(data: bytes, pki: authority.Pki, **rules: t.Any) -> Verdict:
    return validate_response(
        data,
        certificate=pki.leaf.certificate,
        issuer=pki.issuer.certificate,
        now=authority.now(),
        rules=Rules(**rules),
    )


@ROW
def test_the_strictest_client_decides(row: Row) -> None:
    pki = authority.pki(row.key_type)
    verdict = judge(row.make(pki), pki)
    assert verdict.problem in (row.word, row.old_word or row.word), verdict.detail
    assert tuple(word for word, _detail in verdict.warnings if verdict.acceptable) == row.warnings
    assert {word for word, _detail in verdict.warnings} <= set(PROBLEMS)


@ROW
def test_a_row_is_acceptable_if_nobody_but_go_refuses_it(row: Row) -> None:
    assert (row.word is None) == (not set(row.refused_by.split()) - {"go"})
    assert ("go_refuses" in row.warnings) == (row.refused_by == "go")


@pytest.fixture(name="command", scope="module")
def fixture_command(tmp_path_factory: pytest.TempPathFactory) -> t.Callable[[str], OpenSsl]:
    made: dict[str, OpenSsl] = {}

    def get(key_type: str) -> OpenSsl:
        if key_type not in made:
            made[key_type] = OpenSsl(tmp_path_factory.mktemp(key_type), authority.pki(key_type))
        return made[key_type]

    return get


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@ROW
def test_the_command_openssl_sees_it_as_was_measured(row: Row, command: t.Callable[[str], OpenSsl]) -> None:
    expected = "openssl" not in row.refused_by.split() if row.command_accepts is None else row.command_accepts
    assert command(row.key_type).accepts(row.make(authority.pki(row.key_type))) is expected


@pytest.mark.parametrize("data", [b"\r\n", b"\0" * 40], ids=["trailing", "trailing0"])
def test_bytes_after_the_response_do_not_reach_clients(data: bytes) -> None:
    """They are dropped by httpd, so they matter in a staple and not in a responder's answer."""
    pki = authority.pki()
    answer = Make.signed()(pki) + data
    assert judge(answer, pki, ignore_rest=True).problem is None
    assert judge(answer, pki).problem == "not_ocsp"


@pytest.mark.parametrize(("minutes", "word"), [(5, None), (14, None), (16, "no_next_update")])
def test_without_next_update_java_takes_a_response_for_15_minutes(minutes: int, word: str | None) -> None:
    pki = authority.pki()
    assert judge(Make.dated(this_update=-60 * minutes, next_update=None)(pki), pki).problem == word
