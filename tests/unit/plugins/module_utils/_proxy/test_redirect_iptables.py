# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.plugins.module_utils._proxy import redirect_nftables
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirect_iptables import IptablesRedirector
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirect_rules import redirect
from ansible_collections.stapling.httpd.tests.unit.plugins.module_utils._egress.conversations.record import (
    REDIRECTION,
    redirect_and_back,
)
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation

RECORDING = Path(__file__).with_name("conversations") / "iptables.json"
REQUEST = redirect(**REDIRECTION)


@pytest.fixture(name="conversation")
def fixture_conversation(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    return Conversation(RECORDING).install(monkeypatch)


def test_output_is_redirected_once_and_taken_back_without_a_trace(conversation: Conversation) -> None:
    before = dict(conversation.files)
    assert redirect_and_back(IptablesRedirector(), REQUEST) == {
        "missing": [4, 6],
        "before": [],
        "changes": True,
        "rules": True,
        "changes again": False,
        "goes": True,
        "after": [],
    }
    assert conversation.left == []
    conversation.files.pop(redirect_nftables.LISTING_FILE, None)
    assert conversation.files == before


def refused() -> str:
    with pytest.raises(FirewallError) as caught:
        redirect_and_back(IptablesRedirector(), REQUEST)
    return caught.value.code


def test_a_change_that_is_refused_is_not_made(conversation: Conversation) -> None:
    conversation.fail("iptables-restore", "-w", "10", "--test", "--noflush")
    assert refused() == "change_refused"


def test_both_ip_versions_go_back_if_one_fails(conversation: Conversation) -> None:
    load = ["ip6tables-restore", "-w", "10", "--noflush"]
    first = next(number for number, item in enumerate(conversation.left) if item["argv"] == load)
    # What is read afterwards is IPv4 with the redirection, and IPv6 without it.
    later = conversation.left[first + 1 :]
    saved4 = next(item for item in later if item["argv"] == ["iptables-save"])
    saved6 = next(item for item in conversation.left if item["argv"] == ["ip6tables-save"])
    back = next(item for item in later if item["argv"] == ["iptables-restore", "-w", "10", "--noflush"])
    conversation.left[first + 1 :] = [dict(saved4), dict(saved6), back]
    conversation.fail(*load)
    assert refused() == "change_failed"
    assert conversation.left == []


def test_a_nat_table_with_other_rules_in_it_stays(conversation: Conversation) -> None:
    tool = IptablesRedirector()
    conversation.left = [item for item in conversation.left if item["argv"] in (["iptables-save"], ["ip6tables-save"])][
        :2
    ]
    tool.drop_tables([4])  # as recorded there is no such table: nothing is run
    assert conversation.left == []
