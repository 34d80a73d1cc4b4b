# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that this host holds now, as the kernel says: floating addresses come and go.

Binding to an address would not tell: where net.ipv4.ip_nonlocal_bind is set, as beside keepalived, that always works.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

_FIB_TRIE = Path("/proc/net/fib_trie")
_IF_INET6 = Path("/proc/net/if_inet6")
_LOCAL = re.compile(r"\|-- ([0-9.]+)\n +/32 host LOCAL")


def held_addresses(
    fib_trie: Path = _FIB_TRIE, if_inet6: Path = _IF_INET6
) -> frozenset[ipaddress.IPv4Address | ipaddress.IPv6Address] | None:
    """Return the addresses of all interfaces, or None where the kernel does not say."""
    try:
        held: set[ipaddress.IPv4Address | ipaddress.IPv6Address] = {
            ipaddress.IPv4Address(text) for text in _LOCAL.findall(fib_trie.read_text(encoding="ascii"))
        }
        # Where IPv6 is switched off there is no such file, and no such address.
        lines = if_inet6.read_text(encoding="ascii").splitlines() if if_inet6.exists() else []
    except OSError:
        return None
    return frozenset(held | {ipaddress.IPv6Address(int(line.split()[0], 16)) for line in lines})


def is_elsewhere(address: str, held: frozenset[ipaddress.IPv4Address | ipaddress.IPv6Address] | None) -> bool:
    """Tell whether this is an IP address that the host does not hold; a name or an unknown state is not one."""
    try:
        found = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return held is not None and not found.is_loopback and found not in held
