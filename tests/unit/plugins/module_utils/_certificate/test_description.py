# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, good, hostile and broken: what can be read is described, the rest is a typed error."""

from __future__ import annotations

import datetime

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    CertificateError,
    describe,
    describe_problem,
    find_issuer,
    fingerprint_sha256,
    load_certificates,
    parse_certificates,
)
from ansible_collections.stapling.httpd.tests.unit.support import pki

KEY_TYPES = ["rsa", "ecdsa", "ed25519"]


@settings(max_examples=300)
@given(st.data())
def test_mutated_certificates_are_described_or_a_typed_error(data: st.DataObject) -> None:
    original = pki.pki(data.draw(st.sampled_from(KEY_TYPES)))
    der = bytearray(original.leaf.der)
    for _step in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(der) - 1))
        kind = data.draw(st.sampled_from(["change", "remove", "insert", "cut"]))
        if kind == "change":
            der[position] = data.draw(st.integers(0, 255))
        elif kind == "remove":
            del der[position]
        elif kind == "insert":
            der.insert(position, data.draw(st.integers(0, 255)))
        elif position > 10:
            del der[position:]
    try:
        (certificate,) = load_certificates(bytes(der))
    except CertificateError:
        return
    description = describe(certificate, path="/x")
    assert set(description) == set(describe_problem("x", "x"))
    find_issuer(certificate, [original.issuer.certificate, certificate])


def test_a_change_at_any_place_is_described_or_a_typed_error() -> None:
    original = pki.pki("ecdsa")
    signed = original.leaf.certificate.tbs_certificate_bytes
    end = original.leaf.der.index(signed) + len(signed)
    # What a signature does not cover: its own kind, and the number of bits that it leaves unused.
    unsigned = range(end, end + 2 + original.leaf.der[end + 1] + 3)
    described = 0
    for position, octet in enumerate(original.leaf.der):
        for changed in (octet ^ 1, octet ^ 0x80, 0, 0xFF):
            der = bytearray(original.leaf.der)
            der[position] = changed
            try:
                (certificate,) = load_certificates(bytes(der))
            except CertificateError:
                continue
            described += 1
            description = describe(certificate, path="/x")
            same = bytes(der) == original.leaf.der
            if position not in unsigned:
                assert (find_issuer(certificate, [original.issuer.certificate]) is not None) == same
            assert (description["fingerprint_sha256"] == fingerprint_sha256(original.leaf.certificate)) == same
    # Most changes are in places that loading a certificate does not look at.
    assert described > len(original.leaf.der)


def test_a_description() -> None:
    chain = pki.pki("ecdsa", "rsa")
    leaf = chain.leaf.certificate
    description = describe(leaf, path="/etc/x.pem", issuer_path="/etc/ca.pem")
    assert description["path"] == "/etc/x.pem"
    assert description["subject"] == "CN=www.test.example"
    assert description["issuer"] == "CN=Test Issuer"
    assert int(description["serial_number"], 16) == leaf.serial_number
    assert description["fingerprint_sha256"] == leaf.fingerprint(hashes.SHA256()).hex() == fingerprint_sha256(leaf)
    assert datetime.datetime.strptime(description["not_after"], "%Y-%m-%dT%H:%M:%SZ") > datetime.datetime(2026, 1, 1)
    assert description["subject_alt_names"] == ["DNS:test.example"]
    assert (description["self_signed"], description["expired"], description["not_yet_valid"]) == (False, False, False)
    assert description["ocsp_responders"] == ["http://127.0.0.1/"]
    assert (description["issuer_path"], description["issuer_available"]) == ("/etc/ca.pem", True)
    assert (description["must_staple"], description["is_ca"], description["problem"]) == (False, False, None)
    root = describe(chain.root.certificate)
    assert (root["self_signed"], root["is_ca"], root["ocsp_responders"]) == (True, True, [])


@pytest.mark.parametrize(("days", "expired", "early"), [((-9, -1), True, False), ((1, 9), False, True)])
def test_validity(days: tuple[float, float], expired: bool, early: bool) -> None:
    description = describe(pki.certificate("v", days=days).certificate)
    assert (description["expired"], description["not_yet_valid"]) == (expired, early)


def test_a_known_certificate_is_not_parsed_again() -> None:
    chain = pki.pki("ecdsa")
    known: dict[bytes, object] = {}
    first = parse_certificates(chain.leaf.chain_pem.encode(), known)
    second = parse_certificates(chain.leaf.chain_pem.encode(), known)
    assert [id(certificate) for certificate in first] == [id(certificate) for certificate in second]
    assert len(known) == 2
