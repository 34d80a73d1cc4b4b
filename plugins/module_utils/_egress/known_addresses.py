# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of each endpoint: looked up, checked against the policy, and kept on the host for the next time."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

from .._firewall import host
from .outcome import EgressOutcome
from .policy import (
    EgressEndpoint,
    Known,
    Opening,
    Refused,
    judge_addresses,
    merge_addresses,
    opening,
    parse_addresses,
)
from .resolver import nameservers, resolve
from .settings import EgressSettings

ADDRESSES_FILE = "/var/lib/ocsp-egress/addresses.json"


def read_known() -> dict[str, Known]:
    """Return the addresses that the host has kept, by endpoint; what is damaged is left out."""
    known = {}
    for name, addresses in host.read_json(ADDRESSES_FILE).items():
        if isinstance(addresses, dict):
            good = {str(k): v for k, v in addresses.items() if v is None or isinstance(v, (int, float))}
            known[name] = Known(good)
    return known


def known_as_json(known: t.Mapping[str, Known]) -> str:
    """Return the text of the file in which the host keeps addresses."""
    plain = {name: item.addresses for name, item in known.items() if item.addresses}
    return json.dumps(plain, indent=2, sort_keys=True) + "\n"


def find_addresses(
    endpoints: t.Sequence[EgressEndpoint],
    settings: EgressSettings,
    who: host.User | None,
    outcome: EgressOutcome,
    *,
    ask: bool,
    now: float,
) -> dict[str, Known]:
    """Return the addresses of each endpoint after policy, from the DNS or, when not asking, those known last.

    An endpoint without one is added to the refused of `outcome`; where older addresses are kept, there is a warning.
    """
    known = read_known()
    names = sorted({endpoint.host for endpoint in endpoints if endpoint.address is None})
    answers = resolve(names, who=who, timeout=settings.timeout) if ask else {}
    result: dict[str, Known] = {}
    for endpoint in endpoints:
        literal = endpoint.address is not None
        raw, failure = ([endpoint.host], "") if literal else answers.get(endpoint.host, ([], ""))
        found = parse_addresses(raw)
        refusal = (
            judge_addresses(endpoint=endpoint, addresses=found, policy=settings.policy) if ask or literal else None
        )
        merged = merge_addresses(
            known=Known() if literal else known.get(endpoint.name, Known()),
            answer=found,
            policy=settings.policy,
            now=now,
            grace=settings.grace,
            accepted=refusal is None and (ask or literal),
        )
        if refusal is not None and refusal.reason == "name_not_resolved" and failure:
            refusal = _with_cause(refusal, failure, settings, who)
        if refusal is not None and merged.addresses:
            outcome.warn(refusal.reason, f"{endpoint.name}: {refusal.detail}; the addresses known before are kept")
        elif refusal is not None:
            outcome.refused.append(refusal)
        if merged.addresses:
            result[endpoint.name] = merged
    return result


def _with_cause(refusal: Refused, failure: str, settings: EgressSettings, who: host.User | None) -> Refused:
    """Return the refusal with the words of the resolver, and who asked whom."""
    servers = ", ".join(nameservers()) or "no nameserver"
    by = f" as {who.name}" if who else ""
    hint = "" if settings.open_dns else "; if the firewall blocks the way there: ocsp_egress_open_dns"
    return replace(refusal, detail=f"{refusal.detail}{by} ({failure}; asked: {servers}{hint})")


def openings_of(endpoints: t.Sequence[EgressEndpoint], known: t.Mapping[str, Known]) -> list[Opening]:
    """Return one opening for each address and port, in their order."""
    found = {
        opening(address=address, port=endpoint.port)
        for endpoint in endpoints
        for address in parse_addresses(known.get(endpoint.name, Known()).addresses)
    }
    return sorted(found)


def resolver_openings(settings: EgressSettings, outcome: EgressOutcome) -> list[Opening]:
    """Return the way to the host's name servers, where that was requested."""
    if not settings.open_dns:
        return []
    found = []
    for address in parse_addresses(nameservers()):
        if address.is_loopback:
            outcome.warn(
                "local_resolver", f"{address} is a resolver on this host; its own way out is for the site to open"
            )
            continue
        found += [opening(address=address, port=53, protocol=protocol) for protocol in ("tcp", "udp")]
    return sorted(found)
