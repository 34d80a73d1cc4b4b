# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress.backend_firewalld import FirewalldBackend
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.tests.unit.support.backends import (
    assert_opens_once_and_leaves_no_trace,
    refusal,
)
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation

RECORDING = Path(__file__).with_name("conversations") / "firewalld.json"


@pytest.fixture(name="conversation")
def fixture_conversation(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    return Conversation(RECORDING).install(monkeypatch)


def test_the_path_is_opened_once_and_closed_without_a_trace(conversation: Conversation) -> None:
    assert_opens_once_and_leaves_no_trace(FirewalldBackend(), conversation)


def test_a_configuration_with_a_fault_is_refused(conversation: Conversation) -> None:
    conversation.fail("firewall-cmd", "--check-config")
    assert refusal(FirewalldBackend()) == "site_ruleset_invalid"


def test_what_exists_at_run_time_only_is_not_reloaded_away(conversation: Conversation) -> None:
    conversation.fail("firewall-cmd", "--list-all-zones", out="public\n  services: ssh http\n", rc=0)
    assert refusal(FirewalldBackend()) == "runtime_differs"
    assert not [path for path in conversation.files if "ocsp-egress" in path]


def test_a_reload_that_fails_takes_the_files_back(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(conversation.files)
    conversation.fail("firewall-cmd", "--reload")
    reloads = [number for number, item in enumerate(conversation.left) if item["argv"][1:] == ["--reload"]]
    # What follows takes it back: one more reload.
    conversation.left[reloads[0] + 1 :] = [conversation.left[reloads[1]]]
    assert refusal(FirewalldBackend()) == "change_failed"
    assert conversation.files == before and conversation.left == []


def test_firewalld_on_top_of_iptables_is_refused(conversation: Conversation) -> None:
    conversation.files["/etc/firewalld/firewalld.conf"] = "FirewallBackend=iptables\n"
    assert refusal(FirewalldBackend()) == "backend_not_supported"


def test_direct_rules_that_drop_output_cannot_be_opened(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a policy accepts, a direct rule still drops."""
    running = [item for item in conversation.left if item["argv"][1:] == ["--state"]][:1]
    answers = Conversation(RECORDING.with_name("iptables.json"))
    saved = [item for item in answers.left if item["argv"][0].endswith("-save")][:2]
    for item in saved:
        conversation._texts.append(answers._texts[item["out"]])
        empty = conversation._texts.index("")
        item.update(stdin=empty, err=empty, out=len(conversation._texts) - 1)
    conversation.tools |= answers.tools
    conversation.left = [*running, *saved]
    assert FirewalldBackend().unreachable() == ["direct rules of firewalld"]


def test_there_is_no_chain_to_choose() -> None:
    with pytest.raises(FirewallError) as caught:
        FirewalldBackend(chain="inet filter output")
    assert caught.value.code == "bad_chain"


def test_a_firewalld_that_does_not_run_filters_nothing(conversation: Conversation) -> None:
    conversation.fail("firewall-cmd", "--state", rc=252)
    assert not FirewalldBackend().filters()
