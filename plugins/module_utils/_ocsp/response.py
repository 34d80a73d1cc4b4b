# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Reads an OCSP response (RFC 6960, 4.2.1) into plain values, strictly.

cryptography reads them as well, but up to 36 it refuses a response with several SingleResponses, which CAs send and
httpd staples, and it has no way to see an unknown critical extension. This reader is the same for every version, and
anything but DER ends in one typed error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    DerError,
    Element,
    element,
    elements,
    octets,
    whole,
)
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import HASHES, CertificateId

ENUMERATED = 0x0A
BIT_STRING = 0x03
GENERALIZED_TIME = 0x18
_BASIC = bytes.fromhex("2b0601050507300101")
NONCE = bytes.fromhex("2b0601050507300102")

RESPONSE_STATUS = {
    0: "successful",
    1: "malformed_request",
    2: "internal_error",
    3: "try_later",
    5: "sig_required",
    6: "unauthorized",
}
_REASONS = {
    0: "unspecified",
    1: "key_compromise",
    2: "ca_compromise",
    3: "affiliation_changed",
    4: "superseded",
    5: "cessation_of_operation",
    6: "certificate_hold",
    8: "remove_from_crl",
    9: "privilege_withdrawn",
    10: "aa_compromise",
}
_TIME = re.compile(rb"[0-9]{14}Z\Z")


class OcspParseError(StaplingError):
    """The bytes are not an OCSP response in DER."""

    def __init__(self, message: str) -> None:
        super().__init__("not_ocsp", message)


@dataclass(frozen=True)
class SingleResponse:
    """What the response says about one certificate; hash_name is empty for a hash that is not known here."""

    certificate_id: CertificateId
    certificate_status: str
    revocation_time: datetime | None
    revocation_reason: str | None
    this_update: datetime
    next_update: datetime | None
    critical_extensions: tuple[bytes, ...]


@dataclass(frozen=True)
class BasicResponse:
    """The signed part, with the bytes that the signature is over."""

    signed_bytes: bytes
    responder_name: bytes | None
    responder_key_hash: bytes | None
    produced_at: datetime
    responses: tuple[SingleResponse, ...]
    nonce: bool
    critical_extensions: tuple[bytes, ...]
    signature_algorithm: bytes
    signature_parameters: bytes
    signature: bytes
    certificates: tuple[bytes, ...]


@dataclass(frozen=True)
class OcspResponse:
    """A whole response; basic is there if and only if the status is successful."""

    status: str
    basic: BasicResponse | None


def parse_response(data: bytes) -> OcspResponse:
    """The response in these bytes, or OcspParseError."""
    try:
        return _Reader(data).response()
    except DerError as error:
        raise OcspParseError(str(error)) from error


class _Reader:
    """Takes apart one response; each method reads one type of the standard's ASN.1 module."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def response(self) -> OcspResponse:
        parts = self._whole("response")
        if not 1 <= len(parts) <= 2 or parts[0].tag != ENUMERATED:
            raise DerError("not an OCSPResponse")
        number = self._integer(parts[0], ENUMERATED)
        status = RESPONSE_STATUS.get(number, "response_status_unknown")
        if (status == "successful") != (len(parts) == 2):
            raise DerError("a successful response has response bytes, and only a successful one")
        if len(parts) == 1:
            return OcspResponse(status=status, basic=None)
        kind, content = self._exactly(self._explicit(parts[1], 0xA0, SEQUENCE), OID, OCTET_STRING)
        if octets(self.data, kind) != _BASIC:
            raise DerError("the response is not a basic OCSP response")
        return OcspResponse(status=status, basic=_Reader(octets(self.data, content)).basic())

    def basic(self) -> BasicResponse:
        parts = self._whole("basic response")
        if not 3 <= len(parts) <= 4:
            raise DerError("not a BasicOCSPResponse")
        signed, algorithm, signature = parts[:3]
        _expect(signed, SEQUENCE)
        name, parameters = _algorithm(whole(self.data, algorithm))
        certificates: tuple[bytes, ...] = ()
        if len(parts) == 4:
            bag = self._explicit(parts[3], 0xA0, SEQUENCE)
            certificates = tuple(whole(self.data, found) for found in self._children(bag))
        return self._response_data(
            signed,
            signature_algorithm=name,
            signature_parameters=parameters,
            signature=self._bits(signature),
            certificates=certificates,
        )

    def _response_data(
        self,
        signed: Element,
        *,
        signature_algorithm: bytes,
        signature_parameters: bytes,
        signature: bytes,
        certificates: tuple[bytes, ...],
    ) -> BasicResponse:
        parts = self._children(signed)
        # Version 1 is the default and DER leaves defaults out, but responders exist that write it, and clients read it.
        version = self._explicit(parts.pop(0), 0xA0, INTEGER) if parts and parts[0].tag == 0xA0 else None
        if version is not None and self._integer(version, INTEGER) != 0:
            raise DerError("unknown version")
        if not 3 <= len(parts) <= 4:
            raise DerError("not a ResponseData")
        responder, produced, singles = parts[:3]
        responder_name = responder_key_hash = None
        if responder.tag == 0xA1:
            name = self._explicit(responder, 0xA1, SEQUENCE)
            responder_name = whole(self.data, name)
        else:
            responder_key_hash = octets(self.data, self._explicit(responder, 0xA2, OCTET_STRING))
        nonce = False
        critical: tuple[bytes, ...] = ()
        if len(parts) == 4:
            found = self._extensions(self._explicit(parts[3], 0xA1, SEQUENCE))
            nonce = any(name == NONCE for name, _critical in found)
            critical = tuple(name for name, is_critical in found if is_critical and name != NONCE)
        return BasicResponse(
            signed_bytes=whole(self.data, signed),
            responder_name=responder_name,
            responder_key_hash=responder_key_hash,
            produced_at=self._time(produced),
            responses=tuple(self._single(found) for found in self._children(_expect(singles, SEQUENCE))),
            nonce=nonce,
            critical_extensions=critical,
            signature_algorithm=signature_algorithm,
            signature_parameters=signature_parameters,
            signature=signature,
            certificates=certificates,
        )

    def _single(self, single: Element) -> SingleResponse:
        parts = self._children(_expect(single, SEQUENCE))
        if not 3 <= len(parts) <= 5:
            raise DerError("not a SingleResponse")
        identifier, status, this_update = parts[:3]
        next_update = None
        critical: tuple[bytes, ...] = ()
        rest = parts[3:]
        if rest and rest[0].tag == 0xA0:
            next_update = self._time(self._explicit(rest.pop(0), 0xA0, GENERALIZED_TIME))
        if rest:
            found = self._extensions(self._explicit(rest.pop(0), 0xA1, SEQUENCE))
            critical = tuple(name for name, is_critical in found if is_critical)
        if rest:
            raise DerError("not a SingleResponse")
        word, revoked_at, reason = self._status(status)
        return SingleResponse(
            certificate_id=self._certificate_id(identifier),
            certificate_status=word,
            revocation_time=revoked_at,
            revocation_reason=reason,
            this_update=self._time(this_update),
            next_update=next_update,
            critical_extensions=critical,
        )

    def _certificate_id(self, identifier: Element) -> CertificateId:
        algorithm, name_hash, key_hash, serial = self._exactly(
            identifier, SEQUENCE, OCTET_STRING, OCTET_STRING, INTEGER
        )
        return CertificateId(
            hash_name=HASHES.get(_algorithm(whole(self.data, algorithm))[0], ""),
            issuer_name_hash=octets(self.data, name_hash),
            issuer_key_hash=octets(self.data, key_hash),
            serial_number=self._integer(serial, INTEGER),
        )

    def _status(self, status: Element) -> tuple[str, datetime | None, str | None]:
        if status.tag in (0x80, 0x82):
            if status.start != status.end:
                raise DerError("not a CertStatus")
            return ("good" if status.tag == 0x80 else "unknown"), None, None
        if status.tag != 0xA1:
            raise DerError("not a CertStatus")
        parts = self._children(status)
        if not 1 <= len(parts) <= 2:
            raise DerError("not a RevokedInfo")
        reason = None
        if len(parts) == 2:
            number = self._integer(self._explicit(parts[1], 0xA0, ENUMERATED), ENUMERATED)
            if number not in _REASONS:
                raise DerError("unknown revocation reason")
            reason = _REASONS[number]
        return "revoked", self._time(parts[0]), reason

    def _extensions(self, sequence: Element) -> list[tuple[bytes, bool]]:
        found: list[tuple[bytes, bool]] = []
        for extension in self._children(sequence):
            parts = self._children(_expect(extension, SEQUENCE))
            if not 2 <= len(parts) <= 3 or parts[0].tag != OID or parts[-1].tag != OCTET_STRING:
                raise DerError("not an extension")
            critical = len(parts) == 3 and self._boolean(parts[1])
            name = octets(self.data, parts[0])
            if any(name == other for other, _critical in found):
                raise DerError("an extension stands there twice")
            found.append((name, critical))
        return found

    def _whole(self, what: str) -> list[Element]:
        """The fields of the sequence that is all there is."""
        outer = _expect(element(self.data, 0, len(self.data)), SEQUENCE)
        _check_length(outer.start - outer.begin, outer.end - outer.start)
        if outer.end != len(self.data):
            raise DerError(f"bytes after the end of the {what}")
        return self._children(outer)

    def _children(self, parent: Element) -> list[Element]:
        return _strict_elements(self.data, parent.start, parent.end)

    def _exactly(self, sequence: Element, *tags: int) -> list[Element]:
        parts = self._children(_expect(sequence, SEQUENCE))
        if [part.tag for part in parts] != list(tags):
            raise DerError("other fields than expected")
        return parts

    def _explicit(self, found: Element, tag: int, inner: int) -> Element:
        parts = self._children(_expect(found, tag))
        if len(parts) != 1:
            raise DerError("an explicit tag holds one element")
        return _expect(parts[0], inner)

    def _integer(self, found: Element, tag: int) -> int:
        content = octets(self.data, _expect(found, tag))
        if not content or (len(content) > 1 and content[:1] in (b"\x00", b"\xff") and (content[0] ^ content[1]) < 0x80):
            raise DerError("a number is not in its shortest form")
        return int.from_bytes(content, "big", signed=True)

    def _boolean(self, found: Element) -> bool:
        content = octets(self.data, _expect(found, BOOLEAN))
        if content not in (b"\x00", b"\xff"):
            raise DerError("not a BOOLEAN")
        return content == b"\xff"

    def _bits(self, found: Element) -> bytes:
        content = octets(self.data, _expect(found, BIT_STRING))
        if content[:1] != b"\x00":
            raise DerError("a signature is a whole number of bytes")
        return content[1:]

    def _time(self, found: Element) -> datetime:
        return _moment(octets(self.data, _expect(found, GENERALIZED_TIME)))


def _strict_elements(data: bytes, offset: int, limit: int) -> list[Element]:
    """Like elements(), but DER knows one way to write a length: the shortest."""
    found = elements(data, offset, limit)
    for _tag, begin, start, end in found:
        # This header is right, and most are; to ask for the others would take longer than all the rest.
        if start - begin != 2 or end - start >= 0x80:
            _check_length(start - begin, end - start)
    return found


def _check_length(size: int, length: int) -> None:
    if size != (2 if length < 0x80 else 2 + (length.bit_length() + 7) // 8):
        raise DerError("a length is not in its shortest form")


def _expect(found: Element, tag: int) -> Element:
    if found.tag != tag:
        raise DerError(f"tag {found.tag:#04x} where {tag:#04x} was expected")
    return found


# What a responder writes into all of its responses is read once.


@lru_cache(maxsize=64)
def _algorithm(data: bytes) -> tuple[bytes, bytes]:
    """Name and parameters in an AlgorithmIdentifier."""
    parts = _strict_elements(data, _expect(element(data, 0, len(data)), SEQUENCE).start, len(data))
    if not 1 <= len(parts) <= 2 or parts[0].tag != OID:
        raise DerError("not an AlgorithmIdentifier")
    return octets(data, parts[0]), whole(data, parts[1]) if len(parts) == 2 else b""


@lru_cache(maxsize=256)
def _moment(content: bytes) -> datetime:
    if not _TIME.match(content):
        raise DerError("a time is not YYYYMMDDHHMMSSZ")
    try:
        # strptime() takes four times as long.
        year, month, day, hour, minute, second = (
            int(content[begin:end]) for begin, end in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
        )
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise DerError("there is no such time") from None
