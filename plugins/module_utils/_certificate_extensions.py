# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The extensions that stapling depends on, read from the raw certificate so that an odd neighbour cannot hide them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._certificate_der import (
    BOOLEAN,
    INTEGER,
    OID,
    SEQUENCE,
    DerError,
    Element,
    TbsCertificate,
    children,
    expect,
    octets,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate_names import oid_text, show_name
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape

_AUTHORITY_INFORMATION_ACCESS = bytes.fromhex("2b06010505070101")
_TLS_FEATURE = bytes.fromhex("2b06010505070118")
_SUBJECT_ALTERNATIVE_NAME = bytes.fromhex("551d11")
_SUBJECT_KEY_IDENTIFIER = bytes.fromhex("551d0e")
_AUTHORITY_KEY_IDENTIFIER = bytes.fromhex("551d23")
_BASIC_CONSTRAINTS = bytes.fromhex("551d13")
_ACCESS_OCSP = bytes.fromhex("2b06010505073001")
_ACCESS_CA_ISSUERS = bytes.fromhex("2b06010505073002")
_STATUS_REQUEST = 5

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


@dataclass(frozen=True)
class Extensions:
    """What the extensions say. URIs are as in the certificate: escape them before showing. The rest is escaped."""

    ocsp_uris: tuple[str, ...]
    ca_issuers: tuple[str, ...]
    alternative_names: tuple[str, ...]
    must_staple: bool
    is_ca: bool
    subject_key: bytes | None
    authority_key: bytes | None
    warnings: tuple[tuple[str, str], ...]


def read_extensions(tbs: TbsCertificate) -> Extensions:
    """Read them all. One that cannot be read becomes a warning, and counts as absent."""
    warnings: list[tuple[str, str]] = []
    ocsp: list[str] = []
    issuers: list[str] = []
    names: list[str] = []
    must_staple = is_ca = False
    subject_key = authority_key = None
    for oid in tbs.duplicates:
        warnings.append(("duplicate_extension", f"extension {_oid_text(oid)} stands in the certificate twice"))

    value = tbs.extensions.get(_AUTHORITY_INFORMATION_ACCESS)
    if value is not None:
        try:
            _read_access(value, ocsp, issuers, warnings)
        except DerError as error:
            warnings.append(("unreadable_extension", f"authorityInfoAccess cannot be read: {error}"))
    value = tbs.extensions.get(_SUBJECT_ALTERNATIVE_NAME)
    if value is not None:
        try:
            names.extend(_general_name(value, name) for name in children(value, _sequence(value)))
        except DerError as error:
            warnings.append(("unreadable_extension", f"subjectAltName cannot be read: {error}"))
    value = tbs.extensions.get(_TLS_FEATURE)
    if value is not None:
        try:
            features = [octets(value, found) for found in children(value, _sequence(value)) if found.tag == INTEGER]
            must_staple = any(int.from_bytes(feature, "big") == _STATUS_REQUEST for feature in features)
        except DerError as error:
            warnings.append(("unreadable_extension", f"the TLS feature extension cannot be read: {error}"))
    value = tbs.extensions.get(_BASIC_CONSTRAINTS)
    if value is not None:
        try:
            constraints = children(value, _sequence(value))
            is_ca = bool(constraints) and constraints[0].tag == BOOLEAN and octets(value, constraints[0]) != b"\x00"
        except DerError as error:
            warnings.append(("unreadable_extension", f"basicConstraints cannot be read: {error}"))
    value = tbs.extensions.get(_SUBJECT_KEY_IDENTIFIER)
    if value is not None:
        try:
            subject_key = octets(value, expect(value, 0, len(value), 0x04))
        except DerError as error:
            warnings.append(("unreadable_extension", f"subjectKeyIdentifier cannot be read: {error}"))
    value = tbs.extensions.get(_AUTHORITY_KEY_IDENTIFIER)
    if value is not None:
        try:
            identifiers = [found for found in children(value, _sequence(value)) if found.tag == 0x80]
            authority_key = octets(value, identifiers[0]) if identifiers else None
        except DerError as error:
            warnings.append(("unreadable_extension", f"authorityKeyIdentifier cannot be read: {error}"))
    return Extensions(
        ocsp_uris=tuple(ocsp),
        ca_issuers=tuple(issuers),
        alternative_names=tuple(names),
        must_staple=must_staple,
        is_ca=is_ca,
        subject_key=subject_key,
        authority_key=authority_key,
        warnings=tuple(warnings),
    )


def _sequence(value: bytes) -> Element:
    return expect(value, 0, len(value), SEQUENCE)


def _oid_text(oid: bytes) -> str:
    try:
        return oid_text(oid)
    except DerError:
        return oid.hex()


def _text(value: bytes) -> str:
    """A URI should be ASCII. UTF-8 is understood too; any other byte is kept as what can be in no host and no path."""
    return value.decode("utf-8", "surrogateescape")


def _read_access(value: bytes, ocsp: list[str], issuers: list[str], warnings: list[tuple[str, str]]) -> None:
    for description in children(value, _sequence(value)):
        parts = children(value, description)
        if len(parts) != 2 or parts[0].tag != OID:
            raise DerError("not an access description")
        method = octets(value, parts[0])
        if method not in (_ACCESS_OCSP, _ACCESS_CA_ISSUERS):
            continue
        if parts[1].tag != _URI:
            # OpenSSL skips these as well when it looks for responders.
            kind = "OCSP" if method == _ACCESS_OCSP else "CA Issuers"
            warnings.append(
                ("not_a_uri", f"an {kind} location is not a URI but {_general_name(value, parts[1])[:200]}")
            )
            continue
        (ocsp if method == _ACCESS_OCSP else issuers).append(_text(octets(value, parts[1])))


def _general_name(data: bytes, name: Element) -> str:
    value = octets(data, name)
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
