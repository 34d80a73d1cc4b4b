# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules, Verdict
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

KEY_TYPES = ["rsa", "ecdsa"]


def judge(data: bytes, *, pki: authority.Pki | None = None, **rules: int | str) -> Verdict:
    pki = pki or authority.pki()
    return validate_response(
        data,
        certificate=pki.leaf.certificate,
        issuer=pki.issuer.certificate,
        now=authority.now(),
        rules=Rules(**rules),
    )


@pytest.fixture(name="pki")
def fixture_pki() -> authority.Pki:
    return authority.pki()


@pytest.fixture(name="by_issuer")
def fixture_by_issuer(pki: authority.Pki) -> answers.Signer:
    return answers.Signer(pki.issuer.key, pki.issuer.certificate)


@pytest.mark.parametrize(("behaviour", "problem"), answers.PROBLEM_OF.items())
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_every_behaviour_has_its_word(behaviour: str, problem: str | None, key_type: str) -> None:
    pki = authority.pki(key_type)
    verdict = judge(answers.behaviour(behaviour, pki), pki=pki)
    assert verdict.problem == problem
    assert verdict.acceptable is (problem is None)
    assert problem is None or problem in PROBLEMS


def test_a_good_response_is_described(pki: authority.Pki) -> None:
    verdict = judge(answers.behaviour("good", pki))
    assert (verdict.response_status, verdict.certificate_status) == ("successful", "good")
    assert (verdict.signature_valid, verdict.signer, verdict.signer_subject) == (True, "issuer", "CN=Test Issuer")
    assert verdict.certid_hash == "sha1"
    assert verdict.next_update - verdict.this_update == datetime.timedelta(days=7, hours=1)


def test_a_delegated_signer_is_named(pki: authority.Pki) -> None:
    verdict = judge(answers.behaviour("delegated", pki))
    assert (verdict.signature_valid, verdict.signer, verdict.signer_subject) == (True, "delegated", "CN=Test Responder")


@pytest.mark.parametrize("hash_name", ["sha224", "sha256", "sha384", "sha512"])
def test_a_certid_with_another_hash_alone_is_not_found(
    hash_name: str, pki: authority.Pki, by_issuer: answers.Signer
) -> None:
    other = answers.single(pki.leaf.certificate, pki.issuer.certificate, hash_name=hash_name)
    sha1 = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    verdict = judge(answers.response(other, signer=by_issuer))
    assert (verdict.problem, verdict.certid_hash) == ("certid_algorithm", hash_name)
    assert judge(answers.response(other, sha1, signer=by_issuer)).problem is None


@pytest.mark.parametrize("key_type", ["ed25519", "ed448"])
def test_keys_that_not_every_client_takes(key_type: str) -> None:
    pki = authority.pki(key_type)
    verdict = judge(answers.behaviour("good", pki), pki=pki)
    assert verdict.problem == "unsupported_algorithm"
    assert "Firefox" in verdict.detail


def test_the_right_one_of_several_single_responses_counts(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    other = authority.certificate("neighbour.test.example", issuer=pki.issuer)
    singles = [
        answers.single(other.certificate, pki.issuer.certificate, status="revoked"),
        answers.single(pki.leaf.certificate, pki.issuer.certificate),
    ]
    assert judge(answers.response(*singles, signer=by_issuer)).problem == "not_first"
    assert judge(answers.response(*reversed(singles), signer=by_issuer)).problem is None


def test_of_two_statements_about_the_certificate_the_worse_one_counts(
    pki: authority.Pki, by_issuer: answers.Signer
) -> None:
    singles = [
        answers.single(pki.leaf.certificate, pki.issuer.certificate),
        answers.single(pki.leaf.certificate, pki.issuer.certificate, hash_name="sha256", status="revoked"),
    ]
    assert judge(answers.response(*singles, signer=by_issuer)).problem == "revoked"
    assert judge(answers.response(*reversed(singles), signer=by_issuer)).problem == "revoked"


def test_same_serial_number_of_another_ca(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    twin = authority.certificate("twin", issuer=pki.stranger, serial=pki.leaf.certificate.serial_number)
    single = answers.single(twin.certificate, pki.stranger.certificate)
    verdict = judge(answers.response(single, signer=by_issuer))
    assert verdict.problem == "other_certificate"
    assert "issuer" in verdict.detail


def test_a_response_about_nothing(by_issuer: answers.Signer) -> None:
    assert judge(answers.response(signer=by_issuer)).problem == "other_certificate"


def test_the_responder_may_be_named_by_its_key(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    assert judge(answers.response(single, signer=by_issuer, by_key=True)).problem is None
    delegate = authority.certificate("Responder by key", issuer=pki.issuer, ocsp_signing=True)
    signer = answers.Signer(delegate.key, delegate.certificate, send=(pki.stranger.certificate, delegate.certificate))
    assert judge(answers.response(single, signer=signer, by_key=True)).signer == "delegated"


def test_an_explicit_version_is_read(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    assert judge(answers.response(single, signer=by_issuer, version=True)).problem is None


def test_a_nonce_is_reported_and_does_not_matter(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    verdict = judge(answers.response(single, signer=by_issuer, nonce=b"n" * 16))
    assert (verdict.nonce, verdict.problem) == (True, None)
    assert judge(answers.response(single, signer=by_issuer)).nonce is False


@pytest.mark.parametrize("where", ["response", "single"])
def test_an_unknown_critical_extension(where: str, pki: authority.Pki, by_issuer: answers.Signer) -> None:
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate, critical=where == "single")
    assert judge(answers.response(single, signer=by_issuer, critical=where == "response")).problem == (
        "critical_extension"
    )


@pytest.mark.parametrize(
    ("hash_name", "pss"), [("sha256", False), ("sha384", False), ("sha512", False), ("sha256", True)]
)
def test_rsa_signatures(hash_name: str, pss: bool) -> None:
    pki = authority.pki("rsa")
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    signer = answers.Signer(pki.issuer.key, pki.issuer.certificate)
    good = answers.response(single, signer=signer, signature_hash=hash_name, pss=pss)
    bad = answers.response(single, signer=signer, signature_hash=hash_name, pss=pss, damage=True)
    assert judge(good, pki=pki).problem is None
    assert judge(bad, pki=pki).problem == "bad_signature"


def test_md5_is_not_believed() -> None:
    pki = authority.pki("rsa")
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    signer = answers.Signer(pki.issuer.key, pki.issuer.certificate)
    verdict = judge(answers.response(single, signer=signer, signature_hash="md5"), pki=pki)
    assert (verdict.problem, verdict.signature_valid) == ("unsupported_algorithm", None)


def test_a_signature_by_another_kind_of_key_is_a_bad_one(pki: authority.Pki) -> None:
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    signer = answers.Signer(authority.private_key("rsa"), pki.issuer.certificate)
    assert judge(answers.response(single, signer=signer)).problem == "bad_signature"


def test_an_algorithm_that_nobody_knows(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    data = answers.behaviour("good", pki)
    ecdsa_with_sha256 = bytes.fromhex("2a8648ce3d040302")
    assert judge(data.replace(ecdsa_with_sha256, bytes.fromhex("2a8648ce3d04037f"))).problem == "unsupported_algorithm"


def delegated(pki: authority.Pki, **properties: object) -> bytes:
    issuer = properties.pop("issuer", pki.issuer)
    options = {"issuer": issuer, "ocsp_signing": True, **properties}
    delegate = authority.certificate("Delegate", **options)
    return answers.response(
        answers.single(pki.leaf.certificate, pki.issuer.certificate),
        signer=answers.Signer(delegate.key, delegate.certificate, send=(delegate.certificate,)),
    )


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({}, None),
        ({"key_type": "rsa"}, None),
        ({"key_type": "ed25519"}, "unsupported_algorithm"),
        ({"ocsp_signing": False}, "signer_not_authorized"),
        ({"ca": True}, "signer_not_authorized"),
        ({"key_usage_without_signature": True}, "signer_not_authorized"),
        ({"days": (-30, -1)}, "signer_expired"),
        ({"days": (1, 30)}, "signer_expired"),
        ({"issuer": None}, "wrong_signer"),
    ],
)
def test_delegated_signers(properties: dict[str, object], problem: str | None, pki: authority.Pki) -> None:
    assert judge(delegated(pki, **properties)).problem == problem


@pytest.mark.parametrize("issuer", ["root", "stranger"])
def test_a_delegate_of_another_ca_is_a_stranger(issuer: str, pki: authority.Pki) -> None:
    verdict = judge(delegated(pki, issuer=getattr(pki, issuer)))
    assert (verdict.problem, verdict.signature_valid) == ("wrong_signer", False)


def test_a_delegate_of_a_namesake_of_the_ca(pki: authority.Pki) -> None:
    """The same name with another key: only the signature on the delegate's certificate tells them apart."""
    namesake = authority.certificate("Test Issuer", key=authority.private_key("ecdsa", 4711), ca=True)
    assert judge(delegated(pki, issuer=namesake)).problem == "wrong_signer"


def test_a_delegate_whose_certificate_is_not_sent(pki: authority.Pki) -> None:
    delegate = authority.certificate("Delegate", issuer=pki.issuer, ocsp_signing=True)
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    data = answers.response(single, signer=answers.Signer(delegate.key, delegate.certificate))
    assert judge(data).problem == "wrong_signer"


def test_a_damaged_signature_of_a_delegate(pki: authority.Pki) -> None:
    delegate = authority.certificate("Delegate", issuer=pki.issuer, ocsp_signing=True)
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate)
    signer = answers.Signer(delegate.key, delegate.certificate, send=(delegate.certificate,))
    assert judge(answers.response(single, signer=signer, damage=True)).problem == "bad_signature"


@pytest.mark.parametrize(
    ("this_update", "next_update", "problem"),
    [
        (-60, 60, None),
        (0, 1, None),
        (5, 3600, None),
        (6, 3600, "future"),
        (-3600, 0, "stale"),
        (-3600, -1, "stale"),
        (5, 5, "stale"),
        (5, 4, "stale"),
    ],
)
def test_dates(
    this_update: float, next_update: float, problem: str | None, pki: authority.Pki, by_issuer: answers.Signer
) -> None:
    at = authority.now()
    single = answers.single(
        pki.leaf.certificate, pki.issuer.certificate, this_update=this_update, next_update=next_update, at=at
    )
    verdict = validate_response(
        answers.response(single, signer=by_issuer, produced=this_update),
        certificate=pki.leaf.certificate,
        issuer=pki.issuer.certificate,
        now=at,
        rules=Rules(),
    )
    assert verdict.problem == problem


def test_minimum_validity(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate, next_update=600)
    data = answers.response(single, signer=by_issuer)
    assert judge(data, min_validity=500).problem is None
    assert judge(data, min_validity=601).problem == "expires_soon"


def test_maximum_age(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    """Firefox takes nothing older than 10 days, whatever nextUpdate says."""
    ages = {
        days: answers.single(pki.leaf.certificate, pki.issuer.certificate, this_update=-days * 86400)
        for days in (9, 11)
    }
    assert judge(answers.response(ages[9], signer=by_issuer)).problem is None
    assert judge(answers.response(ages[11], signer=by_issuer)).problem == "too_old"
    assert judge(answers.response(ages[11], signer=by_issuer), max_age=0).problem is None


def test_size_limit(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    data = answers.behaviour("good", pki)
    assert judge(data, max_size=len(data)).problem is None
    assert judge(data, max_size=len(data) - 1).problem == "too_large"
    assert judge(answers.behaviour("large", pki), max_size=0).problem is None


def test_what_matters_most_is_reported(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    """A stranger's word on the status is worth nothing; a revoked certificate is worse than an old response."""
    single = answers.single(
        pki.leaf.certificate, pki.issuer.certificate, status="revoked", this_update=-7200, next_update=-3600
    )
    assert judge(answers.response(single, signer=by_issuer)).problem == "revoked"
    assert judge(answers.response(single, signer=by_issuer, damage=True)).problem == "bad_signature"


def test_revocation_is_described(pki: authority.Pki, by_issuer: answers.Signer) -> None:
    single = answers.single(pki.leaf.certificate, pki.issuer.certificate, status="revoked", reason=1)
    verdict = judge(answers.response(single, signer=by_issuer))
    assert verdict.revocation_reason == "key_compromise"
    assert verdict.revocation_time is not None
    assert "key_compromise" in verdict.detail


@pytest.mark.parametrize("number", [4, 7, 127])
def test_a_response_status_that_no_standard_knows(number: int) -> None:
    assert judge(answers.error(number)).problem == "response_status_unknown"
