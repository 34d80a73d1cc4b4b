# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    find_issuer,
    parse,
    parse_certificates,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import IssuerIndex
from ansible_collections.stapling.httpd.tests.unit.support import pki

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
KEY_TYPES = ["rsa", "ecdsa", "ed25519"]


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(PEM)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_the_issuer_is_found(key_type: str) -> None:
    chain = pki.pki(key_type)
    candidates = [chain.stranger.certificate, chain.root.certificate, chain.issuer.certificate]
    assert find_issuer(chain.leaf.certificate, candidates) == chain.issuer.certificate
    assert find_issuer(chain.leaf.certificate, candidates[:2]) is None
    assert find_issuer(chain.root.certificate, [chain.root.certificate]) == chain.root.certificate


def test_the_same_name_with_another_key_is_not_the_issuer() -> None:
    chain = pki.pki("ecdsa")
    impostor = pki.certificate("Test Issuer", ca=True).certificate
    assert find_issuer(chain.leaf.certificate, [impostor]) is None
    assert find_issuer(chain.leaf.certificate, [impostor, chain.issuer.certificate]) == chain.issuer.certificate


def test_an_index_finds_the_same_and_says_where() -> None:
    chain = pki.pki("rsa")
    index = IssuerIndex()
    index.add(parse(pki.certificate("Test Issuer", ca=True).certificate), "/impostor")
    index.add(parse(chain.issuer.certificate), "/issuer")
    found = index.find(parse(chain.leaf.certificate))
    assert found is not None
    assert (found[0].certificate, found[1]) == (chain.issuer.certificate, "/issuer")
    assert index.find(parse(chain.issuer.certificate)) is None


def with_key_identifiers(issuer: pki.Identity, key_identifier: bytes | None = None) -> tuple[bytes, bytes]:
    """Return an authority and a certificate that name the authority's key; the latter has no valid signature."""
    key = issuer.key.public_key()
    subject_key = x509.SubjectKeyIdentifier(key_identifier or x509.SubjectKeyIdentifier.from_public_key(key).digest)
    authority_key = x509.AuthorityKeyIdentifier(subject_key.digest, None, None)
    made = []
    for name, extension in (("Named", subject_key), ("leaf", authority_key)):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Named")]))
            .public_key(key)
            .serial_number(1)
            .not_valid_before(pki.now())
            .not_valid_after(pki.now() + datetime.timedelta(days=1))
            .add_extension(extension, critical=False)
        )
        made.append(builder.sign(issuer.key, pki.signature_hash(issuer.key)).public_bytes(DER))
    leaf = bytearray(made[1])
    leaf[-1] ^= 1
    return made[0], bytes(leaf)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_a_signature_is_always_verified_unless_the_name_of_the_key_is_its_digest(key_type: str) -> None:
    identity = pki.pki(key_type).issuer
    for identifier, found in ((None, True), (b"anything", False)):
        authority, leaf = with_key_identifiers(identity, identifier)
        ((child,), (candidate,)) = parse_certificates(leaf), parse_certificates(authority)
        assert find_issuer(child.certificate, [candidate.certificate]) is None
        for trust in (False, True):
            index = IssuerIndex(trust_key_identifiers=trust)
            index.add(candidate, "/x")
            assert (index.find(child) is not None) is (trust and found)
