# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import parsed
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.server import covers, purpose_problem
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

NAMES = x509.SubjectAlternativeName(
    [
        x509.DNSName("www.test.example"),
        x509.DNSName("*.wild.example"),
        x509.DNSName("xn--bcher-kva.example"),
        x509.DNSName("*.com"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    ]
)
CERTIFICATE = parsed(authority.certificate("common.test.example", names=NAMES).certificate).tbs


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("www.test.example", True),
        ("WWW.Test.Example", True),
        ("www.test.example.", True),
        ("test.example", False),
        ("common.test.example", False),
        ("a.wild.example", True),
        ("a.b.wild.example", False),
        ("wild.example", False),
        (".wild.example", False),
        ("bücher.example", True),
        ("xn--bcher-kva.example", True),
        ("example.com", False),
        ("192.0.2.1", True),
        ("192.0.2.2", False),
        ("2001:db8::1", True),
        ("2001:DB8:0::1", True),
        ("", False),
        ("ü" * 80, False),
    ],
)
def test_names(name: str, covered: bool) -> None:
    assert covers(CERTIFICATE, name) is covered


def test_without_alternative_names_nothing_is_covered() -> None:
    tbs = parsed(authority.certificate("common.test.example", names=None).certificate).tbs
    assert not covers(tbs, "common.test.example")


@pytest.mark.parametrize(
    ("extension", "leaf", "fits"),
    [
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), True, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), True, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True, False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False, False),
        (x509.KeyUsage(True, False, False, False, False, False, False, False, False), True, True),
        (x509.KeyUsage(False, False, True, False, False, False, False, False, False), True, True),
        (x509.KeyUsage(False, False, False, False, False, True, False, False, False), True, False),
        (x509.KeyUsage(False, False, False, False, False, True, False, False, False), False, True),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.37"), b"\x30\x05"), True, False),
    ],
)
def test_purposes(extension: x509.ExtensionType, leaf: bool, fits: bool) -> None:
    tbs = parsed(authority.certificate("purpose", extensions=[(extension, False)]).certificate).tbs
    assert (purpose_problem(tbs, leaf=leaf) is None) is fits
