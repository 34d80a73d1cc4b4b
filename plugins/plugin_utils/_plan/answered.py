# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the responders have answered: one that is no good costs its own virtual hosts, and no others."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.certificates import Verdict
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Certificate, InfoError
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Policy
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.wishes import Wish

Entries = Sequence[Mapping[str, t.Any]]


class Answers:
    """The responses of ocsp_response_info, and the endpoints to which ocsp_egress has opened no path."""

    def __init__(self, responses: t.Any, closed: t.Any) -> None:
        self.responses = _entries(responses, "the responses of ocsp_response_info")
        self._closed = {
            (str(entry.get("host")), str(entry.get("port"))): f"{escape(str(entry.get('host')))}: {entry.get('detail')}"
            for entry in _entries(closed, "the refused endpoints of ocsp_egress")
        }
        self._bad = [entry for entry in self.responses if not entry.get("acceptable")]

    def applied(self, wishes: Sequence[Wish], *, policy: Policy, notes: Notes) -> list[Wish]:
        """Return the wishes in the knowledge of the answers, and refuse the host where they leave no other way."""
        result = [self._applied(wish, policy=policy, notes=notes) for wish in wishes]
        # What belongs to no virtual host: the proxy before all responders, or what others need.
        met = {(endpoint.host, str(endpoint.port)) for wish in wishes for endpoint in _endpoints(wish)}
        strange = [detail for place, detail in self._closed.items() if place not in met]
        certificates = [certificate for wish in wishes for certificate, _verdict in wish.stapled]
        strange += [_complaint(bad) for bad in self._bad if not any(_is_about(bad, known) for known in certificates)]
        for detail in strange:
            notes.refuse(words.RESPONDER_UNFIT, detail)
        before, after = ([wish for wish in some if wish.staple] for some in (wishes, result))
        if before and not after:
            for wish in result:
                if wish.reason == words.RESPONDER_UNFIT:
                    notes.refuse(words.RESPONDER_UNFIT, wish.detail, vhost=wish.vhost.id)
        return result

    def _applied(self, wish: Wish, *, policy: Policy, notes: Notes) -> Wish:
        faults = {id(certificate): self._fault(certificate, verdict) for certificate, verdict in wish.stapled}
        texts = list(dict.fromkeys(fault for fault in faults.values() if fault is not None))
        if not wish.staple or not texts:
            return wish
        vhost, text = wish.vhost, " ".join(texts)
        if vhost.enabled:
            notes.warn(
                words.RESPONDER_UNFIT, f"{vhost.label} is stapled already and stays so, but: {text}", vhost=vhost.id
            )
            return wish
        if wish.needs_staple and not policy.force:
            notes.refuse(
                words.MUST_STAPLE,
                f"{vhost.label} has a certificate that obliges clients to insist on a staple: {text}",
                vhost=vhost.id,
            )
        return replace(
            wish,
            reason=words.RESPONDER_UNFIT,
            detail=f"{vhost.label}: {text} It is not switched on; enable stapling again once that is mended, or name "
            "it in ocsp_stapling_exclude",
            judged=tuple(
                _spoilt(certificate, verdict, faults.get(id(certificate))) for certificate, verdict in wish.judged
            ),
        )

    def _fault(self, certificate: Certificate, verdict: Verdict) -> str | None:
        for endpoint in verdict.endpoints:
            detail = self._closed.get((endpoint.host, str(endpoint.port)))
            if detail is not None:
                return detail if detail.endswith(".") else f"{detail}."
        return next((_complaint(bad) for bad in self._bad if _is_about(bad, certificate)), None)


def _spoilt(certificate: Certificate, verdict: Verdict, fault: str | None) -> tuple[Certificate, Verdict]:
    """Return the certificate with what it does to its clients with stapling on: httpd hands most bad answers on."""
    if fault is None:
        return certificate, verdict
    return certificate, Verdict(words.RESPONDER_UNFIT, fault, harmful=True, fetches=True)


def _endpoints(wish: Wish) -> list[t.Any]:
    return [endpoint for _certificate, verdict in wish.judged for endpoint in verdict.endpoints]


def _is_about(entry: Mapping[str, t.Any], certificate: Certificate) -> bool:
    fingerprint = entry.get("fingerprint_sha256")
    return (
        entry.get("certificate") == certificate.path if fingerprint is None else fingerprint == certificate.fingerprint
    )


def _complaint(entry: Mapping[str, t.Any]) -> str:
    return " ".join(str(entry[key]) for key in ("message", "hint") if entry.get(key)) or "The responder is no good."


def _entries(value: t.Any, what: str) -> Entries:
    if value is None:
        return ()
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise InfoError(f"the answers are not {what}: they are no list")
    return [entry for entry in value if isinstance(entry, Mapping)]
