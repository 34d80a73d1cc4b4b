# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
DER (ITU-T X.690) as the strictest client reads it, for what clients verify: OCSP responses and responder certificates.

`_certificate.der` reads what httpd serves without complaint; this reader refuses whatever some client refuses to parse.
"""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timezone
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    DerError,
    Element,
    element,
    elements,
    octets,
    whole,
)

ENUMERATED = 0x0A
UTF8_STRING = 0x0C
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
_NULL = b"\x05\x00"
_RSASSA_PSS = bytes.fromhex("2a864886f70d01010a")
# Bytes in one character of BMPString and UniversalString.
_CHARACTER_SIZES = {0x1E: 2, 0x1C: 4}
_GENERALIZED = re.compile(rb"[0-9]{14}Z\Z")
_UTC = re.compile(rb"[0-9]{12}Z\Z")


class Extension(t.NamedTuple):
    """One extension: its OID (contents of the DER encoding), whether it is critical, and its value."""

    oid: bytes
    critical: bool
    value: bytes


class DerReader:
    """Reads elements of one piece of DER; every method raises DerError for what strict clients refuse."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def outer(self, what: str, *, ignore_rest: bool = False) -> list[Element]:
        """Return the fields of the sequence that fills the data; `what` names it in the error."""
        found = expect_tag(element(self.data, 0, len(self.data)), SEQUENCE)
        _check_length(found.start - found.begin, found.end - found.start)
        if found.end != len(self.data) and not ignore_rest:
            raise DerError(f"bytes after the end of the {what}")
        return self.children(found)

    def children(self, parent: Element) -> list[Element]:
        """Return the elements inside `parent`."""
        return strict_elements(self.data, parent.start, parent.end)

    def fields(self, sequence: Element, *tags: int) -> list[Element]:
        """Return the fields of a sequence that has to have exactly these tags."""
        parts = self.children(expect_tag(sequence, SEQUENCE))
        if [part.tag for part in parts] != list(tags):
            raise DerError("other fields than expected")
        return parts

    def explicit(self, found: Element, tag: int, inner: int) -> Element:
        """Return the one element with the tag `inner` inside an explicit tag."""
        parts = self.children(expect_tag(found, tag))
        if len(parts) != 1:
            raise DerError("an explicit tag holds one element")
        return expect_tag(parts[0], inner)

    def octets(self, found: Element, tag: int) -> bytes:
        """Return the contents of an element that has to have this tag."""
        return octets(self.data, expect_tag(found, tag))

    def integer(self, found: Element, tag: int = INTEGER) -> int:
        """Return the number in an INTEGER or ENUMERATED."""
        content = self.octets(found, tag)
        if not content or (len(content) > 1 and content[:1] in (b"\x00", b"\xff") and (content[0] ^ content[1]) < 0x80):
            raise DerError("a number is not in its shortest form")
        return int.from_bytes(content, "big", signed=True)

    def boolean(self, found: Element) -> bool:
        """Return the truth value of a BOOLEAN."""
        content = self.octets(found, BOOLEAN)
        if content not in (b"\x00", b"\xff"):
            raise DerError("not a BOOLEAN")
        return content == b"\xff"

    def whole_bytes(self, found: Element) -> bytes:
        """Return the contents of a BIT STRING without unused bits, as signatures and keys are."""
        content = self.octets(found, BIT_STRING)
        if content[:1] != b"\x00":
            raise DerError("a signature is a whole number of bytes")
        return content[1:]

    def oid(self, found: Element) -> bytes:
        """Return the contents of an OID."""
        content = self.octets(found, OID)
        check_oid(content)
        return content

    def time(self, found: Element, tag: int = GENERALIZED_TIME) -> datetime:
        """Return the moment in a GeneralizedTime or UTCTime."""
        content = self.octets(found, tag)
        return utc_time(content) if tag == UTC_TIME else generalized_time(content)

    def name(self, found: Element) -> bytes:
        """Return a distinguished name, with its tag and length."""
        content = whole(self.data, expect_tag(found, SEQUENCE))
        check_name(content)
        return content

    def algorithm(self, found: Element) -> tuple[bytes, bytes]:
        """Return OID and parameters (empty, or with tag and length) of an AlgorithmIdentifier."""
        return algorithm_identifier(whole(self.data, found))

    def extensions(self, sequence: Element, *, explicit_defaults: bool = False) -> list[Extension]:
        """Return the extensions in a sequence; explicit_defaults allows `critical FALSE` to be written out.

        OpenSSL encodes a response anew before it verifies the signature, and so leaves that default out. Certificates
        it verifies as they are.
        """
        found: dict[bytes, Extension] = {}
        for extension in self.children(sequence):
            parts = self.children(expect_tag(extension, SEQUENCE))
            if not 2 <= len(parts) <= 3:
                raise DerError("not an extension")
            oid = self.oid(parts[0])
            critical = len(parts) == 3 and self.boolean(parts[1])
            if len(parts) == 3 and not critical and not explicit_defaults:
                raise DerError("an extension has critical FALSE written out, which OpenSSL 3.5 (curl) refuses")
            if oid in found:
                raise DerError("an extension stands there twice")
            found[oid] = Extension(oid, critical, self.octets(parts[-1], OCTET_STRING))
        return list(found.values())


def strict_elements(data: bytes, offset: int, limit: int) -> list[Element]:
    """Return every element between offset and limit; DER knows one form of a length, the shortest."""
    found = elements(data, offset, limit)
    for _tag, begin, start, end in found:
        # This header is right, and most are; to ask for the others would take longer than all the rest.
        if start - begin != 2 or end - start >= 0x80:
            _check_length(start - begin, end - start)
    return found


def _check_length(size: int, length: int) -> None:
    if size != (2 if length < 0x80 else 2 + (length.bit_length() + 7) // 8):
        raise DerError("a length is not in its shortest form")


def expect_tag(found: Element, tag: int) -> Element:
    """Return the element if it has this tag."""
    if found.tag != tag:
        raise DerError(f"tag {found.tag:#04x} where {tag:#04x} was expected")
    return found


# What a responder writes into all of its responses is read once.


@lru_cache(maxsize=256)
def check_oid(content: bytes) -> None:
    """Raise DerError if an arc of the OID is padded or cut off."""
    if not content or content[-1] & 0x80:
        raise DerError("an OID is cut off")
    begins = True
    for octet in content:
        if begins and octet == 0x80:
            raise DerError("an OID is not in its shortest form")
        begins = not octet & 0x80


@lru_cache(maxsize=256)
def check_name(name: bytes) -> None:
    """Raise DerError if clients cannot parse this distinguished name."""
    reader = DerReader(name)
    for relative in reader.outer("name"):
        attributes = reader.children(expect_tag(relative, SET))
        if not attributes:
            raise DerError("a relative distinguished name is empty")
        for attribute in attributes:
            parts = reader.children(expect_tag(attribute, SEQUENCE))
            if len(parts) != 2:
                raise DerError("not a name attribute")
            reader.oid(parts[0])
            _check_text(parts[1].tag, octets(name, parts[1]))


def _check_text(tag: int, value: bytes) -> None:
    if tag == UTF8_STRING:
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            raise DerError("a UTF8String in a name is not UTF-8") from None
    elif len(value) % _CHARACTER_SIZES.get(tag, 1):
        raise DerError("a string in a name ends within a character")


@lru_cache(maxsize=64)
def algorithm_identifier(data: bytes) -> tuple[bytes, bytes]:
    """Return OID and parameters of an AlgorithmIdentifier; all but RSASSA-PSS have NULL or none."""
    reader = DerReader(data)
    parts = reader.outer("AlgorithmIdentifier")
    if not 1 <= len(parts) <= 2:
        raise DerError("not an AlgorithmIdentifier")
    oid = reader.oid(parts[0])
    parameters = whole(data, parts[1]) if len(parts) == 2 else b""
    if oid != _RSASSA_PSS and parameters not in (b"", _NULL):
        raise DerError("an algorithm has parameters that it does not take, which Firefox and Java refuse")
    return oid, parameters


@lru_cache(maxsize=256)
def generalized_time(content: bytes) -> datetime:
    """Return the moment in the contents of a GeneralizedTime, which RFC 5280 wants as YYYYMMDDHHMMSSZ."""
    if not _GENERALIZED.match(content):
        raise DerError("a time is not YYYYMMDDHHMMSSZ")
    return _moment(int(content[:4]), content[4:])


@lru_cache(maxsize=256)
def utc_time(content: bytes) -> datetime:
    """Return the moment in the contents of a UTCTime; Firefox refuses those before 1970."""
    if not _UTC.match(content):
        raise DerError("a time is not YYMMDDHHMMSSZ")
    year = int(content[:2])
    if 50 <= year < 70:
        raise DerError("a time is before 1970")
    return _moment(year + (2000 if year < 50 else 1900), content[2:])


def _moment(year: int, rest: bytes) -> datetime:
    try:
        # strptime() takes four times as long.
        month, day, hour, minute, second = (int(rest[begin : begin + 2]) for begin in range(0, 10, 2))
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise DerError("there is no such time") from None


def check_timestamps(extensions: t.Iterable[Extension], oid: bytes) -> None:
    """Raise DerError if the extension with this OID is there and lists no signed certificate timestamp (RFC 6962)."""
    for extension in extensions:
        if extension.oid == oid:
            listed = octets(
                extension.value, expect_tag(element(extension.value, 0, len(extension.value)), OCTET_STRING)
            )
            if len(listed) <= 2 or int.from_bytes(listed[:2], "big") != len(listed) - 2:
                raise DerError("a list of signed certificate timestamps is empty or damaged")
