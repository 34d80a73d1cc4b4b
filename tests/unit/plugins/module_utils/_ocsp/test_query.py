# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from cryptography import x509

from ansible_collections.stapling.httpd.plugins.module_utils._connection import Attempt
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import MOD_MD, MOD_SSL
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import ENGINES, Answer, ResponderError
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.pool import Outcome
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.query import Query, prepare, result_of
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

PKI = authority.pki()


def query(engine: str = MOD_SSL, **given: t.Any) -> Query:
    question = {"certificate": PKI.leaf.chain_pem, "issuer": None, "responder": None, **given}
    return prepare(question, proxy_url=None, engine=engine)


def judged(asked: Query, *, answer: bytes | None = None, error: ResponderError | None = None) -> dict[str, t.Any]:
    outcome = Outcome(Answer((answer,), ()) if answer is not None else None, error, 0.5)
    return result_of(asked, outcome, rules=Rules(), identity=None)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_question_of_each_engine(engine: str) -> None:
    asked = query(engine)
    assert asked.question is not None
    assert asked.question.where.engine == engine
    request = x509.ocsp.load_der_ocsp_request(asked.question.request)
    assert request.serial_number == PKI.leaf.certificate.serial_number
    assert [entry.value.nonce for entry in request.extensions] == ([] if asked.nonce is None else [asked.nonce])
    assert (asked.nonce is None) == (engine == MOD_SSL)


def test_texts_of_strangers_are_cut_off() -> None:
    asked = query(responder="http://ocsp.example/" + "a" * 1900)
    assert len(asked.about) < 500
    error = ResponderError("responder_http_error", "x" * 100_000)
    assert len(judged(asked, error=error)["message"]) < 3000


def test_who_was_not_asked_has_nothing_to_show() -> None:
    result = judged(query(), error=ResponderError("not_asked", "the 1 s for all were over"))
    assert (result["problem"], result["reachable"], result["elapsed"]) == ("not_asked", None, None)


def test_who_did_not_answer_is_shown_with_its_addresses() -> None:
    attempts = [Attempt("192.0.2.1", 80, "timed out")]
    result = judged(query(), error=ResponderError("responder_unreachable", "x", attempts))
    assert (result["reachable"], result["elapsed"]) == (False, 0.5)
    assert result["addresses_tried"] == [{"address": "192.0.2.1", "port": 80, "outcome": "timed out"}]


def test_another_nonce_is_refused_only_after_everything_else() -> None:
    asked = query(MOD_MD)
    assert judged(asked, answer=answers.good_with_nonce(PKI, asked.nonce))["problem"] is None
    assert judged(asked, answer=answers.good_with_nonce(PKI, None))["problem"] is None
    assert judged(asked, answer=answers.good_with_nonce(PKI, b"other"))["problem"] == "nonce_mismatch"
    assert judged(query(MOD_SSL), answer=answers.good_with_nonce(PKI, b"other"))["problem"] is None
    assert judged(asked, answer=answers.behaviour("revoked", PKI))["problem"] == "revoked"


def short(**times: t.Any) -> bytes:
    """Return a good answer with these times, in seconds from now."""
    issuer = PKI.issuer.certificate
    signer = answers.Signer(PKI.issuer.key, issuer)
    produced = min(0, times["this_update"] + 1)
    return answers.response(answers.single(PKI.leaf.certificate, issuer, **times), signer=signer, produced=produced)


def test_what_the_engine_would_staple_after_its_end_is_refused() -> None:
    nearly_over = short(this_update=-86300, next_update=100)
    assert judged(query(MOD_SSL), answer=nearly_over)["problem"] is None
    result = judged(query(MOD_MD), answer=nearly_over)
    assert (result["problem"], result["acceptable"]) == ("lifetime_too_short", False)
    assert "mod_md asks again in an hour" in result["message"]
    assert judged(query(MOD_SSL), answer=short(this_update=-1, next_update=5))["problem"] == "lifetime_too_short"


def test_what_mod_md_does_not_staple_cannot_be_accepted_knowingly() -> None:
    endless = short(this_update=-86400 * 5, next_update=None)
    rules = Rules(accepted=frozenset({"no_next_update"}))
    found = {
        engine: result_of(query(engine), Outcome(Answer((endless,), ()), None, 0.5), rules=rules, identity=None)
        for engine in ENGINES
    }
    assert {engine: result["problem"] for engine, result in found.items()} == {MOD_SSL: None, MOD_MD: "no_next_update"}
