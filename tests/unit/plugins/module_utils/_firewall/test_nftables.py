# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host, nftables
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation
from ansible_collections.stapling.httpd.tests.unit.support.nftables import OUTPUT

RECORDING = Path(__file__).parents[1] / "_egress/conversations/nftables.json"


@pytest.fixture(name="conversation")
def fixture_conversation(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    return Conversation(RECORDING).install(monkeypatch)


def test_the_live_ruleset_is_read(conversation: Conversation) -> None:
    assert nftables.has_nft()
    ruleset = nftables.live_ruleset()
    assert nftables.filtering_chains(ruleset) == [OUTPUT]
    assert nftables.filtering_chains(ruleset, "inet filter output") == [OUTPUT]
    with pytest.raises(FirewallError) as caught:
        nftables.filtering_chains(ruleset, "inet filter missing")
    assert caught.value.code == "chain_missing"


def test_the_file_of_the_site_is_the_first_that_is_there(conversation: Conversation) -> None:
    assert nftables.site_file() == "/etc/nftables.conf"
    conversation.files["/etc/sysconfig/nftables.conf"] = ""
    assert nftables.site_file() == "/etc/sysconfig/nftables.conf"
    conversation.files.clear()
    assert nftables.site_file() is None
    nftables.require_valid_site()  # there is none


def test_without_the_command_and_the_library_nothing_can_be_done(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation.tools.clear()
    monkeypatch.setattr(nftables, "_SYSTEM_PYTHON", "/no/such/python")
    assert not nftables.has_nft()
    with pytest.raises(FirewallError) as caught:
        nftables.run_nft("list", "ruleset")
    assert caught.value.code == "no_firewall_tool"


@pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/usr/bin:/sbin:/bin") is None, reason="no nft on this machine")
def test_real_nft_finds_a_fault_without_changing_anything() -> None:
    done = nftables.run_nft("-c", "-f", "-", stdin="add rule nonsense\n")
    assert done.rc != 0 and done.message


def test_the_library_takes_the_arguments_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script for Python's library passes dry runs, JSON and texts on; a stand-in for the library shows what."""
    (tmp_path / "nftables.py").write_text(
        "class Nftables:\n"
        "    def set_json_output(self, on): self.json = on\n"
        "    def set_dry_run(self, on): self.dry = on\n"
        "    def cmd(self, text): return (text == 'bad', repr((self.json, self.dry, text)), '')\n"
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nshift\nPYTHONPATH={tmp_path} exec python3 "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(host, "find", lambda tool: None)
    monkeypatch.setattr(nftables, "_SYSTEM_PYTHON", str(python))
    nftables._has_library.cache_clear()
    assert nftables.has_nft()
    assert nftables.run_nft("-j", "-n", "list", "ruleset").out == "(True, False, 'list ruleset')"
    assert nftables.run_nft("-c", "-f", "-", stdin="text").out == "(False, True, 'text')"
    assert nftables.run_nft("-f", "-", stdin="bad").rc == 1
    nftables._has_library.cache_clear()
