# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line by which a proxy passes on who its client is, before anything else that it sends.

Version 1 of https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt, section 2.1.
"""

from __future__ import annotations

import ipaddress
import typing as t

End = tuple[str, int]


def proxy_line(source: End, destination: End) -> bytes:
    """Return the line for a connection that a proxy would pass on unchanged."""
    family = "TCP6" if ":" in destination[0] else "TCP4"
    return f"PROXY {family} {source[0]} {destination[0]} {source[1]} {destination[1]}\r\n".encode("ascii")


def is_exception(source: str, exceptions: t.Iterable[str]) -> bool:
    """Tell whether a client at this address sends no line. Names among the exceptions are passed over."""
    address = ipaddress.ip_address(source.partition("%")[0])
    return any(network is not None and address in network for network in map(_network, exceptions))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
