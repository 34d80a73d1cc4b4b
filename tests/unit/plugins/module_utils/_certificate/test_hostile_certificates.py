# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What strangers write is bounded: time, memory and results stay small whatever stands in it."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from cryptography import x509

from ansible_collections.stapling.httpd.plugins.module_utils._certificate import description
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import DerError, read_tbs
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.extensions import read_extensions
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import parsed
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import (
    comparable_name,
    oid_text,
    show_name,
)
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.answers import extension, sequence, tlv
from ansible_collections.stapling.httpd.tests.unit.support.delegates import Delegate, common_name

# 2,050 bytes of seven bits each are a number of 4,300 digits, which Python does not print.
LONG_OID = b"\x2a" + b"\xff" * 2050 + b"\x7f"
PKI = authority.pki()


def described(delegate: Delegate) -> dict[str, object]:
    certificate = x509.load_der_x509_certificate(delegate.certificate(PKI.issuer))
    return description.describe(certificate)


def test_an_oid_with_an_arc_of_thousands_of_digits() -> None:
    with pytest.raises(DerError):
        oid_text(LONG_OID)
    name = sequence(tlv(0x31, sequence(tlv(0x06, LONG_OID), tlv(0x0C, b"x"))))
    assert show_name(name).startswith("#")
    assert len(show_name(name)) < 1100


def test_an_extension_with_such_an_oid() -> None:
    """OpenSSL loads it, and so does cryptography before 35."""
    tbs = read_tbs(Delegate(extensions=(extension(LONG_OID.hex(), b"x"),) * 2).certificate(PKI.issuer))
    ((word, text),) = read_extensions(tbs).warnings
    assert word == "duplicate_extension"
    assert len(text) < 1100


@pytest.mark.parametrize("size", [5_000, 500_000])
def test_a_long_name_is_shown_shortened(size: int) -> None:
    name = common_name("", raw=b"\xc3\xa9" * size)
    assert len(show_name(name)) < 1100
    assert comparable_name(name) == comparable_name(name)
    assert comparable_name(name) != comparable_name(common_name("", raw=b"\xc3\xa9" * (size + 1)))


def test_many_alternative_names() -> None:
    names = extension("551d11", sequence(*[tlv(0x82, b"host%d.example" % number) for number in range(50_000)]))
    begin = time.monotonic()
    found = described(Delegate(extensions=(names,)))
    assert time.monotonic() - begin < 2
    shown = found["subject_alt_names"]
    assert isinstance(shown, list)
    assert len(shown) == 1001
    assert shown[-1] == "... (49000 more)"


def test_many_responders_and_long_ones() -> None:
    access = tlv(0x06, bytes.fromhex("2b06010505073001"))
    uris = [sequence(access, tlv(0x86, b"http://ocsp.example/" + b"\xff" * 20_000))] * 300
    found = described(Delegate(extensions=(extension("2b06010505070101", sequence(*uris)),)))
    assert len(str(found)) < 100_000


def test_many_duplicates_and_what_is_no_uri() -> None:
    access = sequence(tlv(0x06, bytes.fromhex("2b06010505073001")), tlv(0x82, b"x"))
    many = extension("2b06010505070101", sequence(*[access] * 20_000))
    begin = time.monotonic()
    found = described(Delegate(extensions=(many, *[extension("2a0304", b"")] * 20_000)))
    assert time.monotonic() - begin < 2
    warnings = found["warnings"]
    assert isinstance(warnings, list)
    assert len(warnings) <= 40


def test_memory_for_a_large_certificate_is_a_small_multiple_of_it() -> None:
    certificate = Delegate(extensions=(extension("551d11", sequence(*[tlv(0x82, b"a")] * 300_000)),))
    loaded = x509.load_der_x509_certificate(certificate.certificate(PKI.issuer))
    tracemalloc.start()
    read_extensions(parsed(loaded).tbs)
    _current, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000


def test_what_nobody_foresaw_is_a_problem_of_one_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_info: bytes) -> tuple[str, int]:
        raise RuntimeError("text of a stranger")

    monkeypatch.setattr(description, "key_of_info", fail)
    found = described(Delegate())
    assert found["problem"] == "judge_failed"
    assert "RuntimeError at test_hostile_certificates.py" in str(found["problem_message"])
    assert "stranger" not in str(found)
