# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site's own default-deny output firewall, as its administrators might have written it."""

from __future__ import annotations

from dataclasses import dataclass

from .docker import File


@dataclass(frozen=True)
class Firewall:
    """Files of the site, and the commands that put them into effect now and at every boot."""

    files: list[File]
    commands: list[str]


def site_firewall(kind: str, resolver: str) -> Firewall:
    """Let out answers, loopback, questions to the resolver and the package manager; drop the rest."""
    return _KINDS[kind](resolver)


def _nftables(resolver: str) -> Firewall:
    text = f"""#!/usr/sbin/nft -f

flush ruleset

table inet filter {{
    chain input {{
        type filter hook input priority filter; policy accept;
    }}
    chain forward {{
        type filter hook forward priority filter; policy drop;
    }}
    chain output {{
        type filter hook output priority filter; policy drop;
        oifname "lo" accept
        ct state established,related accept
        meta l4proto ipv6-icmp accept
        ip daddr {resolver} udp dport 53 accept
        ip daddr {resolver} tcp dport 53 accept
        meta skuid "_apt" tcp dport {{ 80, 443 }} accept
    }}
}}

include "/etc/nftables.d/*.nft"
"""
    return Firewall([File("/etc/nftables.conf", text.encode(), mode=0o755)], ["systemctl enable --now nftables.service"])


_KINDS = {"nftables": _nftables}
