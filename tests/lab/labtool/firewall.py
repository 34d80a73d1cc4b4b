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
    return Firewall(
        [File("/etc/nftables.conf", text.encode(), mode=0o755)], ["systemctl enable --now nftables.service"]
    )


def _iptables(resolver: str) -> Firewall:
    start = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A OUTPUT -o lo -j ACCEPT
-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
"""
    name_server = "".join(
        f"-A OUTPUT -d {resolver}/32 -p {kind} -m {kind} --dport 53 -j ACCEPT\n" for kind in ("udp", "tcp")
    )
    neighbours = "-A OUTPUT -p ipv6-icmp -j ACCEPT\n"
    packages = "-A OUTPUT -p tcp -m owner --uid-owner _apt -m multiport --dports 80,443 -j ACCEPT\n"
    return Firewall(
        [
            File("/etc/iptables/rules.v4", f"{start}{name_server}{packages}COMMIT\n".encode()),
            File("/etc/iptables/rules.v6", f"{start}{neighbours}{packages}COMMIT\n".encode()),
        ],
        ["systemctl enable --now netfilter-persistent.service"],
    )


def _ufw(resolver: str) -> Firewall:
    packages = "-A ufw-before-output -p tcp -m owner --uid-owner _apt -m multiport --dports 80,443 -j ACCEPT"
    return Firewall(
        [],
        [
            f"sed -i 's/^COMMIT$/{packages}\\nCOMMIT/' /etc/ufw/before.rules",
            "ufw default allow incoming",
            "ufw default deny outgoing",
            f"ufw allow out to {resolver} port 53",
            "ufw --force enable",
            "systemctl enable --now ufw.service",
        ],
    )


def _firewalld(resolver: str) -> Firewall:
    # Nothing for the package manager: a policy cannot tell users apart.
    policy = "firewall-cmd -q --permanent --policy=site-output"
    rule = f"rule family=ipv4 destination address={resolver} port port=53 protocol=%s accept"
    return Firewall(
        [],
        [
            "systemctl enable --now firewalld.service",
            _FIREWALLD_READY,
            "firewall-cmd -q --permanent --zone=public --set-target=ACCEPT",
            "firewall-cmd -q --permanent --new-policy=site-output",
            f"{policy} --add-ingress-zone=HOST",
            f"{policy} --add-egress-zone=ANY",
            f"{policy} --set-target=DROP",
            f"{policy} --add-rich-rule='{rule % 'udp'}'",
            f"{policy} --add-rich-rule='{rule % 'tcp'}'",
            # Without it IPv6 finds no neighbour.
            f"{policy} --add-rich-rule='rule family=ipv6 protocol value=ipv6-icmp accept'",
            "firewall-cmd -q --reload",
        ],
    )


# The service counts as started before its rules are in.
_FIREWALLD_READY = "for try in $(seq 60); do firewall-cmd -q --state && break; sleep 0.5; done"
_KINDS = {"nftables": _nftables, "iptables": _iptables, "ufw": _ufw, "firewalld": _firewalld}
