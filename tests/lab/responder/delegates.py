# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of delegated signers, put together byte by byte: the library makes no odd ones."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .algorithms import Algorithm, algorithm_for
from .authority import Authority
from .der import (
    BIT_STRING,
    BOOLEAN,
    EXPLICIT_0,
    EXPLICIT_3,
    NULL,
    OCTET_STRING,
    PRINTABLE_STRING,
    SEQUENCE,
    SET,
    UTF8_STRING,
    bit_string,
    generalized_time,
    integer,
    oid,
    tlv,
    utc_time,
)

_BASIC_CONSTRAINTS, _KEY_USAGE, _EXTENDED_KEY_USAGE = "2.5.29.19", "2.5.29.15", "2.5.29.37"
_AUTHORITY_KEY, _NO_CHECK = "2.5.29.35", "1.3.6.1.5.5.7.48.1.5"
_OCSP_SIGNING, _ANY_PURPOSE = "1.3.6.1.5.5.7.3.9", "2.5.29.37.0"
UNKNOWN_OID = "1.3.6.1.4.1.55555.1"
_COMMON_NAME = "2.5.4.3"
# Octets of KeyUsage: the first one counts the unused bits of the last one.
_DIGITAL_SIGNATURE, _NON_REPUDIATION, _KEY_ENCIPHERMENT = b"\x07\x80", b"\x06\x40", b"\x05\x20"


@dataclass(frozen=True)
class Delegate:
    """A signer's certificate in DER, its name, and its key."""

    certificate: bytes
    name: bytes
    key: Any


@dataclass(frozen=True)
class Plan:
    """What a delegate's certificate is made from; each kind changes a little of it."""

    make_key: Callable[[], Any]
    name: bytes
    issuer_name: bytes
    algorithm: Algorithm  # of the issuer's signature
    inner_identifier: bytes | None = None  # what the certificate itself calls it, where that differs
    begins: bytes = b""
    ends: bytes = b""
    extensions: dict[str, bytes] | None = None


Change = Callable[[Plan, Authority], Plan]


def extension(dotted: str, value: bytes, critical: bytes = b"") -> bytes:
    """Return an Extension; critical: the whole BOOLEAN, left out for its default."""
    return tlv(SEQUENCE, oid(dotted), critical, tlv(OCTET_STRING, value))


TRUE, FALSE = tlv(BOOLEAN, b"\xff"), tlv(BOOLEAN, b"\x00")


def name_of(pairs: list[tuple[str, str]], tag: int = UTF8_STRING) -> bytes:
    """Return a Name of types and values."""
    return tlv(SEQUENCE, *(tlv(SET, tlv(SEQUENCE, oid(kind), tlv(tag, value.encode()))) for kind, value in pairs))


def pairs_of(name: x509.Name) -> list[tuple[str, str]]:
    """Return the types and values of a name."""
    return [(attribute.oid.dotted_string, str(attribute.value)) for attribute in name]


def delegate(authority: Authority, kind: str) -> Delegate:
    """Return the delegate of a kind; it stays the same as long as the responder runs."""
    with _lock:
        return _delegate(authority, kind)


@functools.cache
def _delegate(authority: Authority, kind: str) -> Delegate:
    plan = _KINDS[kind](_ordinary(authority, kind), authority)
    key = plan.make_key()
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed = tlv(
        SEQUENCE,
        tlv(EXPLICIT_0, integer(2)),
        integer(int.from_bytes(os.urandom(15), "big") | 1),
        plan.inner_identifier or plan.algorithm.identifier,
        plan.issuer_name,
        tlv(SEQUENCE, plan.begins, plan.ends),
        plan.name,
        spki,
        tlv(EXPLICIT_3, tlv(SEQUENCE, *(plan.extensions or {}).values())),
    )
    signature = bit_string(plan.algorithm.sign(authority.issuer.key, signed))
    return Delegate(tlv(SEQUENCE, signed, plan.algorithm.identifier, signature), plan.name, key)


def _ordinary(authority: Authority, kind: str) -> Plan:
    issuer = authority.issuer.certificate
    now = datetime.now(tz=timezone.utc)
    return Plan(
        make_key=lambda: ec.generate_private_key(ec.SECP256R1()),
        name=name_of([("2.5.4.10", "Lab"), (_COMMON_NAME, f"Lab OCSP {kind}")]),
        issuer_name=issuer.subject.public_bytes(),
        algorithm=algorithm_for(authority.issuer.key),
        begins=utc_time(now - timedelta(days=1)),
        ends=utc_time(now + timedelta(days=90)),
        extensions={
            "constraints": extension(_BASIC_CONSTRAINTS, tlv(SEQUENCE), TRUE),
            "usage": extension(_KEY_USAGE, tlv(BIT_STRING, _DIGITAL_SIGNATURE), TRUE),
            "purpose": _purpose(_OCSP_SIGNING),
            "no check": extension(_NO_CHECK, tlv(NULL)),
            "authority": extension(_AUTHORITY_KEY, tlv(SEQUENCE, tlv(0x80, authority.issuer_key_identifier))),
        },
    )


def _purpose(*purposes: str, behind: bytes = b"") -> bytes:
    return extension(_EXTENDED_KEY_USAGE, tlv(SEQUENCE, *map(oid, purposes)) + behind)


def _with(**changes: Any) -> Change:
    return lambda plan, authority: replace(plan, **changes)


def _extensions(**changes: bytes) -> Change:
    """Change extensions, or take those away that become empty."""
    words = {name.replace("_", " "): value for name, value in changes.items()}
    return lambda plan, authority: replace(plan, extensions={**(plan.extensions or {}), **words})


def _dates(begins: timedelta, ends: timedelta) -> Change:
    def change(plan: Plan, authority: Authority) -> Plan:
        now = datetime.now(tz=timezone.utc)
        return replace(plan, begins=utc_time(now + begins), ends=utc_time(now + ends))

    return change


def _curve(curve: ec.EllipticCurve) -> Change:
    return _with(make_key=lambda: ec.generate_private_key(curve))


def _rsa(bits: int) -> Change:
    return _with(make_key=lambda: rsa.generate_private_key(public_exponent=65537, key_size=bits))


def _signed_with(hash_name: str) -> Change:
    return lambda plan, authority: replace(plan, algorithm=algorithm_for(authority.issuer.key, hash_name))


def _issuer_name(spell: Callable[[str], str] = str, tag: int = UTF8_STRING) -> Change:
    def change(plan: Plan, authority: Authority) -> Plan:
        pairs = [(kind, spell(value)) for kind, value in pairs_of(authority.issuer.certificate.subject)]
        return replace(plan, issuer_name=name_of(pairs, tag))

    return change


def _inner_differs(plan: Plan, authority: Authority) -> Plan:
    return replace(plan, inner_identifier=algorithm_for(authority.issuer.key, "sha512").identifier)


def _usage(octets: bytes) -> bytes:
    return extension(_KEY_USAGE, tlv(BIT_STRING, octets), TRUE)


_lock = threading.Lock()
_BROKEN_UTF8 = tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, oid(_COMMON_NAME), tlv(UTF8_STRING, b"Lab \xff\xfe signer"))))
_KINDS: dict[str, Change] = {
    "ecdsa": _with(),
    "another": _with(),
    "rsa": _rsa(2048),
    "rsa1024": _rsa(1024),
    "rsa4096": _rsa(4096),
    "p384": _curve(ec.SECP384R1()),
    "p521": _curve(ec.SECP521R1()),
    "p224": _curve(ec.SECP224R1()),
    "secp256k1": _curve(ec.SECP256K1()),
    "brainpool256": _curve(ec.BrainpoolP256R1()),
    "ed25519": _with(make_key=ed25519.Ed25519PrivateKey.generate),
    "ed448": _with(make_key=ed448.Ed448PrivateKey.generate),
    "sha1-certificate": _signed_with("sha1"),
    "sha224-certificate": _signed_with("sha224"),
    "inner-differs": _inner_differs,
    "without-purpose": _extensions(purpose=b""),
    "any-purpose": _extensions(purpose=_purpose(_ANY_PURPOSE)),
    "purpose-twice": _extensions(again=_purpose(_OCSP_SIGNING)),
    "purpose-trailing": _extensions(purpose=_purpose(_OCSP_SIGNING, behind=b"\x05\x00")),
    "without-no-check": _extensions(no_check=b""),
    "ca": _extensions(constraints=extension(_BASIC_CONSTRAINTS, tlv(SEQUENCE, TRUE), TRUE)),
    "ca-false": _extensions(constraints=extension(_BASIC_CONSTRAINTS, tlv(SEQUENCE, FALSE), TRUE)),
    "without-constraints": _extensions(constraints=b""),
    "without-usage": _extensions(usage=b""),
    "no-signature-usage": _extensions(usage=_usage(_KEY_ENCIPHERMENT)),
    "non-repudiation": _extensions(usage=_usage(_NON_REPUDIATION)),
    "usage-unused-bits": _extensions(usage=_usage(b"\x09\x80")),
    "expired": _dates(timedelta(days=-30), timedelta(days=-1)),
    "not-yet": _dates(timedelta(days=1), timedelta(days=30)),
    "before-1970": _with(begins=utc_time(datetime(1960, 1, 1, tzinfo=timezone.utc))),
    "generalized-dates": _with(begins=generalized_time(datetime(2025, 1, 1, tzinfo=timezone.utc))),
    "critical-extension": _extensions(odd=extension(UNKNOWN_OID, tlv(NULL), TRUE)),
    "critical-false": _extensions(odd=extension(UNKNOWN_OID, tlv(NULL), FALSE)),
    "unknown-extension": _extensions(odd=extension(UNKNOWN_OID, tlv(NULL))),
    "other-authority-key": _extensions(authority=extension(_AUTHORITY_KEY, tlv(SEQUENCE, tlv(0x80, b"\x11" * 20)))),
    "issuer-name-case": _issuer_name(str.swapcase),
    "issuer-name-string-type": _issuer_name(tag=PRINTABLE_STRING),
    "same-name": _with(name=name_of([(_COMMON_NAME, "Lab OCSP namesake")])),
    "namesake": _with(name=name_of([(_COMMON_NAME, "Lab OCSP namesake")])),
    "broken-name": _with(name=_BROKEN_UTF8),
}
