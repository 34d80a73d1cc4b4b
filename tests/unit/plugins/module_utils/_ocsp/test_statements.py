# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.response import BasicResponse, parse_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.statements import find_statement
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Findings, Rules
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

PKI = authority.pki()


def basic(*singles: bytes, **options: float) -> BasicResponse:
    signer = answers.Signer(PKI.issuer.key, PKI.issuer.certificate)
    found = parse_response(answers.response(*singles, signer=signer, **options)).basic
    assert found is not None
    return found


def own(**options: object) -> bytes:
    return answers.single(PKI.leaf.certificate, PKI.issuer.certificate, **options)


def findings(response: BasicResponse, *, now: datetime.datetime | None = None, **rules: object) -> Findings:
    found = Findings(rules.pop("accepted", frozenset()))
    find_statement(
        response,
        certificate=PKI.leaf.certificate,
        issuer=PKI.issuer.certificate,
        now=now or authority.now(),
        rules=Rules(**rules),
        findings=found,
    )
    return found


def test_every_statement_about_the_certificate_is_checked() -> None:
    """Whichever of the two is wrong, a client may pick it."""
    for wrong, word in (
        (own(next_update=-1), "stale"),
        (own(this_update=60), "future"),
        (own(this_update=-11 * 86400), "too_old"),
        (own(status="unknown"), "unknown"),
        (own(critical=True), "critical_extension"),
        (own(next_update=None), "no_next_update"),
    ):
        assert findings(basic(own(), wrong)).problem == word
        assert findings(basic(wrong, own())).problem == word


def test_an_old_response_that_is_out_of_date_is_called_that() -> None:
    assert findings(basic(own(this_update=-20 * 86400, next_update=-86400))).problem == "stale"
    assert findings(basic(own(this_update=-20 * 86400))).problem == "too_old"


def test_the_worst_statement_is_returned() -> None:
    statement = find_statement(
        basic(own(), own(status="revoked")),
        certificate=PKI.leaf.certificate,
        issuer=PKI.issuer.certificate,
        now=authority.now(),
        rules=Rules(),
        findings=Findings(),
    )
    assert statement is not None
    assert statement.certificate_status == "revoked"


def test_a_hash_that_is_not_known_may_be_of_any_issuer() -> None:
    known = answers.algorithm(answers.HASH_OIDS["sha1"], b"\x05\x00")
    identifier = answers.certificate_id(PKI.leaf.certificate, PKI.issuer.certificate)
    unknown = answers.sequence(identifier[2:].replace(known, answers.algorithm("2a0304")))
    assert findings(basic(own(), own(identifier=unknown))).problem == "foreign_statement"


def test_details_are_bounded() -> None:
    """A stranger may write a serial number of any length."""
    identifier = answers.certificate_id(PKI.leaf.certificate, PKI.issuer.certificate)
    serial = answers.integer(PKI.leaf.certificate.serial_number)
    long = answers.sequence(identifier[2:].replace(serial, answers.tlv(0x02, b"\x01" * 100_000)))
    found = findings(basic(own(identifier=long)))
    assert found.problem == "other_certificate"
    assert len(found.detail) < 300


def test_an_accepted_problem_is_a_warning() -> None:
    response = basic(own(next_update=None), produced=0)
    found = findings(response, accepted=frozenset({"no_next_update"}))
    assert (found.problem, [word for word, _detail in found.warnings]) == (None, ["no_next_update"])


def test_the_future_begins_after_what_a_clock_may_be_off() -> None:
    response = basic(own(this_update=5), produced=5)
    assert findings(response).problem is None
    assert findings(response, now=authority.now() - datetime.timedelta(seconds=10)).problem == "future"
    assert findings(response, max_skew=0).problem == "future"
