# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp_problems import PROBLEMS
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp_validation import Rules, Verdict, validate_response
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

KEY_TYPES = ["rsa", "ecdsa", "ed25519", "ed448"]


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
