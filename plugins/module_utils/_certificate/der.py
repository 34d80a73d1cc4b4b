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

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
SEQUENCE = 0x30
SET = 0x31


_BEGINNING = [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE]


class DerError(StaplingError):
    """The bytes are not the DER that was expected."""

    def __init__(self, message: str) -> None:
        super().__init__("malformed_der", message)


class Element(t.NamedTuple):
    """One element: its tag byte, where it begins, and where its contents start and end."""

    tag: int
    begin: int
    start: int
    end: int


def header(data: bytes, offset: int, limit: int) -> tuple[int, int, int]:
    """Return tag byte, start and end of the contents of the element at `offset`, which has to end within `limit`."""
    start = offset + 2
    if start > limit:
        raise DerError("truncated")
    tag = data[offset]
    if tag & 0x1F == 0x1F:
        raise DerError("high tag numbers are not used in certificates")
    length = data[offset + 1]
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > limit:
            raise DerError("bad length")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    end = start + length
    if end > limit:
        raise DerError("truncated")
    return tag, start, end


def element(data: bytes, offset: int, limit: int) -> Element:
    """Return the element at `offset`, which has to end within `limit`."""
    tag, start, end = header(data, offset, limit)
    # The constructor of a named tuple takes three times as long.
    return tuple.__new__(Element, (tag, offset, start, end))


def elements(data: bytes, offset: int, limit: int) -> list[Element]:
    """Return every element between `offset` and `limit`."""
    found = []
    while offset < limit:
        # Nearly all elements are this short; the rest, and all that is wrong, is for element().
        if offset + 2 <= limit and data[offset + 1] < 0x80 and data[offset] & 0x1F != 0x1F:
            end = offset + 2 + data[offset + 1]
            if end <= limit:
                found.append(tuple.__new__(Element, (data[offset], offset, offset + 2, end)))
                offset = end
                continue
        long = element(data, offset, limit)
        found.append(long)
        offset = long.end
    return found


def children(data: bytes, parent: Element) -> list[Element]:
    """Return the elements inside `parent`."""
    return elements(data, parent.start, parent.end)


def expect(data: bytes, offset: int, limit: int, tag: int) -> Element:
    """Return the element at `offset` if it has this tag."""
    found = element(data, offset, limit)
    if found.tag != tag:
        raise DerError(f"tag {found.tag:#04x} where {tag:#04x} was expected")
    return found


def octets(data: bytes, found: Element) -> bytes:
    """Return the contents of an element."""
    return data[found.start : found.end]


def whole(data: bytes, found: Element) -> bytes:
    """Return an element with its tag and length: what is hashed, compared or signed."""
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
    """Read the TBSCertificate of a whole certificate.

    This is done for each of thousands of certificates, so it makes no Element of what it passes by.
    """
    start, end = _inside(data, 0, len(data), SEQUENCE)
    offset, limit = _inside(data, start, end, SEQUENCE)
    parts: list[tuple[int, int, int, int]] = []
    while offset < limit:
        tag, start, end = header(data, offset, limit)
        parts.append((tag, offset, start, end))
        offset = end
    if parts and parts[0][0] == 0xA0:
        del parts[0]
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, ...
    if [part[0] for part in parts[:6]] != _BEGINNING:
        raise DerError("not a TBSCertificate")
    extensions: dict[bytes, bytes] = {}
    duplicates: list[bytes] = []
    for tag, _offset, start, end in parts[6:]:
        if tag == 0xA3:
            _read_extensions(data, *_inside(data, start, end, SEQUENCE), extensions, duplicates)
    serial, _algorithm, issuer, _validity, subject, public_key = parts[:6]
    return TbsCertificate(
        serial=data[serial[2] : serial[3]],
        issuer=data[issuer[1] : issuer[3]],
        subject=data[subject[1] : subject[3]],
        public_key=data[public_key[1] : public_key[3]],
        extensions=extensions,
        duplicates=tuple(duplicates),
    )


def _inside(data: bytes, offset: int, limit: int, expected: int) -> tuple[int, int]:
    """Return where the contents of an element with this tag start and end."""
    tag, start, end = header(data, offset, limit)
    if tag != expected:
        raise DerError(f"tag {tag:#04x} where {expected:#04x} was expected")
    return start, end


def _read_extensions(
    data: bytes, offset: int, limit: int, extensions: dict[bytes, bytes], duplicates: list[bytes]
) -> None:
    """Read extensions: each is a name, perhaps a flag, and a value. Of several with one name, the first counts."""
    while offset < limit:
        _tag, start, end = header(data, offset, limit)
        first, name_start, name_end = header(data, start, end)
        last, value_start, value_end = header(data, name_end, end)
        while value_end < end:
            last, value_start, value_end = header(data, value_end, end)
        if first != OID or last != OCTET_STRING:
            raise DerError("not an extension")
        name = data[name_start:name_end]
        if name in extensions:
            duplicates.append(name)
        else:
            extensions[name] = data[value_start:value_end]
        offset = end
