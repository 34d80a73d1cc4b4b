# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates with an authorityInfoAccess of any bytes: what a builder that checks its input would not make."""

from __future__ import annotations

import datetime
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import DEFAULT_PORTS
from ansible_collections.stapling.httpd.tests.unit.support.pki import now, private_key

ACCESS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.1")
OCSP = bytes.fromhex("06082b06010505073001")
CA_ISSUERS = bytes.fromhex("06082b06010505073002")
URI = 0x86


class Responder(t.NamedTuple):
    """A URI that a certificate may well name, and where it leads."""

    uri: str
    scheme: str
    host: str
    port: int


@st.composite
def responders(draw: st.DrawFn) -> Responder:
    """URIs that are fine, however they are written."""
    scheme, default = draw(st.sampled_from(sorted(DEFAULT_PORTS.items())))
    labels = draw(st.lists(st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True), min_size=1, max_size=4))
    host = ".".join(labels)
    port = draw(st.one_of(st.none(), st.integers(1, 65535)))
    written = draw(st.sampled_from([host, host.upper(), host + "."])) + ("" if port is None else f":{port}")
    userinfo = draw(st.sampled_from(["", "user@", "user:pw@"]))
    path = draw(st.sampled_from(["", "/", "/$(reboot)", "/a?b#c"]))
    uri = f"{draw(st.sampled_from([scheme, scheme.upper()]))}://{userinfo}{written}{path}"
    return Responder(uri, scheme, host, default if port is None else port)


def tlv(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def access(*descriptions: tuple[bytes, int, bytes]) -> bytes:
    """Return an authorityInfoAccess of (method, tag of the location, location)."""
    return tlv(0x30, b"".join(tlv(0x30, method + tlv(tag, value)) for method, tag, value in descriptions))


def certificate_with(extensions: t.Mapping[x509.ObjectIdentifier, bytes]) -> x509.Certificate:
    """Return a self-signed certificate with these extensions, whatever is in them."""
    key = private_key("ecdsa", 4711)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hostile")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(now() - datetime.timedelta(days=1))
        .not_valid_after(now() + datetime.timedelta(days=1))
    )
    for oid, value in extensions.items():
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
    return builder.sign(key, hashes.SHA256())


def with_responder(*locations: bytes) -> x509.Certificate:
    return certificate_with({ACCESS: access(*[(OCSP, URI, location) for location in locations])})


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
