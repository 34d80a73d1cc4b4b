# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    describe,
)
from ansible_collections.stapling.httpd.tests.unit.support import hostile


def test_responders_come_in_order_with_everything_that_is_odd_about_them() -> None:
    value = hostile.access(
        (hostile.CA_ISSUERS, hostile.URI, b"http://ca.example/ca.der"),
        (hostile.OCSP, 0xA4, bytes.fromhex("3010310e300c06035504030c056576696c0a")),
        (hostile.OCSP, hostile.URI, b"ldap://ldap.example/"),
        (hostile.OCSP, hostile.URI, b"HTTP://U:P@OCSP.Example:8080"),
        (hostile.OCSP, hostile.URI, b""),
    )
    description = describe(hostile.certificate_with({hostile.ACCESS: value}))
    assert description["ocsp_responders"] == ["ldap://ldap.example/", "HTTP://U:P@OCSP.Example:8080", ""]
    assert [
        (endpoint["scheme"], endpoint["host"], endpoint["port"], endpoint["problem"])
        for endpoint in description["ocsp_endpoints"]
    ] == [
        ("ldap", "ldap.example", 389, None),
        ("http", "ocsp.example", 8080, None),
        (None, None, None, "empty"),
    ]
    assert description["ca_issuers"] == ["http://ca.example/ca.der"]
    assert [warning["code"] for warning in description["warnings"]] == ["not_a_uri"]
    assert description["warnings"][0]["message"].endswith("not a URI but dirName:CN=evil\\x0a")


@pytest.mark.parametrize(
    "uri",
    [
        b"http://a.example/\r\nX: y",
        b"http://$(reboot)/",
        b'http://"; rm -rf /"/',
        b"http://a.example/" + b"x" * 10_000,
        "http://b\u00fccher.example/\u2028".encode(),
        b"http://\xff\xfe.example/",
        b"\x00",
    ],
)
def test_hostile_uris_are_shown_escaped_and_lead_nowhere(uri: bytes) -> None:
    description = describe(hostile.with_responder(uri))
    (shown,) = description["ocsp_responders"]
    assert shown.isascii()
    assert shown.isprintable()
    assert description["ocsp_endpoints"][0]["problem"]
    assert description["ocsp_endpoints"][0]["host"] is None


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_uris_are_described(uris: list[bytes]) -> None:
    description = describe(hostile.with_responder(*uris))
    assert len(description["ocsp_responders"]) == len(description["ocsp_endpoints"]) == len(uris)


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_any_extension_is_described(value: bytes) -> None:
    for oid in ("1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.24", "2.5.29.17", "2.5.29.14", "2.5.29.35", "2.5.29.19"):
        certificate = hostile.certificate_with({x509.ObjectIdentifier(oid): value})
        for warning in describe(certificate)["warnings"]:
            assert warning["code"] in ("unreadable_extension", "not_a_uri")


def test_must_staple() -> None:
    feature = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.24")
    assert describe(hostile.certificate_with({feature: bytes.fromhex("3003020105")}))["must_staple"] is True
    assert describe(hostile.certificate_with({feature: bytes.fromhex("3003020111")}))["must_staple"] is False
