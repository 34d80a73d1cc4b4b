# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The responders of report.html: a table, and the text that goes to those who run the perimeter firewall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_text import heads, text


class Responder(NamedTuple):
    """A responder: where it is, and what needs it."""

    host: str
    port: int
    addresses: Sequence[str]
    hosts: frozenset[str]
    certificates: frozenset[str]


def responders_of(document: Mapping[str, Any]) -> list[Responder]:
    """Return the responders of all hosts, those that most certificates need first."""
    found: dict[tuple[str, int], tuple[set[str], set[str], set[str]]] = {}
    for host in document["hosts"].values():
        for endpoint in host["endpoints"]:
            addresses, hosts, certificates = found.setdefault(
                (endpoint["host"], endpoint["port"]), (set(), set(), set())
            )
            addresses.update(map(str, endpoint.get("addresses", [])))
            hosts.add(host["host"])
            certificates.update(map(str, endpoint.get("needed_by", [])))
    made = [
        Responder(*place, sorted(addresses), frozenset(hosts), frozenset(certificates))
        for place, (addresses, hosts, certificates) in found.items()
    ]
    return sorted(made, key=lambda responder: (-len(responder.certificates), responder.host, responder.port))


def responders_part(responders: Sequence[Responder]) -> Iterator[str]:
    """Yield the table of responders, and the request to the firewall team."""
    if not responders:
        return
    yield '<h2 id="responders">Responders</h2>'
    yield '<div class="wide" tabindex="0" role="region" aria-label="Responders"><table>'
    yield "<caption>What the perimeter firewall must let out; egress.csv names hosts and certificates.</caption>"
    yield "<thead><tr>" + heads("Responder", "Port", "Addresses", "Hosts", "Certificates") + "</tr></thead>\n<tbody>"
    for index, responder in enumerate(responders):
        addresses = " ".join(responder.addresses) or None
        cells = (responder.host, responder.port, addresses, len(responder.hosts), len(responder.certificates))
        yield f'<tr id="responder-{index}">' + "".join(f"<td>{text(cell)}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table></div>"
    yield "<details><summary>For the firewall team</summary>"
    yield (
        '<pre tabindex="0" data-copy="Copy for the firewall team">' + text_for_firewall(responders) + "</pre></details>"
    )


def text_for_firewall(responders: Sequence[Responder]) -> str:
    """Return the request: what it is for, and a line for each responder."""
    lines = [
        "Please allow these outbound connections from our web servers to OCSP responders (HTTP over TCP).",
        "Addresses change: where the firewall can, allow the name.",
    ]
    for responder in responders:
        now = f" (now {' '.join(responder.addresses)})" if responder.addresses else ""
        count = len(responder.hosts)
        lines.append(f"tcp {responder.host} port {responder.port}{now}, from {count} host{'' if count == 1 else 's'}")
    return "\n".join(text(line) for line in lines)
