# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much DER as is needed to put answers together byte by byte; what it reads, the responder itself has made."""

from __future__ import annotations

from datetime import datetime

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
UTF8_STRING, PRINTABLE_STRING, UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31
EXPLICIT_0, EXPLICIT_1, EXPLICIT_2, EXPLICIT_3 = 0xA0, 0xA1, 0xA2, 0xA3


def integer(number: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *arcs = (int(arc) for arc in dotted.split("."))
    return tlv(OID, bytes([40 * first + second]), *map(_arc, arcs))


def _arc(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.insert(0, 0x80 | number & 0x7F)
    return bytes(digits)


def generalized_time(moment: datetime) -> bytes:
    """Return a GeneralizedTime in UTC."""
    return tlv(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


def utc_time(moment: datetime) -> bytes:
    """Return a UTCTime, which has two digits for the year."""
    return tlv(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())


def bit_string(data: bytes) -> bytes:
    """Return a BIT STRING of whole bytes."""
    return tlv(BIT_STRING, b"\0", data)


def tlv(tag: int, *contents: bytes) -> bytes:
    """Encode one element."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def content(element: bytes) -> bytes:
    """Return what is in an element."""
    begin, end = _bounds(element, 0)
    return element[begin:end]


def parts(element: bytes) -> list[bytes]:
    """Return the elements in an element."""
    inner, found, place = content(element), [], 0
    while place < len(inner):
        end = _bounds(inner, place)[1]
        found.append(inner[place:end])
        place = end
    return found


def _bounds(data: bytes, place: int) -> tuple[int, int]:
    length, begin = data[place + 1], place + 2
    if length >= 0x80:
        begin += length - 0x80
        length = int.from_bytes(data[place + 2 : begin], "big")
    return begin, begin + length
