# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    INTEGER,
    SEQUENCE,
    DerError,
    children,
    element,
    elements,
    expect,
    octets,
    read_tbs,
    whole,
)
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.answers import integer, sequence, tlv

DATA = sequence(integer(5), tlv(0x04, b"x" * 200))


def test_an_element_and_what_is_inside() -> None:
    outer = expect(DATA, 0, len(DATA), SEQUENCE)
    number, text = children(DATA, outer)
    assert (number.tag, octets(DATA, number), whole(DATA, number)) == (INTEGER, b"\5", b"\2\1\5")
    assert octets(DATA, text) == b"x" * 200
    assert elements(DATA, outer.start, outer.end) == [number, text]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x05\x00",
        b"\x1f\x01\x00",
        b"\x30\x80",
        b"\x30\x85\0\0\0\0\0",
        b"\x30\x82\x01",
        b"\x30\x84\xff\xff\xff\xff",
    ],
)
def test_what_is_no_element(data: bytes) -> None:
    with pytest.raises(DerError):
        element(data, 0, len(data))
    if data:
        with pytest.raises(DerError):
            elements(data, 0, len(data))


def test_another_tag_than_expected() -> None:
    with pytest.raises(DerError, match="tag 0x30 where 0x02 was expected"):
        expect(DATA, 0, len(DATA), INTEGER)


@given(st.binary(max_size=60))
def test_elements_cover_the_data_or_raise(data: bytes) -> None:
    try:
        found = elements(data, 0, len(data))
    except DerError:
        return
    assert b"".join(whole(data, part) for part in found) == data


def test_the_parts_of_a_certificate_are_those_that_cryptography_reads() -> None:
    pki = authority.pki()
    issued = x509.load_der_x509_certificate(pki.leaf.der)
    tbs = read_tbs(pki.leaf.der)
    assert int.from_bytes(tbs.serial, "big") == issued.serial_number
    assert tbs.issuer == issued.issuer.public_bytes()
    assert tbs.subject == issued.subject.public_bytes()
    assert len(tbs.extensions) == len(issued.extensions)
    assert tbs.duplicates == ()


@pytest.mark.parametrize("length", [0, 1, 50, 200])
def test_a_truncated_certificate(length: int) -> None:
    with pytest.raises(DerError):
        read_tbs(authority.pki().leaf.der[:length])
