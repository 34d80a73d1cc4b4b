# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a survey has seen, as results of hosts: each endpoint is a virtual host of its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import LiveEndpoint
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._result import build_result

UNREACHABLE: Final = "unreachable"
# Of a certificate, what a result has of it beside what a plan says.
_OF_CERTIFICATE: Final = ("subject", "issuer", "not_after", "fingerprint_sha256", "ocsp_responders", "ca_issuers")


def survey_results(
    endpoints: Sequence[LiveEndpoint],
    certificates: Sequence[Mapping[str, Any]],
    handshakes: Sequence[Mapping[str, Any]],
) -> dict[str, dict[str, Any]]:
    """Return for each address what is known of its endpoints, in the shape of the fact ocsp_stapling_result.

    `certificates` are those that certificate_ocsp_info returned for the endpoints, `handshakes` are the targets of
    stapled_response_info with the label of the endpoint as `id`. A host none of whose endpoints could be spoken to has
    the state `unreachable`.
    """
    presented = {str(certificate["endpoint"]): certificate for certificate in reversed(certificates)}
    shaken: dict[str, list[Mapping[str, Any]]] = {}
    for handshake in handshakes:
        shaken.setdefault(str(handshake["id"]), []).append(handshake)
    hosts: dict[str, list[LiveEndpoint]] = {}
    for endpoint in endpoints:
        hosts.setdefault(endpoint.address, []).append(endpoint)
    return {address: _host(own, presented, shaken) for address, own in hosts.items()}


def _host(
    endpoints: Sequence[LiveEndpoint],
    presented: Mapping[str, Mapping[str, Any]],
    shaken: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:
    seen = [(endpoint, presented.get(endpoint.label, {})) for endpoint in endpoints]
    vhosts = [_vhost(endpoint, certificate) for endpoint, certificate in seen]
    confirmed = [
        handshake
        for vhost, (_endpoint, certificate) in zip(vhosts, seen)
        for handshake in shaken.get(vhost["id"], [])
        # Nobody can blame a server for not stapling what no responder answers for.
        if vhost["action"] == "staple" or handshake.get("stapled") or certificate.get("problem")
    ]
    state, cause = _state(seen, vhosts, confirmed)
    plan = {"vhosts": vhosts, "endpoints": _endpoints(certificate for _endpoint, certificate in seen)}
    result = build_result(plan, state="nothing_to_do", changed=False, confirmed=confirmed)
    result.update(state=state, cause=cause)
    for vhost, (_endpoint, certificate) in zip(result["vhosts"], seen):
        vhost.update({key: certificate.get(key) for key in _OF_CERTIFICATE})
    return result


def _vhost(endpoint: LiveEndpoint, certificate: Mapping[str, Any]) -> dict[str, Any]:
    reason, detail = _reason(certificate)
    return {
        "id": endpoint.label,
        "names": [endpoint.server_name or endpoint.address],
        "action": "staple" if reason == words.OK else "leave",
        "reason": reason,
        "detail": detail,
        "must_staple": bool(certificate.get("must_staple")),
    }


def _reason(certificate: Mapping[str, Any]) -> tuple[str, str]:
    """Return why an endpoint could be stapled, or could not."""
    problem = certificate.get("problem", "no_certificate")
    if problem:
        return str(problem), str(certificate.get("problem_message") or "No certificate was seen.")
    if certificate.get("self_signed"):
        return words.SELF_SIGNED, words.WORDS[words.SELF_SIGNED].sentence
    uris = certificate.get("ocsp_responders") or []
    if not uris:
        return words.NO_OCSP_URI, words.WORDS[words.NO_OCSP_URI].sentence
    # mod_ssl takes the first responder, and only if it is http://.
    if not str(uris[0]).startswith("http://"):
        return words.RESPONDER_NOT_HTTP, f"The first responder is {uris[0]}."
    return words.OK, words.WORDS[words.OK].sentence


def _state(
    seen: Sequence[tuple[LiveEndpoint, Mapping[str, Any]]],
    vhosts: Sequence[Mapping[str, Any]],
    confirmed: Sequence[Mapping[str, Any]],
) -> tuple[str, str | None]:
    """Return the state of a host and, where nothing could be spoken to, why."""
    if all(certificate.get("problem", "no_certificate") for _endpoint, certificate in seen):
        return UNREACHABLE, str(vhosts[0]["detail"])
    if any(handshake.get("stapled") for handshake in confirmed):
        return "enabled", None
    return ("disabled" if any(vhost["action"] == "staple" for vhost in vhosts) else "nothing_to_do"), None


def _endpoints(certificates: Any) -> list[dict[str, Any]]:
    """Return every responder once, with the certificates that name it."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for certificate in certificates:
        for responder in certificate.get("ocsp_endpoints") or []:
            if responder.get("problem") is None:
                place = (str(responder["host"]), int(responder["port"]))
                row = found.setdefault(
                    place, {"host": place[0], "port": place[1], "scheme": responder["scheme"], "needed_by": []}
                )
                if certificate["fingerprint_sha256"] not in row["needed_by"]:
                    row["needed_by"].append(certificate["fingerprint_sha256"])
    return list(found.values())
