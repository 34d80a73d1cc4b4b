# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The extensions that stapling depends on, read from the raw certificate so that an odd neighbour cannot hide them."""

from __future__ import annotations

import ipaddress
import typing as t
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    DerError,
    Element,
    TbsCertificate,
    children,
    expect,
    octets,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import oid_text, shortened, show_name
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape

_AUTHORITY_INFORMATION_ACCESS = bytes.fromhex("2b06010505070101")
_TLS_FEATURE = bytes.fromhex("2b06010505070118")
_SUBJECT_ALTERNATIVE_NAME = bytes.fromhex("551d11")
_SUBJECT_KEY_IDENTIFIER = bytes.fromhex("551d0e")
_AUTHORITY_KEY_IDENTIFIER = bytes.fromhex("551d23")
_BASIC_CONSTRAINTS = bytes.fromhex("551d13")
_ACCESS_OCSP = bytes.fromhex("2b06010505073001")
_ACCESS_CA_ISSUERS = bytes.fromhex("2b06010505073002")
_KEY_USAGE = bytes.fromhex("551d0f")
_STATUS_REQUEST = 5
# What is returned of what strangers write: names, responders and warnings of one certificate.
_MOST_NAMES = 1000
_MOST_URIS = 20
_MOST_WARNINGS = 20
_LONGEST_VALUE = 4096
_KEY_CERT_SIGN = 0x04

T = t.TypeVar("T")

_GENERAL_NAMES = {
    0xA0: "otherName",
    0x81: "email",
    0x82: "DNS",
    0xA3: "x400Address",
    0xA4: "dirName",
    0xA5: "ediPartyName",
    0x86: "URI",
    0x87: "IP",
    0x88: "RID",
}
_URI = 0x86


Warnings = tuple[tuple[str, str], ...]
Access = tuple[tuple[str, ...], tuple[str, ...], Warnings]


class Extensions(t.NamedTuple):
    """What the extensions say. URIs are as in the certificate: escape them before showing. The rest is escaped."""

    ocsp_uris: tuple[str, ...]
    ca_issuers: tuple[str, ...]
    alternative_names: tuple[str, ...]
    must_staple: bool
    is_ca: bool
    may_sign_certificates: bool
    subject_key: bytes | None
    authority_key: bytes | None
    warnings: Warnings


def read_extensions(tbs: TbsCertificate) -> Extensions:
    """Read all extensions. One that cannot be read becomes a warning, and counts as absent."""
    warnings = [
        ("duplicate_extension", f"extension {_oid_text(oid)} stands in the certificate twice")
        for oid in tbs.duplicates[:_MOST_WARNINGS]
    ]

    def read(oid: bytes, name: str, reader: t.Callable[[bytes], T], absent: T) -> T:
        value = tbs.extensions.get(oid)
        if value is None:
            return absent
        try:
            return reader(value)
        except DerError as error:
            warnings.append(("unreadable_extension", f"{name} cannot be read: {error}"))
            return absent

    nothing: Access = ((), (), ())
    ocsp, issuers, odd = read(_AUTHORITY_INFORMATION_ACCESS, "authorityInfoAccess", _access, nothing)
    warnings += odd
    return Extensions(
        ocsp_uris=ocsp,
        ca_issuers=issuers,
        alternative_names=read(_SUBJECT_ALTERNATIVE_NAME, "subjectAltName", _alternative_names, ()),
        must_staple=read(_TLS_FEATURE, "the TLS feature extension", _asks_for_status, False),
        is_ca=read(_BASIC_CONSTRAINTS, "basicConstraints", _is_ca, False),
        may_sign_certificates=read(_KEY_USAGE, "keyUsage", _has_key_cert_sign, True),
        subject_key=read(_SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier", _subject_key, None),
        authority_key=read(_AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier", _authority_key, None),
        warnings=tuple(warnings[: 2 * _MOST_WARNINGS]),
    )


def authority_key(tbs: TbsCertificate) -> bytes | None:
    """Return the key identifier of the issuer alone, as read_extensions() finds it."""
    value = tbs.extensions.get(_AUTHORITY_KEY_IDENTIFIER)
    try:
        return None if value is None else _authority_key(value)
    except DerError:
        return None


# What an authority writes into all of its certificates is read once.


@lru_cache(maxsize=256)
def _access(value: bytes) -> Access:
    """Return the URIs of OCSP responders, those of the issuer's certificate, and warnings of what is odd."""
    found: dict[bytes, list[str]] = {_ACCESS_OCSP: [], _ACCESS_CA_ISSUERS: []}
    warnings: list[tuple[str, str]] = []
    for description in children(value, _sequence(value)):
        parts = children(value, description)
        if len(parts) != 2 or parts[0].tag != OID:
            raise DerError("not an access description")
        method = octets(value, parts[0])
        if method not in found:
            continue
        if parts[1].tag == _URI:
            found[method].append(_text(octets(value, parts[1])))
        elif len(warnings) < _MOST_WARNINGS:
            # OpenSSL skips these as well when it looks for responders.
            kind = "OCSP" if method == _ACCESS_OCSP else "CA Issuers"
            shown = _general_name(value, parts[1])[:200]
            warnings.append(("not_a_uri", f"an {kind} location is not a URI but {shown}"))
    ocsp, issuers = found[_ACCESS_OCSP][:_MOST_URIS], found[_ACCESS_CA_ISSUERS][:_MOST_URIS]
    return tuple(ocsp), tuple(issuers), tuple(warnings)


def _alternative_names(value: bytes) -> tuple[str, ...]:
    names = children(value, _sequence(value))
    shown = [shortened(_general_name(value, name)) for name in names[:_MOST_NAMES]]
    return (*shown, *([f"... ({len(names) - _MOST_NAMES} more)"] if len(names) > _MOST_NAMES else []))


@lru_cache(maxsize=256)
def _asks_for_status(value: bytes) -> bool:
    features = [octets(value, found) for found in children(value, _sequence(value)) if found.tag == INTEGER]
    return any(int.from_bytes(feature, "big") == _STATUS_REQUEST for feature in features)


@lru_cache(maxsize=256)
def _is_ca(value: bytes) -> bool:
    constraints = children(value, _sequence(value))
    return bool(constraints) and constraints[0].tag == BOOLEAN and octets(value, constraints[0]) != b"\x00"


@lru_cache(maxsize=256)
def _has_key_cert_sign(value: bytes) -> bool:
    """Return whether the key may sign certificates."""
    # The first octet of a bit string counts its unused bits.
    bits = octets(value, expect(value, 0, len(value), BIT_STRING))
    return len(bits) > 1 and bool(bits[1] & _KEY_CERT_SIGN)


def _subject_key(value: bytes) -> bytes | None:
    return octets(value, expect(value, 0, len(value), OCTET_STRING))


@lru_cache(maxsize=256)
def _authority_key(value: bytes) -> bytes | None:
    return next((octets(value, found) for found in children(value, _sequence(value)) if found.tag == 0x80), None)


def _sequence(value: bytes) -> Element:
    return expect(value, 0, len(value), SEQUENCE)


def _oid_text(oid: bytes) -> str:
    try:
        return oid_text(oid)
    except DerError:
        return shortened(oid.hex())


def _text(value: bytes) -> str:
    """Decode a URI, which should be ASCII. UTF-8 is understood too; any other byte is kept as what no host contains."""
    return value.decode("utf-8", "surrogateescape")


def _general_name(data: bytes, name: Element) -> str:
    # Long enough for any name; what is not shown is not decoded either.
    value = octets(data, name)[:_LONGEST_VALUE]
    kind = _GENERAL_NAMES.get(name.tag)
    if kind is None:
        return f"tag {name.tag:#04x}:{value.hex()}"
    if kind in ("DNS", "URI", "email"):
        return f"{kind}:{escape(_text(value))}"
    if kind == "IP" and len(value) in (4, 16):
        return f"IP:{ipaddress.ip_address(value)}"
    if kind == "dirName":
        return f"dirName:{show_name(value)}"
    if kind == "RID":
        return f"RID:{_oid_text(value)}"
    return f"{kind}:{value.hex()}"
