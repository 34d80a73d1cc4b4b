# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress.backends import Survey
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirect import choose


@pytest.mark.parametrize(
    ("requested", "found", "chosen"),
    [
        ("auto", Survey(filtering=(), tools=("nft", "iptables-save")), "nftables"),
        ("auto", Survey(filtering=(), tools=("iptables-save",)), "iptables"),
        ("auto", Survey(filtering=("iptables",), tools=("nft", "iptables-save")), "iptables"),
        ("auto", Survey(filtering=("nftables",), tools=("nft",)), "nftables"),
        ("iptables", Survey(filtering=(), tools=("nft", "iptables-save")), "iptables"),
    ],
)
def test_the_tool_that_filters_redirects(requested: str, found: Survey, chosen: str) -> None:
    assert choose(requested, found) == chosen


@pytest.mark.parametrize(
    ("requested", "found", "code"),
    [
        ("auto", Survey(filtering=("ufw",), tools=("nft", "iptables-save", "ufw")), "backend_not_supported"),
        ("nftables", Survey(filtering=("firewalld",), tools=("nft", "firewall-cmd")), "backend_not_supported"),
        ("auto", Survey(filtering=("iptables", "nftables"), tools=("nft", "iptables-save")), "two_firewalls"),
        ("nftables", Survey(filtering=("iptables",), tools=("nft", "iptables-save")), "two_firewalls"),
        (
            "auto",
            Survey(filtering=("nftables",), unreachable=("inet x postrouting",), tools=("nft",)),
            "firewall_not_understood",
        ),
        ("auto", Survey(filtering=(), tools=()), "no_firewall_tool"),
        ("iptables", Survey(filtering=(), tools=("nft",)), "no_firewall_tool"),
    ],
)
def test_a_firewall_that_cannot_redirect_is_refused(requested: str, found: Survey, code: str) -> None:
    with pytest.raises(FirewallError) as caught:
        choose(requested, found)
    assert caught.value.code == code
