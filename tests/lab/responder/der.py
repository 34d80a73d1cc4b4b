# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much DER as is needed to put parts of answers together anew; what it reads, the responder itself has made."""

from __future__ import annotations

SEQUENCE, OCTET_STRING, BIT_STRING, EXPLICIT_0 = 0x30, 0x04, 0x03, 0xA0


def tlv(tag: int, *contents: bytes) -> bytes:
    """One element."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def content(element: bytes) -> bytes:
    """What is in an element."""
    begin, end = _bounds(element, 0)
    return element[begin:end]


def parts(element: bytes) -> list[bytes]:
    """The elements in an element."""
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
