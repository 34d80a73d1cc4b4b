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

from dataclasses import dataclass
from datetime import datetime

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    DerError,
    Element,
    octets,
    whole,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import HASHES
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.strict import (
    ENUMERATED,
    GENERALIZED_TIME,
    DerReader,
    check_timestamps,
    expect_tag,
)
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import CertificateId

_BASIC = bytes.fromhex("2b0601050507300101")
NONCE = bytes.fromhex("2b0601050507300102")
# Signed certificate timestamps (RFC 6962, 3.3) in the extensions of a SingleResponse.
SINGLE_TIMESTAMPS = bytes.fromhex("2b06010401d679020405")

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


class OcspParseError(StaplingError):
    """The bytes are not an OCSP response (`not_ocsp`), or one that some client cannot parse (`malformed_response`)."""

    def __init__(self, message: str, code: str = "not_ocsp") -> None:
        super().__init__(code, message)


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
class ResponseData:
    """What the signature is over."""

    responder_name: bytes | None
    responder_key_hash: bytes | None
    produced_at: datetime
    responses: tuple[SingleResponse, ...]
    nonce: bool
    critical_extensions: tuple[bytes, ...]


@dataclass(frozen=True)
class BasicResponse(ResponseData):
    """The signed part, the bytes that it was read from, and what proves it."""

    signed_bytes: bytes
    signature_algorithm: bytes
    signature_parameters: bytes
    signature: bytes
    certificates: tuple[bytes, ...]


@dataclass(frozen=True)
class OcspResponse:
    """A whole response; basic is there if and only if the status is successful."""

    status: str
    basic: BasicResponse | None


def parse_response(data: bytes, *, ignore_rest: bool = False) -> OcspResponse:
    """Return the response in these bytes, or raise OcspParseError; ignore_rest is about bytes after its end."""
    try:
        return _Reader(data).response(ignore_rest=ignore_rest)
    except DerError as error:
        raise OcspParseError(str(error)) from error


class _Reader(DerReader):
    """Takes apart one response; each method reads one type of the standard's ASN.1 module."""

    def response(self, *, ignore_rest: bool = False) -> OcspResponse:
        """Read an OCSPResponse."""
        parts = self.outer("response", ignore_rest=ignore_rest)
        if not 1 <= len(parts) <= 2 or parts[0].tag != ENUMERATED:
            raise DerError("not an OCSPResponse")
        number = self.integer(parts[0], ENUMERATED)
        status = RESPONSE_STATUS.get(number, "response_status_unknown")
        if (status == "successful") != (len(parts) == 2):
            raise DerError("a successful response has response bytes, and only a successful one")
        if len(parts) == 1:
            return OcspResponse(status=status, basic=None)
        kind, content = self.fields(self.explicit(parts[1], 0xA0, SEQUENCE), OID, OCTET_STRING)
        if octets(self.data, kind) != _BASIC:
            raise DerError("the response is not a basic OCSP response")
        try:
            return OcspResponse(status=status, basic=_Reader(octets(self.data, content)).basic())
        except DerError as error:
            raise OcspParseError(error.message, "malformed_response") from error

    def basic(self) -> BasicResponse:
        """Read a BasicOCSPResponse."""
        parts = self.outer("basic response")
        if not 3 <= len(parts) <= 4:
            raise DerError("not a BasicOCSPResponse")
        signed, algorithm, signature = parts[:3]
        name, parameters = self.algorithm(algorithm)
        certificates: tuple[bytes, ...] = ()
        if len(parts) == 4:
            bag = self.explicit(parts[3], 0xA0, SEQUENCE)
            certificates = tuple([whole(self.data, found) for found in self.children(bag)])
        return BasicResponse(
            **vars(self._response_data(expect_tag(signed, SEQUENCE))),
            signed_bytes=whole(self.data, signed),
            signature_algorithm=name,
            signature_parameters=parameters,
            signature=self.whole_bytes(signature),
            certificates=certificates,
        )

    def _response_data(self, signed: Element) -> ResponseData:
        parts = self.children(signed)
        # Version 1 is the default and DER leaves defaults out, but responders exist that write it, and clients read it.
        version = self.explicit(parts.pop(0), 0xA0, INTEGER) if parts and parts[0].tag == 0xA0 else None
        if version is not None and self.integer(version) != 0:
            raise DerError("unknown version")
        if not 3 <= len(parts) <= 4:
            raise DerError("not a ResponseData")
        responder, produced, singles = parts[:3]
        responder_name = responder_key_hash = None
        if responder.tag == 0xA1:
            responder_name = self.name(self.explicit(responder, 0xA1, SEQUENCE))
        else:
            responder_key_hash = octets(self.data, self.explicit(responder, 0xA2, OCTET_STRING))
        extensions = self.extensions(self.explicit(parts[3], 0xA1, SEQUENCE)) if len(parts) == 4 else []
        return ResponseData(
            responder_name=responder_name,
            responder_key_hash=responder_key_hash,
            produced_at=self.time(produced),
            responses=tuple([self._single(found) for found in self.children(expect_tag(singles, SEQUENCE))]),
            nonce=any(extension.oid == NONCE for extension in extensions),
            critical_extensions=tuple([extension.oid for extension in extensions if extension.critical]),
        )

    def _single(self, single: Element) -> SingleResponse:
        parts = self.children(expect_tag(single, SEQUENCE))
        if not 3 <= len(parts) <= 5:
            raise DerError("not a SingleResponse")
        identifier, status, this_update = parts[:3]
        next_update = None
        critical: tuple[bytes, ...] = ()
        rest = parts[3:]
        if rest and rest[0].tag == 0xA0:
            next_update = self.time(self.explicit(rest.pop(0), 0xA0, GENERALIZED_TIME))
        if rest:
            found = self.extensions(self.explicit(rest.pop(0), 0xA1, SEQUENCE))
            critical = tuple([extension.oid for extension in found if extension.critical])
            check_timestamps(found, SINGLE_TIMESTAMPS)
        if rest:
            raise DerError("not a SingleResponse")
        word, revoked_at, reason = self._status(status)
        return SingleResponse(
            certificate_id=self._certificate_id(identifier),
            certificate_status=word,
            revocation_time=revoked_at,
            revocation_reason=reason,
            this_update=self.time(this_update),
            next_update=next_update,
            critical_extensions=critical,
        )

    def _certificate_id(self, identifier: Element) -> CertificateId:
        algorithm, name_hash, key_hash, serial = self.fields(identifier, SEQUENCE, OCTET_STRING, OCTET_STRING, INTEGER)
        return CertificateId(
            hash_name=HASHES.get(self.algorithm(algorithm)[0], ""),
            issuer_name_hash=octets(self.data, name_hash),
            issuer_key_hash=octets(self.data, key_hash),
            serial_number=self.integer(serial),
        )

    def _status(self, status: Element) -> tuple[str, datetime | None, str | None]:
        if status.tag in (0x80, 0x82):
            if status.start != status.end:
                raise DerError("not a CertStatus")
            return ("good" if status.tag == 0x80 else "unknown"), None, None
        if status.tag != 0xA1:
            raise DerError("not a CertStatus")
        parts = self.children(status)
        if not 1 <= len(parts) <= 2:
            raise DerError("not a RevokedInfo")
        reason = None
        if len(parts) == 2:
            number = self.integer(self.explicit(parts[1], 0xA0, ENUMERATED), ENUMERATED)
            if number not in _REASONS:
                raise DerError("unknown revocation reason")
            reason = _REASONS[number]
        return "revoked", self.time(parts[0]), reason
