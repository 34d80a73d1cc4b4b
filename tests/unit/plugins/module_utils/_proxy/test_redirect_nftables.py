# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.plugins.module_utils._proxy import redirect_nftables
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirect_nftables import NftablesRedirector
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirect_rules import redirect
from ansible_collections.stapling.httpd.tests.unit.plugins.module_utils._egress.conversations.record import (
    REDIRECTION,
    redirect_and_back,
)
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation

RECORDING = Path(__file__).with_name("conversations") / "nftables.json"
REQUEST = redirect(**REDIRECTION)


@pytest.fixture(name="conversation")
def fixture_conversation(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    return Conversation(RECORDING).install(monkeypatch)


def test_output_is_redirected_once_and_taken_back_without_a_trace(conversation: Conversation) -> None:
    before = dict(conversation.files)
    assert redirect_and_back(NftablesRedirector(), REQUEST) == {
        "missing": [],
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
        redirect_and_back(NftablesRedirector(), REQUEST)
    return caught.value.code


def test_a_change_that_nft_refuses_is_not_made(conversation: Conversation) -> None:
    conversation.fail("nft", "-c", "-f", "-")
    assert refused() == "change_refused"


def test_a_change_that_nft_does_not_make_keeps_no_listing(conversation: Conversation) -> None:
    conversation.fail("nft", "-f", "-")
    assert refused() == "change_failed"
    assert redirect_nftables.LISTING_FILE not in conversation.files


def test_rules_that_somebody_has_changed_are_made_again(conversation: Conversation) -> None:
    tool = NftablesRedirector()
    tool.require_valid_site()
    tool.current()
    tool.plan(REQUEST)
    tool.apply()
    tool.current()
    conversation.files[redirect_nftables.LISTING_FILE] = "of other rules"
    with pytest.raises(AssertionError, match=r"'-c'.* was run"):  # the recording has no change here
        tool.plan(REQUEST)
