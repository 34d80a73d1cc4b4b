# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of the OCSP relay, from what a user or a certificate says to what may stand in the relay's files.

Host names reach an extended regular expression and a configuration file that knows no quoting. So nothing is passed on:
each value is parsed, and what leaves here was written by this module from a name, an address and a number.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._addresses import unmapped
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import EndpointError, escape, parse_ocsp_uri
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

_HOST_AND_PORT = re.compile(r"[A-Za-z0-9._-]+(?::[0-9]+)?\Z|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?\Z")
_WITH_PORT = re.compile(r".*:[0-9]+\Z")


class ProxyError(StaplingError):
    """A setting that cannot be used; the message is one sentence for the user."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_setting", message)


@dataclass(frozen=True)
class HostAndPort:
    """A host and a port; the host is canonical: lower case, without brackets or a trailing dot."""

    host: str
    port: int
    is_ip: bool

    @property
    def authority(self) -> str:
        """Return C(HOST:PORT), with brackets around an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is an address of this host that others cannot reach."""
        return self.is_ip and unmapped(ipaddress.ip_address(self.host)).is_loopback

    @property
    def is_wildcard(self) -> bool:
        """Tell whether it stands for every address of this host."""
        return self.is_ip and unmapped(ipaddress.ip_address(self.host)).is_unspecified


@dataclass(frozen=True)
class RelaySettings:
    """What the templates need. Every string is safe in the file that it goes into."""

    listen: HostAndPort
    upstream: HostAndPort | None
    allowed: tuple[HostAndPort, ...]
    allow: tuple[str, ...]
    exempt: tuple[str, ...] = ()

    @property
    def destinations(self) -> tuple[HostAndPort, ...]:
        """Return where the relay itself has to get to. A next proxy on the same host needs no way out of it."""
        if self.upstream is None:
            return self.allowed
        return () if self.upstream.is_loopback or self.upstream.host == "localhost" else (self.upstream,)

    @property
    def reachable_at(self) -> HostAndPort:
        """Return where a client on the same host finds the relay."""
        if not self.listen.is_wildcard:
            return self.listen
        return HostAndPort("::1" if ":" in self.listen.host else "127.0.0.1", self.listen.port, True)

    def as_dict(self) -> dict[str, t.Any]:
        """Return what the filter returns."""
        return {
            "address": self.listen.host,
            "port": self.listen.port,
            "url": f"http://{self.reachable_at.authority}",
            "upstream": self.upstream.authority if self.upstream else "",
            "patterns": sorted({filter_pattern(address) for address in self.allowed}),
            "allow": list(self.allow),
            "exempt": list(self.exempt),
            "destinations": [{"host": address.host, "port": address.port} for address in self.destinations],
        }


def shown(value: object) -> str:
    """Return a hostile value as one short, printable word in quotes."""
    text = str(value)
    return f"'{escape(text[:64])}{'...' if len(text) > 64 else ''}'"


def parse_address(value: object, *, default_port: int | None = None) -> HostAndPort:
    """Return the address that HOST:PORT or [IPv6]:PORT names; the port may be left out where there is a default."""
    text = str(value)
    example = "ocsp.example.com:80" if default_port else "192.0.2.1:8888 or [2001:db8::1]:8888"
    if not isinstance(value, str) or not _HOST_AND_PORT.match(text):
        raise ProxyError(f"{shown(value)} is not a host and port such as {example}")
    if default_port is None and not _WITH_PORT.match(text):
        raise ProxyError(f"{shown(value)} has no port: write it as {example}")
    try:
        endpoint = parse_ocsp_uri(f"http://{text}")
    except EndpointError as error:
        raise ProxyError(f"{shown(value)} cannot be used: {error.message}") from error
    return HostAndPort(host=endpoint.host, port=endpoint.port, is_ip=endpoint.is_address)


def parse_network(value: object) -> str:
    """Return an address or a network in its canonical form; bits behind the prefix are refused as a mistake."""
    if not isinstance(value, str) or "%" in value:
        raise ProxyError(f"{shown(value)} is not an IP address or network")
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        raise ProxyError(f"{shown(value)} is not an IP address or a network such as 192.0.2.0/24") from None
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def filter_pattern(address: HostAndPort) -> str:
    """Return the extended regular expression that matches the URLs of one responder and no other.

    The relay compares it with the whole URL, in which the host ends at the first slash or the end of the line. A
    question mark or an @ must not count as an end: the relay would go to the host behind it.
    """
    host = re.escape(f"[{address.host}]" if ":" in address.host else address.host)
    # re.escape knows Python's expressions; "-" and ":" are plain characters in POSIX, and \- and \: undefined.
    host = host.replace("\\-", "-").replace("\\:", ":")
    dot = "" if address.is_ip else r"\.?"
    port = "(:80)?" if address.port == 80 else f":{address.port}"
    return f"^http://{host}{dot}{port}(/|$)"


def settings(
    *,
    listen: object,
    upstream: object,
    allowed_hosts: t.Sequence[object],
    clients: t.Sequence[object],
    transparent: bool = False,
    exempt_networks: t.Sequence[object] = (),
) -> RelaySettings:
    """Return all settings, or raise a ProxyError that names the variable and the value."""
    listen_address = _named("ocsp_proxy_listen", parse_address, listen)
    if not listen_address.is_ip:
        raise ProxyError(f"ocsp_proxy_listen: {shown(listen)} is not an IP address with a port, such as 127.0.0.1:8888")
    if transparent and (not listen_address.is_loopback or ":" in listen_address.host):
        raise ProxyError(
            f"ocsp_proxy_listen: {shown(listen)} is no IPv4 loopback address, "
            "and the transparent mode can redirect to no other"
        )
    upstream_address = _upstream(upstream, listen_address)
    allowed = {_named("ocsp_proxy_allowed_hosts", _allowed_host, value) for value in allowed_hosts}
    if not allowed:
        raise ProxyError("ocsp_proxy_allowed_hosts is empty: the relay would refuse every request")
    return RelaySettings(
        listen=listen_address,
        upstream=upstream_address,
        allowed=tuple(sorted(allowed, key=lambda address: address.authority)),
        allow=_allow(listen_address, clients, transparent=transparent),
        exempt=tuple(sorted({_named("ocsp_proxy_exempt_networks", parse_network, value) for value in exempt_networks})),
    )


def _allow(listen: HostAndPort, clients: t.Sequence[object], *, transparent: bool) -> tuple[str, ...]:
    """Return who may use the relay; empty for whoever reaches it."""
    networks = sorted({_named("ocsp_proxy_clients", parse_network, value) for value in clients})
    if not networks and not listen.is_loopback:
        raise ProxyError(
            f"ocsp_proxy_listen is {shown(listen.authority)}, which other hosts can reach: "
            "say in ocsp_proxy_clients which may use it"
        )
    if transparent:
        # A redirected request keeps the address of the interface by which it would have left, and that may change.
        return ()
    own = ["127.0.0.1", "::1", *([] if listen.is_wildcard else [listen.host])]
    return tuple(dict.fromkeys(own + networks))


_T = t.TypeVar("_T")


def _named(name: str, parse: t.Callable[[object], _T], value: object) -> _T:
    try:
        return parse(value)
    except ProxyError as error:
        raise ProxyError(f"{name}: {error.message}") from error


def _allowed_host(value: object) -> HostAndPort:
    return parse_address(value, default_port=80)


def _upstream(value: object, listen: HostAndPort) -> HostAndPort | None:
    if value == "":
        return None
    upstream = _named("ocsp_proxy_upstream", parse_address, value)
    if ":" in upstream.host:
        raise ProxyError(
            f"ocsp_proxy_upstream: {shown(value)} is an IPv6 address, which tinyproxy cannot take: use a name"
        )
    if upstream == listen or (upstream.port == listen.port and upstream.is_loopback and listen.is_wildcard):
        raise ProxyError(f"ocsp_proxy_upstream: {shown(value)} is the relay itself")
    return upstream
