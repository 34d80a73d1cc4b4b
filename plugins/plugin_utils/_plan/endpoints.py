# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which responders httpd may be told to ask, and the endpoints that have to be reachable for that."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import Endpoint, EndpointError, parse_ocsp_uri
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Network

Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

# Names that mean this machine wherever they are looked up (RFC 6761, and what distributions write into /etc/hosts).
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "localhost6"})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def usable(uri: str, *, engine: str) -> Endpoint | None:
    """The endpoint, if this engine can ask a responder at this URI.

    mod_ssl compares the scheme letter by letter with "http": even HTTP:// is not one to it. mod_md has a whole HTTP
    client at hand.
    """
    try:
        endpoint = parse_ocsp_uri(uri)
    except EndpointError:
        return None
    if engine == words.MOD_SSL:
        return endpoint if uri.startswith("http://") else None
    return endpoint if endpoint.scheme in ("http", "https") else None


def forbidden(host: str, networks: t.Sequence[Network]) -> Network | str | None:
    """The network (or the name) that forbids this host, or None. Only literals can be judged here; names are
    looked up by those who open the path."""
    if host in _LOCAL_NAMES or host.endswith(".localhost"):
        return host if networks else None
    try:
        address: Address = ipaddress.ip_address(host)
    except ValueError:
        return None
    for candidate in _meanings(address):
        for network in networks:
            if candidate.version == network.version and candidate in network:
                return network
    return None


def _meanings(address: Address) -> list[Address]:
    """An IPv6 address may be an IPv4 one in disguise."""
    meanings = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            meanings.append(address.ipv4_mapped)
        if address.sixtofour is not None:
            meanings.append(address.sixtofour)
        if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
            meanings.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return meanings


class EndpointTable:
    """Every endpoint once, with those who need it, in the order in which they were first named."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], dict[str, t.Any]] = {}

    def add(self, endpoint: Endpoint, *, fingerprint: str | None, vhost: str) -> None:
        row = self._rows.setdefault(
            (endpoint.host, endpoint.port),
            {"host": endpoint.host, "port": endpoint.port, "scheme": endpoint.scheme, "needed_by": {}, "vhosts": {}},
        )
        if fingerprint is not None:
            row["needed_by"][fingerprint] = True
        row["vhosts"][vhost] = True

    def rows(self) -> list[dict[str, t.Any]]:
        return [
            {**row, "needed_by": list(row["needed_by"]), "vhosts": list(row["vhosts"])} for row in self._rows.values()
        ]
