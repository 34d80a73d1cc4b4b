# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
As much DER as is needed to read the parts of a certificate that cryptography refuses to show.

cryptography raises for a whole certificate when one extension in it is odd (an AIA URI that is not ASCII, say), and it
does so differently in each version. httpd does not care and serves the certificate, so we have to see what is in it.
"""

from __future__ import annotations

import typing as t

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
SEQUENCE = 0x30
SET = 0x31


class DerError(Exception):
    """The bytes are not the DER that was expected."""


class Element(t.NamedTuple):
    """One element: its tag byte, where it begins, and where its contents start and end."""

    tag: int
    begin: int
    start: int
    end: int


def element(data: bytes, offset: int, limit: int) -> Element:
    """The element at offset, which has to end within limit."""
    start = offset + 2
    if start > limit:
        raise DerError("truncated")
    tag = data[offset]
    if tag & 0x1F == 0x1F:
        raise DerError("high tag numbers are not used in certificates")
    length = data[offset + 1]
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > limit:
            raise DerError("bad length")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    end = start + length
    if end > limit:
        raise DerError("truncated")
    # Thousands are made, and the constructor of a named tuple takes three times as long.
    return tuple.__new__(Element, (tag, offset, start, end))


def elements(data: bytes, offset: int, limit: int) -> list[Element]:
    """Everything between offset and limit."""
    found = []
    while offset < limit:
        # Nearly all elements are this short; the rest, and all that is wrong, is for element().
        if offset + 2 <= limit and data[offset + 1] < 0x80 and data[offset] & 0x1F != 0x1F:
            end = offset + 2 + data[offset + 1]
            if end <= limit:
                found.append(tuple.__new__(Element, (data[offset], offset, offset + 2, end)))
                offset = end
                continue
        one = element(data, offset, limit)
        found.append(one)
        offset = one.end
    return found


def children(data: bytes, parent: Element) -> list[Element]:
    return elements(data, parent.start, parent.end)


def expect(data: bytes, offset: int, limit: int, tag: int) -> Element:
    found = element(data, offset, limit)
    if found.tag != tag:
        raise DerError(f"tag {found.tag:#04x} where {tag:#04x} was expected")
    return found


def octets(data: bytes, found: Element) -> bytes:
    return data[found.start : found.end]


def whole(data: bytes, found: Element) -> bytes:
    return data[found.begin : found.end]


class TbsCertificate(t.NamedTuple):
    """Raw parts of a certificate: names as whole elements, extensions by the contents of their OID."""

    serial: bytes
    issuer: bytes
    subject: bytes
    public_key: bytes
    extensions: dict[bytes, bytes]
    duplicates: tuple[bytes, ...]


def read_tbs(data: bytes) -> TbsCertificate:
    """Read the TBSCertificate of a whole certificate."""
    certificate = expect(data, 0, len(data), SEQUENCE)
    parts = children(data, expect(data, certificate.start, certificate.end, SEQUENCE))
    if parts and parts[0].tag == 0xA0:
        parts = parts[1:]
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, ...
    if len(parts) < 6 or [part.tag for part in parts[:6]] != [INTEGER, *[SEQUENCE] * 5]:
        raise DerError("not a TBSCertificate")
    extensions: dict[bytes, bytes] = {}
    duplicates: list[bytes] = []
    for part in parts[6:]:
        if part.tag != 0xA3:
            continue
        for extension in children(data, expect(data, part.start, part.end, SEQUENCE)):
            fields = children(data, extension)
            if len(fields) < 2 or fields[0].tag != OID or fields[-1].tag != OCTET_STRING:
                raise DerError("not an extension")
            name = octets(data, fields[0])
            if name in extensions:
                duplicates.append(name)
                continue
            extensions[name] = octets(data, fields[-1])
    return TbsCertificate(
        serial=octets(data, parts[0]),
        issuer=whole(data, parts[2]),
        subject=whole(data, parts[4]),
        public_key=whole(data, parts[5]),
        extensions=extensions,
        duplicates=tuple(duplicates),
    )
