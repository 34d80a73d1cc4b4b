# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall import iptables
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation

RECORDING = Path(__file__).parents[1] / "_egress/conversations/iptables.json"


@pytest.fixture(name="conversation")
def fixture_conversation(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    return Conversation(RECORDING).install(monkeypatch)


def test_the_tables_of_both_ip_versions_are_read(conversation: Conversation) -> None:
    tables = iptables.filter_tables()
    assert sorted(tables) == [4, 6]
    assert tables[4].policies["OUTPUT"] == "DROP" and tables[4].rules["OUTPUT"] == [["-o", "lo", "-j", "ACCEPT"]]


def test_a_host_may_have_ipv4_only(conversation: Conversation) -> None:
    conversation.tools.remove("ip6tables-save")
    assert sorted(iptables.filter_tables()) == [4]


def test_tables_that_cannot_be_read_are_not_understood(conversation: Conversation) -> None:
    conversation.fail("iptables-save", "-t", "filter", err="Permission denied")
    ask = conversation.left[0]
    conversation.left = [ask, *conversation.left[1:2], ask]
    with pytest.raises(FirewallError, match="Permission denied") as caught:
        iptables.filter_tables()
    assert caught.value.code == "firewall_not_understood"


def test_a_host_without_iptables_has_its_word(conversation: Conversation) -> None:
    conversation.tools.clear()
    for call in (iptables.filter_tables, lambda: iptables.restore(4, stdin="")):
        with pytest.raises(FirewallError) as caught:
            call()
        assert caught.value.code == "no_firewall_tool"
    assert iptables.live_tables() == {}


def saved_with_a_chain(conversation: Conversation) -> str:
    path = "/etc/iptables/rules.v4"
    bare = conversation.files[path]
    saved = bare.replace(":OUTPUT", ":OCSP_EGRESS - [0:0]\n:OUTPUT").replace("-A", "-A OUTPUT -j OCSP_EGRESS\n-A", 1)
    assert saved != bare
    conversation.files[path] = saved
    # What iptables-restore says of the file without the chain.
    tested = [item for item in conversation.left if item["argv"] == ["iptables-restore", "-w", "10", "--test"]]
    conversation.left = tested
    return bare


def test_a_chain_that_somebody_has_saved_is_taken_out_of_the_file(conversation: Conversation) -> None:
    bare = saved_with_a_chain(conversation)
    assert iptables.remove_saved("OCSP_EGRESS", check=False) == ["/etc/iptables/rules.v4"]
    assert conversation.files["/etc/iptables/rules.v4"] == bare


def test_check_mode_leaves_the_file(conversation: Conversation) -> None:
    bare = saved_with_a_chain(conversation)
    assert iptables.remove_saved("OCSP_EGRESS", check=True) == ["/etc/iptables/rules.v4"]
    assert conversation.files["/etc/iptables/rules.v4"] != bare


def test_a_file_that_would_not_load_stays_as_it_is(conversation: Conversation) -> None:
    bare = saved_with_a_chain(conversation)
    conversation.fail("iptables-restore", "-w", "10", "--test")
    assert iptables.remove_saved("OCSP_EGRESS", check=False) == []
    assert conversation.files["/etc/iptables/rules.v4"] != bare


def test_the_files_of_a_site(conversation: Conversation) -> None:
    assert iptables.has_site_file()
    conversation.files.clear()
    assert not iptables.has_site_file()
