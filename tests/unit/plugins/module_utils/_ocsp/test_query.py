# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from cryptography import x509

from ansible_collections.stapling.httpd.plugins.module_utils._connection import Attempt
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import (
    ENGINES,
    MOD_MD,
    MOD_SSL,
    Answer,
    ResponderError,
)
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
