# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a certificate: whether it can be stapled, and what httpd would do with it if stapling were on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._addresses import forbidden_host
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import Endpoint, escape
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.endpoints import read_responder, usable
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Certificate, Responder
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Policy, parse_time


@dataclass(frozen=True)
class Verdict:
    """Whether a certificate can be stapled, and what httpd would do for it with stapling on.

    `harmful`: clients would be locked out, or httpd would connect to where it must not. `fetches`: httpd would ask a
    responder for it, one of those in `asked`.
    """

    reason: str
    detail: str
    harmful: bool = False
    fetches: bool = False
    asked: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


def judge(certificate: Certificate, *, policy: Policy, force_url: str | None) -> Verdict:
    """Return the verdict on a certificate; `force_url` is the SSLStaplingForceURL in effect where it is used."""
    where = f"the certificate {escape(certificate.path) or certificate.fingerprint}"
    if certificate.problem is not None:
        return Verdict(
            words.CERTIFICATE_UNREADABLE,
            f"{where} could not be read ({certificate.problem_message or certificate.problem}), so nobody can tell "
            "what stapling would do to its clients; make it readable as a PEM file",
            harmful=True,
            fetches=True,
        )
    asked = (read_responder(force_url),) if force_url else possibly_first(certificate.responders)
    if not asked and not certificate.self_signed:
        return Verdict(
            words.NO_OCSP_URI, f"{where} names no OCSP responder, so there is nothing to staple and nothing to do"
        )
    endpoints: list[Endpoint] = []
    for responder in asked:
        named = f"{'SSLStaplingForceURL' if force_url else where} names {responder.uri[:200]} as its responder"
        endpoint = usable(responder, engine=policy.engine)
        if endpoint is None:
            return _not_usable(named, responder, policy)
        network = forbidden_host(endpoint.host, policy.forbidden_networks)
        if network is not None:
            return Verdict(
                words.DESTINATION_FORBIDDEN,
                f"{named}, which is forbidden ({network}); have the certificate replaced",
                harmful=True,
                fetches=True,
            )
        endpoints.append(endpoint)
    if certificate.self_signed:
        return Verdict(words.SELF_SIGNED, f"{where} is self-signed, so there is no authority that could vouch for it")
    if not certificate.issuer_available:
        return Verdict(
            words.ISSUER_MISSING,
            f"{where} comes without its issuer's certificate; append it to that file, or correct the "
            "SSLCertificateChainFile of this virtual host, which takes precedence",
        )
    reason, statement = _validity(certificate, policy)
    return Verdict(
        reason,
        f"{where} {statement}",
        fetches=True,
        asked=tuple(responder.uri for responder in asked),
        endpoints=tuple(endpoints),
    )


def possibly_first(responders: Sequence[Responder]) -> tuple[Responder, ...]:
    """Return the responders that httpd may take for the first one, which is the only one that it asks.

    OpenSSL, while it collects the URIs of a certificate, sorts those that it has whenever it adds another; so of three
    or more the first is the least of all but the last. That is how versions up to 3.0 do it at least; a version that
    does not sort takes the first as it stands. Who writes the certificate must not gain by that: all have to be good.
    """
    unique = list(dict.fromkeys(responders))
    if len(unique) < 3:
        return tuple(unique[:1])
    return tuple(dict.fromkeys((unique[0], min(unique[:-1], key=lambda responder: responder.uri))))


def _not_usable(named: str, responder: Responder, policy: Policy) -> Verdict:
    """Return the verdict on a responder that this engine cannot ask."""
    if responder.endpoint is not None and responder.renamed:
        return Verdict(
            words.RESPONDER_NOT_HTTP,
            f"{named}, whose host is not written in ASCII: httpd looks it up as it stands, not as "
            f"{responder.endpoint.host}, and does not find it; have the certificate reissued with that name",
            fetches=True,
        )
    if policy.engine == words.MOD_MD:
        return Verdict(
            words.RESPONDER_NOT_HTTP,
            f"{named}, and mod_md can ask http:// and https:// only; it stays without a staple",
        )
    return Verdict(
        words.RESPONDER_NOT_HTTP,
        f"{named}; mod_ssl can ask http:// only, and would refuse every client that asks for a staple: "
        "get a certificate whose OCSP URI is http://",
        harmful=True,
    )


def _validity(certificate: Certificate, policy: Policy) -> tuple[str, str]:
    expired, early = certificate.expired, certificate.not_yet_valid
    if policy.now is not None and certificate.not_after is not None:
        expired = parse_time(certificate.not_after) < policy.now
    if policy.now is not None and certificate.not_before is not None:
        early = parse_time(certificate.not_before) > policy.now
    if expired:
        return words.EXPIRED, f"has expired ({certificate.not_after}); renew it"
    if early:
        return words.NOT_YET_VALID, f"is not valid before {certificate.not_before}; serve another one until then"
    return words.OK, "can be stapled"
