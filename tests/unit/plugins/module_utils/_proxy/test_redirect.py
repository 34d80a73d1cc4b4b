# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress.engine import Seen
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirect import choose


@pytest.mark.parametrize(
    ("asked", "seen", "chosen"),
    [
        ("auto", Seen(filtering=(), tools=("nft", "iptables-save")), "nftables"),
        ("auto", Seen(filtering=(), tools=("iptables-save",)), "iptables"),
        ("auto", Seen(filtering=("iptables",), tools=("nft", "iptables-save")), "iptables"),
        ("auto", Seen(filtering=("nftables",), tools=("nft",)), "nftables"),
        ("iptables", Seen(filtering=(), tools=("nft", "iptables-save")), "iptables"),
    ],
)
def test_the_tool_that_filters_redirects(asked: str, seen: Seen, chosen: str) -> None:
    assert choose(asked, seen) == chosen


@pytest.mark.parametrize(
    ("asked", "seen", "code"),
    [
        ("auto", Seen(filtering=("ufw",), tools=("nft", "iptables-save", "ufw")), "backend_not_supported"),
        ("nftables", Seen(filtering=("firewalld",), tools=("nft", "firewall-cmd")), "backend_not_supported"),
        ("auto", Seen(filtering=("iptables", "nftables"), tools=("nft", "iptables-save")), "two_firewalls"),
        ("nftables", Seen(filtering=("iptables",), tools=("nft", "iptables-save")), "two_firewalls"),
        (
            "auto",
            Seen(filtering=("nftables",), strange=("inet x postrouting",), tools=("nft",)),
            "firewall_not_understood",
        ),
        ("auto", Seen(filtering=(), tools=()), "no_firewall_tool"),
        ("iptables", Seen(filtering=(), tools=("nft",)), "no_firewall_tool"),
    ],
)
def test_what_cannot_be_done_is_refused(asked: str, seen: Seen, code: str) -> None:
    with pytest.raises(FirewallError) as caught:
        choose(asked, seen)
    assert caught.value.code == code
