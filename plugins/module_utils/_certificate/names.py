# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguished names: for people (RFC 4514, escaped) and for comparing (the way OpenSSL does)."""

from __future__ import annotations

import re
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    OID,
    SEQUENCE,
    SET,
    DerError,
    children,
    expect,
    octets,
)
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape

# Bytes of the longest OID that is taken apart. Real ones have up to 20; the arcs of a longer one may have thousands of
# digits, which Python does not print.
_LONGEST_OID = 64
# Characters of a name that are shown, and bytes of one that is looked into.
_LONGEST_TEXT = 1000
_LONGEST_NAME = 8192
_PLAIN = re.compile(r"[A-Za-z0-9*_.@/-][A-Za-z0-9*_.@/ -]*\Z")
_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}

_SHORT_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GN",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}


@lru_cache(maxsize=256)
def oid_text(contents: bytes) -> str:
    """Return the dotted form of an OID, or raise DerError."""
    if len(contents) > _LONGEST_OID:
        raise DerError(f"an OID of {len(contents)} bytes")
    numbers: list[int] = []
    number = 0
    for octet in contents:
        number = (number << 7) | (octet & 0x7F)
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    if not numbers or contents[-1] & 0x80:
        raise DerError("not an OID")
    first = min(numbers[0] // 40, 2)
    return ".".join(str(arc) for arc in [first, numbers[0] - 40 * first, *numbers[1:]])


def _attributes(name: bytes) -> list[list[tuple[bytes, int, bytes]]]:
    """Return the relative names in order, each a list of OID, tag of the value, and value."""
    outer = expect(name, 0, len(name), SEQUENCE)
    relative_names = []
    for relative in children(name, outer):
        if relative.tag != SET:
            raise DerError("not a relative distinguished name")
        attributes = []
        for attribute in children(name, relative):
            parts = children(name, attribute)
            if len(parts) != 2 or parts[0].tag != OID:
                raise DerError("not a name attribute")
            attributes.append((octets(name, parts[0]), parts[1].tag, octets(name, parts[1])))
        relative_names.append(attributes)
    return relative_names


def _text(tag: int, value: bytes) -> str | None:
    encoding = _ENCODINGS.get(tag)
    if encoding is None:
        return None
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        # Certificates with Latin-1 in a PrintableString exist; nothing is lost by showing them.
        return value.decode("latin-1")


def _shown(tag: int, value: bytes) -> str:
    text = _text(tag, value)
    if text is None:
        return "#" + value.hex()
    if _PLAIN.match(text):
        return text
    shown = "".join("\\" + character if character in ',+"\\<>;' else escape(character) for character in text)
    if shown.startswith(("#", " ")):
        shown = "\\" + shown
    return shown


@lru_cache(maxsize=256)
def _label(oid: bytes) -> str:
    text = oid_text(oid)
    return _SHORT_NAMES.get(text, text)


@lru_cache(maxsize=1024)
def show_name(name: bytes) -> str:
    """Return a name as RFC 4514 writes it, the last relative name first, with no more than 1,000 characters.

    Characters outside printable ASCII are escaped.
    """
    if len(name) > _LONGEST_NAME:
        return f"#{name[:20].hex()}... ({len(name)} bytes)"
    try:
        relative_names = [
            "+".join([f"{_label(oid)}={_shown(tag, value)}" for oid, tag, value in attributes])
            for attributes in _attributes(name)
        ]
    except DerError:
        return shortened("#" + name.hex())
    return shortened(",".join(reversed(relative_names)))


def shortened(text: str) -> str:
    """Return a text of at most 1,000 characters; what is left out is marked."""
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."


@lru_cache(maxsize=1024)
def comparable_name(name: bytes) -> tuple[object, ...]:
    """Return something that is equal for names that OpenSSL takes for equal.

    It ignores the string type, ASCII case, and blanks at the ends or in a row, also when it looks for an issuer.
    """
    if len(name) > _LONGEST_NAME:
        return (name,)
    try:
        return tuple(
            tuple(sorted((oid, _folded(tag, value)) for oid, tag, value in attributes))
            for attributes in _attributes(name)
        )
    except DerError:
        return (name,)


def _folded(tag: int, value: bytes) -> bytes:
    text = _text(tag, value)
    if text is None or tag == 0x12:
        return bytes([tag]) + value
    # bytes.lower() and bytes.split() know ASCII only, as OpenSSL does.
    return b" ".join(text.encode("utf-8", "surrogatepass").lower().split())
