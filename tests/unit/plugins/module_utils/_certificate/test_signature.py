# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from cryptography import x509

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import (
    UnsupportedSignature,
    made_by,
    signature_algorithm,
)
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.delegates import Delegate


@pytest.mark.parametrize("key_type", ["rsa", "ecdsa", "ed25519", "ed448"])
def test_a_certificate_was_signed_by_its_issuer_and_nobody_else(key_type: str) -> None:
    pki = authority.pki(key_type)
    assert made_by(pki.leaf.der, pki.issuer.certificate) is True
    assert made_by(pki.leaf.der, pki.stranger.certificate) is False
    assert made_by(pki.leaf.der, authority.pki("rsa" if key_type != "rsa" else "ecdsa").issuer.certificate) is False


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("pss", [False, True])
def test_every_hash_of_rsa(hash_name: str, pss: bool) -> None:
    pki = authority.pki("rsa")
    assert made_by(Delegate(signature_hash=hash_name, pss=pss).certificate(pki.issuer), pki.issuer.certificate)


def test_a_signature_that_cannot_be_verified_is_neither_good_nor_bad() -> None:
    pki = authority.pki()
    unknown = pki.leaf.der.replace(bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d04037f"))
    with pytest.raises(UnsupportedSignature):
        made_by(unknown, pki.issuer.certificate)
    with pytest.raises(UnsupportedSignature):
        made_by(b"\x30\x00", pki.issuer.certificate)


@pytest.mark.parametrize(
    ("oid", "text"),
    [
        ("2a864886f70d01010b", "RSA with SHA256"),
        ("2a8648ce3d040303", "ECDSA with SHA384"),
        ("2b6570", "Ed25519"),
        ("2a864886f70d010104", "RSA with MD5"),
    ],
)
def test_algorithms_have_names(oid: str, text: str) -> None:
    assert str(signature_algorithm(bytes.fromhex(oid), b"")) == text


def test_an_unknown_algorithm_is_named_by_a_bounded_text() -> None:
    with pytest.raises(UnsupportedSignature) as caught:
        signature_algorithm(b"\x2a" * 100_000, b"")
    assert len(caught.value.message) < 200


def test_the_library_agrees() -> None:
    """What cryptography itself says of the same certificate."""
    pki = authority.pki()
    issued = x509.load_der_x509_certificate(pki.leaf.der)
    if hasattr(issued, "verify_directly_issued_by"):
        issued.verify_directly_issued_by(pki.issuer.certificate)
