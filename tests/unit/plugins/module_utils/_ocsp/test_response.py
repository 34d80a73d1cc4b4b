# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.response import OcspParseError, parse_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

# The benchmark raises this to 100,000.
MUTATIONS = int(os.environ.get("STAPLING_MUTATIONS", "400"))

PKI = authority.pki()
NOW = authority.now()
BEHAVIOURS = [name for name in answers.PROBLEM_OF if name != "garbage"]
BYTES = {name: answers.behaviour(name, PKI) for name in BEHAVIOURS}
SIGNED_AND_GOOD = ("good", "delegated")


@pytest.mark.parametrize("name", [name for name in BEHAVIOURS if name not in answers.STATUS])
def test_cryptography_reads_the_same(name: str) -> None:
    """Compare with cryptography's own parser on what it can read: a response with one SingleResponse."""
    theirs = ocsp.load_der_ocsp_response(BYTES[name])
    parsed = parse_response(BYTES[name])
    assert parsed.basic is not None
    (single,) = parsed.basic.responses
    this_update = theirs.this_update_utc if hasattr(theirs, "this_update_utc") else theirs.this_update
    assert single.this_update.replace(tzinfo=None) == this_update.replace(tzinfo=None)
    assert single.certificate_id.serial_number == theirs.serial_number
    assert single.certificate_id.issuer_name_hash == theirs.issuer_name_hash
    assert single.certificate_id.issuer_key_hash == theirs.issuer_key_hash
    assert single.certificate_id.hash_name == theirs.hash_algorithm.name
    assert single.certificate_status == theirs.certificate_status.name.lower()
    assert parsed.basic.signature == theirs.signature
    assert parsed.basic.signed_bytes == theirs.tbs_response_bytes
    assert len(parsed.basic.certificates) == len(theirs.certificates)


@pytest.mark.parametrize("name", list(answers.STATUS))
def test_a_response_without_a_body(name: str) -> None:
    response = parse_response(BYTES[name])
    assert (response.status, response.basic) == (name, None)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_truncation_is_refused(name: str) -> None:
    data = BYTES[name]
    for length in range(len(data) if name != "large" else 500):
        with pytest.raises(OcspParseError):
            parse_response(data[:length])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"\x30",
        b"\x30\x80",
        b"\x30\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x81\x03\x0a\x01\x03",
        b"\x30\x04\x0a\x02\x00\x03",
        b"\x30\x03\x02\x01\x03",
        b"\x30\x03\x0a\x01\x00",
        answers.error("try_later") + b"\0",
        answers.sequence(answers.integer(3, tag=0x0A), answers.tlv(0xA0, b"")),
        b"<!DOCTYPE html>",
        b"\x30" * 5000,
        b"\xa0\x80" * 3000,
    ],
)
def test_what_is_not_der_is_refused(data: bytes) -> None:
    with pytest.raises(OcspParseError):
        parse_response(data)


@pytest.mark.parametrize(
    ("moment", "read"),
    [
        (b"20260230000000Z", False),
        (b"20260228246060Z", False),
        (b"20260228000000.5Z", False),
        (b"20260228000000+0000", False),
        (b"202602280000Z", False),
        (b"20260228000000Z", True),
        (b"2026022800000\xb2Z", False),
    ],
)
def test_times_are_read_strictly(moment: bytes, read: bool) -> None:
    signer = answers.Signer(PKI.issuer.key, PKI.issuer.certificate)
    single = answers.sequence(
        answers.certificate_id(PKI.leaf.certificate, PKI.issuer.certificate),
        answers.tlv(0x80),
        answers.tlv(0x18, moment),
    )
    data = answers.response(single, signer=signer)
    if read:
        assert parse_response(data).status == "successful"
    else:
        with pytest.raises(OcspParseError):
            parse_response(data)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a response in which a few bytes were changed, taken out, put in, repeated or swapped."""
    name = draw(st.sampled_from(BEHAVIOURS))
    data = bytearray(BYTES[name])
    for _change in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, max(0, len(data) - 1)))
        change = draw(st.sampled_from(["set", "flip", "delete", "insert", "repeat", "cut"]))
        if not data:
            break
        if change == "set":
            data[position] = draw(st.integers(0, 255))
        elif change == "flip":
            data[position] ^= 1 << draw(st.integers(0, 7))
        elif change == "delete":
            del data[position : position + draw(st.integers(1, 8))]
        elif change == "insert":
            data[position:position] = draw(st.binary(min_size=1, max_size=8))
        elif change == "repeat":
            data[position:position] = data[position : position + draw(st.integers(1, 40))]
        else:
            del data[position:]
    return name, bytes(data)


@settings(max_examples=MUTATIONS, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_mutated_response_is_judged_and_never_believed(case: tuple[str, bytes]) -> None:
    _name, data = case
    verdict = validate_response(
        data, certificate=PKI.leaf.certificate, issuer=PKI.issuer.certificate, now=NOW, rules=Rules(max_size=0)
    )
    assert verdict.problem is None or verdict.problem in PROBLEMS
    if verdict.acceptable:
        # Only what the signature does not cover may have changed; what is covered must be what was signed.
        parsed = parse_response(data).basic
        originals = [parse_response(BYTES[good]).basic for good in (*SIGNED_AND_GOOD, "large")]
        assert parsed is not None
        assert parsed.signed_bytes in [original.signed_bytes for original in originals if original]


@settings(max_examples=MUTATIONS // 2, deadline=None)
@given(st.binary(max_size=400))
def test_noise_is_refused(data: bytes) -> None:
    verdict = validate_response(
        data, certificate=PKI.leaf.certificate, issuer=PKI.issuer.certificate, now=NOW, rules=Rules()
    )
    assert not verdict.acceptable
