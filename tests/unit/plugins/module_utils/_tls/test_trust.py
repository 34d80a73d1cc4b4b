# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest

pytest.importorskip("OpenSSL")

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto

from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Chain, Trust
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.pki import Identity, certificate

CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
ANY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
ONLY_CERTIFICATES = x509.KeyUsage(False, False, False, False, False, True, False, False, False)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
EXCLUDED = x509.NameConstraints(permitted_subtrees=[x509.DNSName("elsewhere.example")], excluded_subtrees=None)

ROOT = certificate("Trust Root", ca=True, key=authority.private_key("ecdsa", 2001))
KEY = authority.private_key("ecdsa", 2002)
ISSUER = certificate("Trust Issuer", issuer=ROOT, ca=True, key=KEY)
SUB_KEY = authority.private_key("ecdsa", 2003)
SECP = bytes.fromhex("2a8648ce3d040302")
LIMITED = x509.NameConstraints(permitted_subtrees=[x509.DNSName("test.example")], excluded_subtrees=None)


def issuer(**options: t.Any) -> Identity:
    return certificate("Trust Issuer", **{"issuer": ROOT, "ca": True, "key": KEY, **options})


def leaf(by: Identity = ISSUER, **options: t.Any) -> Identity:
    return certificate("leaf.test.example", issuer=by, **options)


def forged(algorithm: str) -> bytes:
    """Return a certificate that nobody has signed, with the right names and key identifiers."""
    return leaf().der.replace(SECP, bytes.fromhex(algorithm))


class Case(t.NamedTuple):
    """What a server sends, and the verdict of those who trust the root, and of those who do not."""

    leaf: bytes
    sent: tuple[bytes, ...]
    trusted: bool
    problem: str | None = None


def case(identity: Identity, *sent: Identity, trusted: bool, problem: str | None = None) -> Case:
    return Case(identity.der, tuple(certificate.der for certificate in sent), trusted, problem)


EXPIRED_ISSUER = issuer(days=(-30, -1))
SUB = certificate("Sub CA", issuer=ISSUER, ca=True, key=SUB_KEY)
CASES = {
    "good": case(leaf(), ISSUER, trusted=True),
    "root sent as well": case(leaf(), ISSUER, ROOT, trusted=True),
    "for servers": case(leaf(extensions=[(SERVER, False)]), ISSUER, trusted=True),
    "two intermediates": case(leaf(SUB), SUB, ISSUER, trusted=True),
    "wrong order": case(leaf(SUB), ISSUER, SUB, trusted=True),
    "stranger sent as well": case(leaf(), authority.pki().stranger, ISSUER, trusted=True),
    "one intermediate missing": case(leaf(SUB), SUB, trusted=False),
    "nothing sent": case(leaf(), trusted=False),
    "only for clients": case(leaf(extensions=[(CLIENT, False)]), ISSUER, trusted=False, problem="chain_invalid"),
    "for any purpose": case(leaf(extensions=[(ANY, False)]), ISSUER, trusted=False, problem="chain_invalid"),
    "only signs certificates": case(
        leaf(extensions=[(ONLY_CERTIFICATES, True)]), ISSUER, trusted=False, problem="chain_invalid"
    ),
    "issuer only for clients": case(
        leaf(), issuer(extensions=[(CLIENT, False)]), trusted=False, problem="chain_invalid"
    ),
    "unknown critical extension": case(
        leaf(extensions=[(UNKNOWN, True)]), ISSUER, trusted=False, problem="chain_invalid"
    ),
    "issuer is no CA": case(leaf(), issuer(ca=False), trusted=False, problem="chain_invalid"),
    "path too long": case(leaf(SUB), SUB, issuer(path_length=0), trusted=False, problem="chain_invalid"),
    "name not permitted": case(leaf(), issuer(extensions=[(EXCLUDED, True)]), trusted=False, problem="chain_invalid"),
    "issuer has expired": case(leaf(), EXPIRED_ISSUER, trusted=False, problem="issuer_expired"),
    "issuer is not valid yet": case(leaf(), issuer(days=(1, 30)), trusted=False, problem="issuer_expired"),
    "expired namesake sent first": case(leaf(), EXPIRED_ISSUER, ISSUER, trusted=True),
    "expired cross certificate sent first": case(
        leaf(SUB),
        certificate("Sub CA", issuer=authority.pki().stranger, ca=True, key=SUB_KEY, days=(-30, -1)),
        SUB,
        ISSUER,
        trusted=True,
    ),
    "leaf has expired": case(leaf(days=(-30, -1)), ISSUER, trusted=False),
    "unknown algorithm": Case(forged("2a8648ce3d04037f"), (ISSUER.der,), False),
    "another signature": Case(leaf().der[:-1] + bytes([leaf().der[-1] ^ 1]), (ISSUER.der,), False),
}


def judge(found: Case, *anchors: Identity) -> Chain:
    trust = Trust([anchor.certificate for anchor in anchors])
    certificate_of_server = trust.certificate(found.leaf)
    assert certificate_of_server is not None
    return trust.judge(certificate_of_server, found.sent, authority.now())


@pytest.mark.parametrize("found", CASES.values(), ids=list(CASES))
def test_trust_is_that_of_a_client(found: Case) -> None:
    assert judge(found, ROOT).trusted is found.trusted


@pytest.mark.parametrize("found", CASES.values(), ids=list(CASES))
def test_what_every_client_refuses_is_found_without_the_root(found: Case) -> None:
    chain = judge(found)
    assert not chain.trusted
    assert (chain.problem[0] if chain.problem else None) == found.problem


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize("found", CASES.values(), ids=list(CASES))
def test_the_command_openssl_agrees(found: Case, tmp_path: Path) -> None:
    files = {"root": [ROOT.der], "leaf": [found.leaf], "sent": [*found.sent] or [ROOT.der]}
    for name, ders in files.items():
        text = "".join(authority.pem(x509.load_der_x509_certificate(der)) for der in ders)
        (tmp_path / f"{name}.pem").write_text(text)
    command = "openssl verify -purpose sslserver -no-CApath -CAfile root.pem -untrusted sent.pem leaf.pem"
    finished = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, timeout=20, check=False)
    assert (finished.returncode == 0) is found.trusted, finished.stderr


@pytest.mark.parametrize("algorithm", ["2a8648ce3d04037f", "2a8648ce3d040301"])
def test_what_cannot_be_verified_was_issued_by_nobody(algorithm: str) -> None:
    """Names and key identifiers anybody can write; they made a forged certificate acceptable and trusted."""
    found = Case(forged(algorithm), (ISSUER.der,), False)
    for anchors in ([], [ROOT], [ISSUER]):
        assert judge(found, *anchors) == Chain()


def test_the_missing_ca_is_named() -> None:
    assert judge(CASES["good"]).missing == "CN=Trust Root"
    assert judge(CASES["one intermediate missing"]).missing == "CN=Trust Issuer"
    assert judge(CASES["root sent as well"]).missing is None


def test_the_issuer_of_several_with_its_key_is_one_that_is_valid() -> None:
    found = judge(CASES["expired namesake sent first"])
    assert found.issuer == ISSUER.certificate
    assert found.problem is None


def test_an_anchor_may_be_an_intermediate_or_the_leaf_itself() -> None:
    assert judge(CASES["good"], ISSUER).trusted
    identity = leaf()
    assert judge(case(identity, ISSUER, trusted=True), identity).trusted


BELOW_OTHERS = [label for label, found in CASES.items() if label != "good"]


@pytest.mark.parametrize("label", BELOW_OTHERS)
def test_a_chain_that_was_verified_before_changes_no_verdict(label: str) -> None:
    """Certificates with the same chain are verified below their issuer alone, once the chain is known to be good."""
    found, alone = CASES[label], judge(CASES[label], ROOT)
    trust = Trust([ROOT.certificate])
    for der in (leaf().der, leaf(SUB).der, leaf().der, found.leaf):
        loaded = trust.certificate(der)
        assert loaded is not None
        chain = trust.judge(loaded, found.sent, authority.now())
    assert chain == alone


def test_a_ca_that_limits_names_is_asked_about_each() -> None:
    limited = issuer(extensions=[(LIMITED, True)])
    below = certificate("Sub CA", issuer=limited, ca=True, key=SUB_KEY)
    trust = Trust([ROOT.certificate])

    def is_trusted(name: str) -> bool:
        server = certificate(name, issuer=below, names=x509.SubjectAlternativeName([x509.DNSName(name)]))
        return trust.judge(server.certificate, (below.der, limited.der), authority.now()).trusted

    names = ("a.test.example", "b.test.example", "a.elsewhere.example", "c.test.example")
    assert [is_trusted(name) for name in names] == [True, True, False, True]


def test_what_openssl_has_loaded_already_is_verified_alike() -> None:
    trust = Trust([ROOT.certificate])
    for identity, trusted in ((leaf(), True), (leaf(), True), (leaf(days=(-30, -1)), False)):
        loaded = crypto.load_certificate(crypto.FILETYPE_ASN1, identity.der)
        found = trust.judge(identity.certificate, (ISSUER.der,), authority.now(), loaded=loaded)
        assert found.trusted is trusted


def test_many_certificates_cost_as_little_as_a_few() -> None:
    many = tuple(certificate(f"CA {number}", ca=True, key=KEY).der for number in range(40))
    found = Case(leaf().der, (*many, ISSUER.der), False)
    assert judge(found, ROOT).issuer is None
    trust = Trust()
    for number in range(600):
        trust._sent(b"%d" % number)
    assert len(trust._parsed) <= 256
