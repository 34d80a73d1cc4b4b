# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import DerError, element
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.strict import (
    UTC_TIME,
    DerReader,
    Extension,
    check_name,
    check_oid,
    check_timestamps,
)
from ansible_collections.stapling.httpd.tests.unit.support.answers import octets, sequence, tlv
from ansible_collections.stapling.httpd.tests.unit.support.delegates import common_name

OID = tlv(0x06, b"\x2a\x03\x04")


def reader(data: bytes) -> DerReader:
    return DerReader(data)


def whole(data: bytes) -> object:
    return element(data, 0, len(data))


@pytest.mark.parametrize("contents", [b"\x2a\x03", b"\x88\x37", b"\x2a\x86\x48\x00"])
def test_oids_that_are_right(contents: bytes) -> None:
    check_oid(contents)


@pytest.mark.parametrize("contents", [b"", b"\x80\x01", b"\x2a\x80\x03", b"\x2a\x83"])
def test_oids_that_clients_do_not_read(contents: bytes) -> None:
    with pytest.raises(DerError):
        check_oid(contents)


@pytest.mark.parametrize("contents", [b"\x00\x01", b"\xff\x80", b""])
def test_numbers_have_their_shortest_form(contents: bytes) -> None:
    data = tlv(0x02, contents)
    with pytest.raises(DerError):
        reader(data).integer(whole(data))


@pytest.mark.parametrize(("contents", "number"), [(b"\x00", 0), (b"\x00\x80", 128), (b"\xff", -1), (b"\x7f", 127)])
def test_numbers(contents: bytes, number: int) -> None:
    data = tlv(0x02, contents)
    assert reader(data).integer(whole(data)) == number


@pytest.mark.parametrize(("contents", "year"), [(b"700101000000Z", 1970), (b"491231235959Z", 2049)])
def test_utc_times(contents: bytes, year: int) -> None:
    data = tlv(UTC_TIME, contents)
    assert reader(data).time(whole(data), UTC_TIME).year == year


@pytest.mark.parametrize("contents", [b"691231235959Z", b"500101000000Z", b"7001010000Z", b"701301000000Z"])
def test_utc_times_that_clients_do_not_read(contents: bytes) -> None:
    data = tlv(UTC_TIME, contents)
    with pytest.raises(DerError):
        reader(data).time(whole(data), UTC_TIME)


def test_a_generalized_time() -> None:
    data = tlv(0x18, b"20260228010203Z")
    moment = datetime.datetime(2026, 2, 28, 1, 2, 3, tzinfo=datetime.timezone.utc)
    assert reader(data).time(whole(data)) == moment


@pytest.mark.parametrize(
    "name", [common_name("x"), common_name("", raw=b"\xc3\xa9"), common_name("x", tag=0x13), sequence()]
)
def test_names_that_are_right(name: bytes) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        common_name("", raw=b"\xe9"),
        common_name("x", tag=0x1E),
        sequence(tlv(0x31)),
        sequence(sequence(sequence(OID, tlv(0x0C, b"x")))),
        sequence(tlv(0x31, tlv(0x31, OID, tlv(0x0C, b"x")))),
        sequence(tlv(0x31, sequence(OID))),
        common_name("x") + b"\0",
    ],
)
def test_names_that_clients_do_not_read(name: bytes) -> None:
    with pytest.raises(DerError):
        check_name(name)


@pytest.mark.parametrize(
    ("parameters", "read"), [(b"", True), (b"\x05\x00", True), (sequence(), False), (b"\x05\x01\x00", False)]
)
def test_an_algorithm_has_null_or_no_parameters(parameters: bytes, read: bool) -> None:
    data = sequence(OID, parameters)
    if read:
        assert reader(data).algorithm(whole(data)) == (b"\x2a\x03\x04", parameters)
    else:
        with pytest.raises(DerError):
            reader(data).algorithm(whole(data))


def test_extensions() -> None:
    data = sequence(sequence(OID, octets(b"x")), sequence(tlv(0x06, b"\x2a\x03\x05"), tlv(0x01, b"\xff"), octets(b"y")))
    assert reader(data).extensions(whole(data)) == [
        Extension(b"\x2a\x03\x04", False, b"x"),
        Extension(b"\x2a\x03\x05", True, b"y"),
    ]


def test_a_default_that_is_written_out_only_certificates_may_have() -> None:
    data = sequence(sequence(OID, tlv(0x01, b"\x00"), octets(b"x")))
    assert reader(data).extensions(whole(data), explicit_defaults=True) == [Extension(b"\x2a\x03\x04", False, b"x")]
    with pytest.raises(DerError, match="written out"):
        reader(data).extensions(whole(data))


@pytest.mark.parametrize(
    "inside",
    [
        sequence(OID, octets(b"x")) * 2,
        sequence(OID),
        sequence(octets(b"x"), OID),
        sequence(OID, tlv(0x01, b"\x01"), octets(b"x")),
    ],
)
def test_extensions_that_clients_do_not_read(inside: bytes) -> None:
    data = sequence(inside)
    with pytest.raises(DerError):
        reader(data).extensions(whole(data), explicit_defaults=True)


def test_many_extensions_take_linear_time() -> None:
    """30,000 of them took 21 s when each was compared with all before it."""
    data = sequence(
        *[
            sequence(tlv(0x06, b"\x2a" + bytes([0x81 + number % 99, number // 99 % 99, number // 9801])), octets(b""))
            for number in range(30_000)
        ]
    )
    begin = datetime.datetime.now()
    assert len(reader(data).extensions(whole(data))) == 30_000
    assert (datetime.datetime.now() - begin).total_seconds() < 3


@pytest.mark.parametrize(("listed", "read"), [(b"\0\2ab", True), (b"\0\0", False), (b"", False), (b"\0\3ab", False)])
def test_lists_of_certificate_timestamps(listed: bytes, read: bool) -> None:
    extensions = [Extension(b"\x2a", False, octets(listed))]
    check_timestamps(extensions, b"\x2b")
    if read:
        check_timestamps(extensions, b"\x2a")
    else:
        with pytest.raises(DerError):
            check_timestamps(extensions, b"\x2a")
