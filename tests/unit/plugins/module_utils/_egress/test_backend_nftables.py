# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress.backend_nftables import NftablesBackend
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.tests.unit.plugins.module_utils._egress.conversations.record import (
    UID,
)
from ansible_collections.stapling.httpd.tests.unit.support.backends import (
    OPENINGS,
    assert_opens_once_and_leaves_no_trace,
    refusal,
)
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation

RECORDING = Path(__file__).with_name("conversations") / "nftables.json"


@pytest.fixture(name="conversation")
def fixture_conversation(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    return Conversation(RECORDING).install(monkeypatch)


def test_the_path_is_opened_once_and_closed_without_a_trace(conversation: Conversation) -> None:
    assert_opens_once_and_leaves_no_trace(NftablesBackend(), conversation)


def test_a_change_that_nft_refuses_is_not_made(conversation: Conversation) -> None:
    conversation.fail("nft", "-c", "-f", "-")
    assert refusal(NftablesBackend()) == "change_refused"


def test_a_change_that_nft_does_not_make_has_its_word(conversation: Conversation) -> None:
    conversation.fail("nft", "-f", "-")
    assert refusal(NftablesBackend()) == "change_failed"


def test_a_site_whose_file_would_not_load_is_refused(conversation: Conversation) -> None:
    conversation.fail("nft", "-c", "-f", "/etc/nftables.conf")
    assert refusal(NftablesBackend()) == "site_ruleset_invalid"


def test_a_ruleset_that_cannot_be_listed_is_not_understood(conversation: Conversation) -> None:
    conversation.fail("nft", "-j", "-n", "list", "ruleset")
    assert refusal(NftablesBackend()) == "firewall_not_understood"


def test_a_chain_that_is_named_must_be_there(conversation: Conversation) -> None:
    listed = conversation.left[0]
    assert NftablesBackend(chain="inet filter output").filters()
    conversation.left = [listed]
    with pytest.raises(FirewallError) as caught:
        NftablesBackend(chain="inet filter missing").filters()
    assert caught.value.code == "chain_missing"


def test_an_opening_that_would_not_load_after_a_restart_is_told(conversation: Conversation) -> None:
    backend = NftablesBackend()
    conversation.left = [item for item in conversation.left if item["argv"][1:3] == ["-j", "-n"]][:1]
    conversation.files.clear()
    assert backend.after_restart(OPENINGS, UID) == "no file of this host loads its ruleset at start"
