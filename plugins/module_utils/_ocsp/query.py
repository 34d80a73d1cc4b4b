# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to responders as a user gives them, and the results that come of them."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import Identity
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    CertificateError,
    describe,
    find_issuer,
    fingerprint_sha256,
    load_certificates,
    parsed,
    read_certificate_file,
)
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError, describe_unforeseen
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import MOD_MD
from ansible_collections.stapling.httpd.plugins.module_utils._lifetimes import why_not_replaced
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import ResponderError, destination
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.pool import Outcome, Question
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import (
    RequestError,
    build_request,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import subject_of, validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules, Verdict, verdict_fields
from ansible_collections.stapling.httpd.plugins.module_utils._problems import problem_fields, warning_list

if t.TYPE_CHECKING:
    from cryptography import x509

# As many as OpenSSL takes where it is asked for a nonce.
_NONCE_BYTES = 16
_LONGEST = 200


class QueryError(StaplingError):
    """A question that cannot be asked: a word of the table of problems and the details."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)


@dataclass(frozen=True)
class Query:
    """A question as it was given, and as much of it as could be made ready to be asked."""

    path: str | None
    engine: str
    certificate: x509.Certificate | None = None
    issuer: x509.Certificate | None = None
    responder: str | None = None
    nonce: bytes | None = None
    question: Question | None = None
    error: QueryError | None = None

    @property
    def about(self) -> str:
        """In short, which certificate and which responder this is about."""
        subject = (subject_of(self.certificate) if self.certificate else None) or self.path or "the certificate"
        return f"{_short(escape(self.responder))} for {_short(subject)}" if self.responder else _short(subject)


def _short(text: str) -> str:
    """Cut off a text that comes from a stranger and may be of any length."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _is_text(given: str) -> bool:
    return "-----BEGIN " in given


@lru_cache(maxsize=64)
def _load(given: str) -> list[x509.Certificate]:
    return load_certificates(given.encode("utf-8") if _is_text(given) else read_certificate_file(given))


def prepare(given: t.Mapping[str, t.Any], *, proxy_url: str | None, engine: str) -> Query:
    """Make the question ready to be asked by this engine; what prevents that becomes its error."""
    query = Query(path=None if _is_text(given["certificate"]) else given["certificate"], engine=engine)
    try:
        return _made_ready(query, given, proxy_url=proxy_url, engine=engine)
    except Exception as error:  # noqa: BLE001
        # One certificate must not end the run for all; what nobody foresaw is reported like any other problem.
        return replace(query, error=QueryError("judge_failed", describe_unforeseen(error)))


def _made_ready(query: Query, given: t.Mapping[str, t.Any], *, proxy_url: str | None, engine: str) -> Query:
    try:
        certificate, *others = _load(given["certificate"])
        query = replace(query, certificate=certificate)
        uri = given["responder"] or _first_responder(certificate)
        query = replace(query, responder=uri)
        where = destination(uri, proxy_url=proxy_url, engine=engine)
        issuer = _choose_issuer(certificate, _load(given["issuer"]) if given["issuer"] else None, others)
        nonce = os.urandom(_NONCE_BYTES) if engine == MOD_MD else None
        request = build_request(certificate=certificate, issuer=issuer, nonce=nonce)
        return replace(query, issuer=issuer, nonce=nonce, question=Question(where, request))
    except CertificateError as error:
        word = "certificate_unreadable" if query.certificate is None else "issuer_missing"
        return replace(query, error=QueryError(word, error.message))
    except (QueryError, ResponderError) as error:
        return replace(query, error=QueryError(error.code, error.message))
    except RequestError as error:
        return replace(query, error=QueryError("certificate_unreadable", str(error)))


def _first_responder(certificate: x509.Certificate) -> str:
    uris = parsed(certificate).extensions.ocsp_uris
    if not uris:
        raise QueryError("no_ocsp_uri")
    return uris[0]


def _choose_issuer(
    certificate: x509.Certificate, given: list[x509.Certificate] | None, others: list[x509.Certificate]
) -> x509.Certificate:
    issuer = find_issuer(certificate, given if given is not None else others)
    if issuer is None:
        description = describe(certificate)
        if description["self_signed"]:
            raise QueryError("issuer_missing", "it is self-signed")
        word = "issuer_missing" if given is None else "issuer_mismatch"
        raise QueryError(word, f"its issuer is {_short(str(description['issuer']))}")
    return issuer


def result_of(query: Query, outcome: Outcome | None, *, rules: Rules, identity: Identity | None) -> dict[str, t.Any]:
    """Judge what came of a question, which may be none that could be asked, and return it as the module does."""
    verdict = _verdict(query, outcome, rules)
    word, detail = _problem(query, outcome, verdict, identity)
    attempts = outcome.attempts if outcome else ()
    asked = outcome is not None and word != "not_asked"
    return {
        "certificate": query.path,
        "subject": subject_of(query.certificate) if query.certificate else None,
        "fingerprint_sha256": fingerprint_sha256(query.certificate) if query.certificate else None,
        "responder": escape(query.responder) if query.responder else None,
        "reachable": any(attempt.succeeded for attempt in attempts) if asked else None,
        "addresses_tried": [
            {"address": attempt.address, "port": attempt.port, "outcome": attempt.outcome} for attempt in attempts
        ],
        **problem_fields(word, detail, about=query.about, engine=query.engine),
        "warnings": warning_list(verdict.warnings if verdict else (), about=query.about),
        **verdict_fields(verdict),
        "elapsed": round(outcome.elapsed, 4) if outcome and asked else None,
    }


def _verdict(query: Query, outcome: Outcome | None, rules: Rules) -> Verdict | None:
    if outcome is None or outcome.answer is None or query.certificate is None or query.issuer is None:
        return None
    answer = outcome.answer.body
    try:
        return validate_response(
            answer, certificate=query.certificate, issuer=query.issuer, now=datetime.now(timezone.utc), rules=rules
        )
    except Exception as error:  # noqa: BLE001
        # One answer must not end the run for all either.
        return Verdict(size=len(answer), problem="judge_failed", detail=describe_unforeseen(error))


def _problem(
    query: Query, outcome: Outcome | None, verdict: Verdict | None, identity: Identity | None
) -> tuple[str | None, str]:
    if query.error is not None:
        return query.error.code, query.error.message
    if outcome is None or outcome.error is not None or outcome.answer is None or verdict is None:
        error = outcome.error if outcome and outcome.error else ResponderError("not_asked")
        by = f" as {identity.name}" if identity is not None and error.message and error.code != "not_asked" else ""
        return error.code, error.message + by
    if verdict.problem is None and verdict.nonce and query.nonce and query.nonce not in outcome.answer.body:
        return "nonce_mismatch", ""
    return _problem_of(query, verdict)


def _problem_of(query: Query, verdict: Verdict) -> tuple[str | None, str]:
    """Return what is wrong with a response, also if it is good now and the engine would keep it for too long."""
    if verdict.problem is None and verdict.this_update is not None:
        now = datetime.now(timezone.utc)
        found = why_not_replaced(
            query.engine, this_update=verdict.this_update, next_update=verdict.next_update, now=now
        )
        if found is not None:
            return found
    return verdict.problem, verdict.detail
