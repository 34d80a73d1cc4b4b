# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IP addresses that came from a certificate or from the DNS: which of them nobody may be led to.

The plan and the firewall ask the same functions, so that an address is forbidden in both or in neither. Standard
library only and no Ansible: the file is also copied to hosts as a part of a program.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ._errors import StaplingError

IPAddress = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
IPNetwork = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

# The host itself, its link with the metadata services on it, and destinations that are not one single host.
FORBIDDEN_NETWORKS = (
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "::1/128",
    "fe80::/10",
    "fd00:ec2::254/128",
    "ff00::/8",
)

# Names that mean this machine wherever they are looked up (RFC 6761, and what distributions write into /etc/hosts).
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "localhost6"})
_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))

# Prefixes behind which the last 32 bits are an IPv4 address: compatible (RFC 4291), translated (RFC 2765), NAT64
# (RFC 6052) and NAT64 of a site (RFC 8215).
_IPV4_AT_THE_END = tuple(
    ipaddress.IPv6Network(prefix) for prefix in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)


class AddressError(StaplingError):
    """Text that should be a network and is not one."""


def parse_networks(texts: t.Sequence[str]) -> tuple[IPNetwork, ...]:
    """Return the networks that `texts` name; raise AddressError for the first that is none.

    Bits behind the prefix are an error: 10.0.0.1/8 may have been meant as 10.0.0.1/32.
    """
    networks: list[IPNetwork] = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(text))
        except ValueError as error:
            raise AddressError("bad_network", f"{_printable(text)} is not a network: {_printable(error)}") from error
    return tuple(networks)


def _printable(value: object) -> str:
    text = "".join(c if c.isprintable() and c.isascii() else "?" for c in str(value)[:120])
    return text if len(str(value)) <= 120 else text + "..."


def unmapped(address: IPAddress) -> IPAddress:
    """Return the IPv4 address of an IPv4-mapped one, and any other address as it is.

    The kernel sends packets for a mapped address by IPv4. What the ipaddress module answers about one (is_loopback,
    its text) differs between Python 3.12 and 3.13.
    """
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped


def canonical(address: IPAddress) -> str:
    """Return the text of an address, the same on every Python: `::ffff:192.0.2.1` for a mapped one (RFC 5952)."""
    plain = unmapped(address)
    return str(address) if plain is address else f"::ffff:{plain}"


def embedded_addresses(address: IPAddress) -> list[ipaddress.IPv4Address]:
    """Return every IPv4 address that a kernel, a tunnel or a gateway may make of an IPv6 address."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    # :: and ::1 are addresses of their own kind, not 0.0.0.0 and 0.0.0.1.
    if int(address) > 1 and any(address in prefix for prefix in _IPV4_AT_THE_END):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [item for item in found if item is not None]


def forbidden_network(address: IPAddress, networks: t.Sequence[IPNetwork]) -> IPNetwork | None:
    """Return the first of `networks` that the address, or an IPv4 address inside it, belongs to; else None."""
    for candidate in (address, *embedded_addresses(address)):
        for network in networks:
            if candidate.version == network.version and candidate in network:
                return network
    return None


def forbidden_host(host: str, networks: t.Sequence[IPNetwork]) -> IPNetwork | None:
    """Return the network that forbids a host before any name is looked up; None where there is none.

    That can be told of an address and of a name that always means this machine, such as localhost.
    """
    if host in _LOCAL_NAMES or host.endswith(".localhost"):
        found = (forbidden_network(address, networks) for address in _LOOPBACK)
        return next((network for network in found if network is not None), None)
    try:
        return forbidden_network(ipaddress.ip_address(host), networks)
    except ValueError:
        return None
