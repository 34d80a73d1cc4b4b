# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib

import pytest
from cryptography.x509 import ocsp

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import (
    build_request,
    certificate_id,
    key_bits,
    serial_number,
)
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority


@pytest.mark.parametrize("key_type", ["rsa", "ecdsa", "ed25519"])
def test_a_request_names_the_certificate_by_sha1(key_type: str) -> None:
    """As cryptography's own parser reads it; the differential tests compare it with that of the openssl command."""
    pki = authority.pki(key_type)
    request = ocsp.load_der_ocsp_request(build_request(certificate=pki.leaf.certificate, issuer=pki.issuer.certificate))
    found = certificate_id(certificate=pki.leaf.certificate, issuer=pki.issuer.certificate)
    assert request.hash_algorithm.name == found.hash_name == "sha1"
    assert (request.issuer_name_hash, request.issuer_key_hash) == (found.issuer_name_hash, found.issuer_key_hash)
    assert request.serial_number == found.serial_number == pki.leaf.certificate.serial_number
    assert len(request.extensions) == 0


@pytest.mark.parametrize("key_type", ["rsa", "ecdsa", "ed25519", "ed448"])
def test_the_key_is_what_stands_in_the_bit_string(key_type: str) -> None:
    issuer = authority.pki(key_type).issuer.certificate
    assert key_bits(issuer) == answers.key_bits(issuer.public_key())


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_identifiers_with_other_hashes(hash_name: str) -> None:
    pki = authority.pki()
    found = certificate_id(certificate=pki.leaf.certificate, issuer=pki.issuer.certificate, hash_name=hash_name)
    assert found.issuer_name_hash == hashlib.new(hash_name, pki.leaf.certificate.issuer.public_bytes()).digest()


def test_a_serial_number_of_any_size() -> None:
    large = (1 << 158) + 12345
    assert serial_number(authority.certificate("large serial", serial=large).certificate) == large
