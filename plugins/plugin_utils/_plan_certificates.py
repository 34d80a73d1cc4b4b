# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said about one certificate: can it be stapled, and what would httpd do with it if stapling were on?"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import Endpoint, escape
from ansible_collections.stapling.httpd.plugins.plugin_utils import _plan_words as words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan_endpoints import forbidden, usable
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan_info import Certificate
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan_policy import Policy, parse_time


@dataclass(frozen=True)
class Verdict:
    """harmful: with stapling on, clients would be locked out or httpd would connect to where it must not.
    fetches: with stapling on, httpd would ask a responder for it.
    """

    reason: str
    detail: str
    harmful: bool
    fetches: bool
    responder: str | None
    endpoint: Endpoint | None


def judge(certificate: Certificate, *, policy: Policy, force_url: str | None) -> Verdict:
    """The verdict on a certificate; force_url is the SSLStaplingForceURL in effect where it is used."""
    where = f"the certificate {escape(certificate.path) or certificate.fingerprint}"
    if certificate.problem is not None:
        problem = certificate.problem_message or certificate.problem
        return _verdict(
            words.CERTIFICATE_UNREADABLE,
            f"{where} could not be looked at ({problem}), so nobody can tell what stapling would do to its clients; "
            "make it readable as a PEM file",
            harmful=True,
            fetches=True,
        )
    responder = force_url or next(iter(certificate.responders), None)
    if responder is None:
        if certificate.self_signed:
            return _verdict(
                words.SELF_SIGNED, f"{where} is self-signed, so there is no authority that could vouch for it"
            )
        return _verdict(
            words.NO_OCSP_URI, f"{where} names no OCSP responder, so there is nothing to staple and nothing to do"
        )
    named = f"{'SSLStaplingForceURL' if force_url else where} names {escape(responder)[:200]}"
    endpoint = usable(responder, engine=policy.engine)
    if endpoint is None:
        return _verdict(
            words.RESPONDER_NOT_HTTP,
            f"{named} as its responder; httpd can ask http:// only, and mod_ssl would refuse every client that "
            "asks for "
            "a staple: get a certificate whose first OCSP URI is http://",
            harmful=policy.engine == words.MOD_SSL,
        )
    network = forbidden(endpoint.host, policy.forbidden_networks)
    if network is not None:
        return _verdict(
            words.DESTINATION_FORBIDDEN,
            f"{named} as its responder, which is forbidden ({network}); have the certificate replaced",
            harmful=True,
            fetches=True,
        )
    if certificate.self_signed:
        return _verdict(words.SELF_SIGNED, f"{where} is self-signed, so there is no authority that could vouch for it")
    if not certificate.issuer_available:
        return _verdict(
            words.ISSUER_MISSING,
            f"{where} comes without its issuer's certificate; append it to that file, or correct the "
            "SSLCertificateChainFile of this virtual host, which takes precedence",
        )
    if _expired(certificate, policy):
        return _verdict(
            words.EXPIRED,
            f"{where} has expired{f' on {certificate.not_after}' if certificate.not_after else ''}; renew it",
            fetches=True,
            responder=responder,
            endpoint=endpoint,
        )
    return _verdict(words.OK, f"{where} can be stapled", fetches=True, responder=responder, endpoint=endpoint)


def _verdict(
    reason: str,
    detail: str,
    *,
    harmful: bool = False,
    fetches: bool = False,
    responder: str | None = None,
    endpoint: Endpoint | None = None,
) -> Verdict:
    return Verdict(
        reason=reason, detail=detail, harmful=harmful, fetches=fetches, responder=responder, endpoint=endpoint
    )


def _expired(certificate: Certificate, policy: Policy) -> bool:
    if policy.now is None or certificate.not_after is None:
        return certificate.expired
    return parse_time(certificate.not_after) < policy.now
