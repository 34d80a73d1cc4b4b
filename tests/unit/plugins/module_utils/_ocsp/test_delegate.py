# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from cryptography import x509

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.delegate import delegate_problems
from ansible_collections.stapling.httpd.tests.unit.support import delegates
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.answers import extension, sequence, tlv
from ansible_collections.stapling.httpd.tests.unit.support.delegates import PURPOSE, Delegate

PKI = authority.pki()


def words(delegate: Delegate, *, days: float = 0) -> list[str]:
    certificate = x509.load_der_x509_certificate(delegate.certificate(PKI.issuer))
    now = authority.now() + datetime.timedelta(days=days)
    return [word for word, _detail in delegate_problems(certificate, PKI.issuer.certificate, now)]


def test_a_good_one() -> None:
    assert words(Delegate()) == []


def test_the_time_is_not_remembered() -> None:
    assert words(Delegate(), days=29) == []
    assert words(Delegate(), days=31) == ["signer_expired"]
    assert words(Delegate(), days=-2) == ["signer_expired"]


def test_all_that_is_wrong_is_found() -> None:
    delegate = Delegate(
        signature_hash="sha1",
        extensions=(extension("2a0304", b"", critical=True), delegates.authority_key(b"another")),
    )
    assert words(delegate) == [
        "weak_signature",
        "signer_not_authorized",
        "signer_key_identifier",
        "signer_critical_extension",
    ]


@pytest.mark.parametrize(
    "value",
    [
        tlv(0x03, b"\x07\x81"),
        tlv(0x03, b"\x05\x80"),
        tlv(0x03, b"\x08\x80"),
        tlv(0x03, b"\x00"),
        tlv(0x03, b"\x07\x80") + b"\0",
        tlv(0x03, b"\x04\x80\x00\x00\x10"),
    ],
)
def test_key_usages_that_clients_do_not_read(value: bytes) -> None:
    assert words(Delegate(extensions=(extension("551d0f", value), PURPOSE))) == ["signer_malformed"]


def test_the_key_identifier_of_the_issuer() -> None:
    subject_key = PKI.issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    serial = PKI.issuer.certificate.serial_number.to_bytes(21, "big").lstrip(b"\0")
    for fields, problems in (
        (sequence(tlv(0x80, subject_key)), []),
        (sequence(tlv(0x82, b"\x01")), ["signer_key_identifier"]),
        (sequence(tlv(0x80, subject_key[:-1])), ["signer_key_identifier"]),
        (sequence(tlv(0x83, b"")), ["signer_malformed"]),
        (sequence(tlv(0x82, b"\0" + serial if serial[0] & 0x80 else serial)), []),
    ):
        assert words(Delegate(extensions=(PURPOSE, extension("551d23", fields)))) == problems


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        ("551d0e", tlv(0x04, b"key") + b"\0"),
        ("551d0e", tlv(0x96, b"key")),
        ("551d11", sequence(tlv(0x82, b"test.example")) + b"\0"),
        ("551d11", sequence(tlv(0x82, b"test.ex\xe4mple"))),
        ("551d11", sequence(tlv(0x77, b"test.example"))),
        ("551d11", tlv(0x34, tlv(0x82, b"test.example"))),
        ("551d1f", sequence(tlv(0x30, tlv(0xA0, tlv(0xA0, tlv(0x96, b"http://crl.example/")))))),
        ("551d1f", sequence(tlv(0xF0, tlv(0xA0, tlv(0xA0, tlv(0x86, b"http://crl.example/")))))),
        ("551d1f", tlv(0x20, sequence())),
    ],
)
def test_extensions_that_openssl_reads_in_any_certificate(oid: str, value: bytes) -> None:
    assert words(Delegate(extensions=(extension(oid, value), PURPOSE))) == ["signer_malformed"]


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        ("551d0e", tlv(0x04, b"key")),
        ("551d11", sequence(tlv(0x82, b"test.example"), tlv(0x87, b"\x7f\0\0\1"))),
        ("551d1f", sequence(tlv(0x30, tlv(0xA0, tlv(0xA0, tlv(0x86, b"http://crl.example/"))), tlv(0x81, b"\1\2")))),
        ("551d1f", sequence(tlv(0x30, tlv(0xA0, tlv(0xA1, b"")), tlv(0xA2, tlv(0x86, b"http://crl.example/"))))),
    ],
)
def test_the_same_extensions_as_they_should_be(oid: str, value: bytes) -> None:
    assert words(Delegate(extensions=(extension(oid, value), PURPOSE))) == []


def test_extensions_in_a_certificate_of_version_1() -> None:
    assert words(Delegate(version=b"")) == ["signer_malformed"]
