# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Judges what a response says: its SingleResponses, their status and their dates (RFC 6960, 4.2.1).

Clients differ in which of several SingleResponses they look at, so every one has to be beyond doubt.
"""

from __future__ import annotations

from datetime import datetime

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import DerError
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._lifetimes import JAVA_GRACE
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import (
    HTTPD_HASH,
    CertificateId,
    certificate_id,
    serial_number,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.response import BasicResponse, SingleResponse
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Findings, Rules, format_time

if HAS_CRYPTOGRAPHY:
    from cryptography import x509

_SEVERITY = {"good": 0, "unknown": 1, "revoked": 2}


def find_statement(
    basic: BasicResponse,
    *,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    now: datetime,
    rules: Rules,
    findings: Findings,
) -> SingleResponse | None:
    """Return the statement about this certificate, of several the worst one, with every fault noted in findings."""
    try:
        expected = {
            name: certificate_id(certificate=certificate, issuer=issuer, hash_name=name)
            for name in {single.certificate_id.hash_name for single in basic.responses}
            if name
        }
    except DerError as error:
        findings.add("certificate_unreadable", str(error))
        return None
    matching = [single for single in basic.responses if single.certificate_id in expected.values()]
    if not matching:
        findings.add("other_certificate", _what_it_is_about(basic, certificate))
        return None
    _check_certificate_ids(basic, matching, expected, findings)
    if basic.critical_extensions:
        findings.add("critical_extension", "Firefox and Java refuse it")
    elif any(single.critical_extensions for single in basic.responses):
        findings.add("critical_extension", "in one of its statements; Go, Java and Firefox refuse it")
    for single in matching:
        _check_status(single, findings)
    for single in matching:
        _check_dates(single, now=now, rules=rules, findings=findings)
        _check_production(basic, single, findings)
    return max(matching, key=lambda single: _SEVERITY[single.certificate_status])


def _what_it_is_about(basic: BasicResponse, certificate: x509.Certificate) -> str:
    serials = [single.certificate_id.serial_number for single in basic.responses]
    if not serials:
        return "it is about no certificate at all"
    if serial_number(certificate) in serials:
        return "the serial number is right, the issuer is another one"
    # RFC 5280 allows 20 octets; a stranger may write any number of them.
    given = f"{serials[0]:x}"
    shown = given if len(given) <= 64 else given[:64] + "..."
    return f"it is about serial number {shown}, this certificate's is {serial_number(certificate):x}"


def _check_certificate_ids(
    basic: BasicResponse, matching: list[SingleResponse], expected: dict[str, CertificateId], findings: Findings
) -> None:
    """Check whom else the response speaks of, and by which hash functions."""
    hash_names = {single.certificate_id.hash_name for single in matching}
    if HTTPD_HASH not in hash_names:
        used = ", ".join(sorted(hash_names))
        findings.add("certid_algorithm", f"it names it by {used}; httpd, OpenSSL, NSS and Java look for sha1")
    if any(not _is_same_issuer(single.certificate_id, expected) for single in basic.responses):
        findings.add("foreign_statement", "OpenSSL (curl), GnuTLS and Go refuse it")
    if basic.responses[0] not in matching:
        findings.add("not_first", "GnuTLS (wget, git, curl in its GnuTLS build) reads only the first statement")


def _is_same_issuer(found: CertificateId, expected: dict[str, CertificateId]) -> bool:
    """Whether the statement is about a certificate of the same CA; one with a hash not known here may be of any."""
    own = expected.get(found.hash_name)
    return own is not None and found[1:3] == own[1:3]


def _check_status(single: SingleResponse, findings: Findings) -> None:
    if single.certificate_status == "revoked":
        when = format_time(single.revocation_time)
        findings.add("revoked", f"since {when}" + (f", {single.revocation_reason}" if single.revocation_reason else ""))
    elif single.certificate_status == "unknown":
        findings.add("unknown")


def _check_dates(single: SingleResponse, *, now: datetime, rules: Rules, findings: Findings) -> None:
    age = (now - single.this_update).total_seconds()
    if age < -rules.max_skew:
        findings.add("future", f"{_dates(single, now)}; NSS refuses it")
    if single.next_update is None:
        _check_age_alone(age, _dates(single, now), findings)
    else:
        remaining = (single.next_update - now).total_seconds()
        if remaining <= 0:
            findings.add("stale", f"nextUpdate was {format_time(single.next_update)}, now is {format_time(now)}")
        elif single.next_update <= single.this_update:
            findings.add("stale", "nextUpdate is not after thisUpdate")
        elif remaining < rules.min_validity:
            findings.add("expires_soon", f"{int(remaining)} s left, {rules.min_validity} s asked for")
    if rules.max_age and age > rules.max_age:
        findings.add("too_old", f"{_dates(single, now)}; Firefox refuses it")


def _dates(single: SingleResponse, now: datetime) -> str:
    return f"thisUpdate is {format_time(single.this_update)}, now is {format_time(now)}"


def _check_age_alone(age: float, seen: str, findings: Findings) -> None:
    """Check a response without nextUpdate, which clients take for some time all the same."""
    if age > JAVA_GRACE:
        findings.add("no_next_update", f"{seen}; Java refuses it after 15 minutes, Firefox and NSS after a day")
    else:
        findings.warn("no_next_update", f"{seen}; Java will refuse it after 15 minutes, Firefox and NSS after a day")


def _check_production(basic: BasicResponse, single: SingleResponse, findings: Findings) -> None:
    """NSS wants producedAt between thisUpdate and nextUpdate."""
    produced, until = basic.produced_at, single.next_update
    if produced < single.this_update or (until is not None and produced > until):
        span = f"thisUpdate {format_time(single.this_update)}, nextUpdate {format_time(single.next_update)}"
        findings.add("produced_outside", f"producedAt is {format_time(produced)}, {span}; NSS refuses it")
