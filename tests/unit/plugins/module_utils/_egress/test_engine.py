# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import engine
from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.tests.unit.plugins.module_utils._egress.conversations.record import (
    OPENED,
    present_and_absent,
)
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation

RECORDING = Path(__file__).with_name("conversations") / "engine.json"


@pytest.fixture(name="conversation")
def fixture_conversation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Conversation:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(host, "LOCK_FILE", str(tmp_path / "lock"))
    # Debian's number for it, on which the recording was made.
    monkeypatch.setattr(host, "user", lambda name: host.User(name, 33, 33) if name else None)
    return Conversation(RECORDING).install(monkeypatch)


def kept(conversation: Conversation) -> list[str]:
    return [path for path in conversation.files if "ocsp-egress" in path]


def test_the_path_is_opened_kept_open_and_closed(conversation: Conversation) -> None:
    before = dict(conversation.files)
    opened = ("nftables", "opened", True, 2)
    assert present_and_absent(engine) == [
        (True, *opened),
        (True, *opened),
        (False, *opened),
        (False, *opened),
        (True, "none", "closed", False, 0),
        (False, "none", "closed", False, 0),
    ]
    assert conversation.left == []
    assert conversation.files == before


def present() -> str:
    endpoints = [{"host": address, "port": port} for _version, address, port in OPENED]
    with pytest.raises(FirewallError) as caught:
        engine.present(engine.EgressSettings(endpoints=endpoints, user="www-data"), check=False)
    return caught.value.code


def skip_check_mode(conversation: Conversation) -> None:
    """Leave out what the run in check mode has asked: it ends where the first change is made."""
    made = next(number for number, item in enumerate(conversation.left) if item["argv"] == ["nft", "-f", "-"])
    conversation.left = conversation.left[made // 2 :]


def test_a_change_that_fails_keeps_no_file(conversation: Conversation) -> None:
    skip_check_mode(conversation)
    conversation.fail("nft", "-f", "-")
    assert present() == "change_failed"
    assert kept(conversation) == []


def test_a_file_that_cannot_be_written_changes_no_rule(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, content: str) -> None:
        raise FirewallError("read_only", f"{path} cannot be written")

    skip_check_mode(conversation)
    monkeypatch.setattr(host, "write", refuse)
    left = [item["argv"] for item in conversation.left].count(["nft", "-f", "-"])
    assert present() == "read_only"
    assert [item["argv"] for item in conversation.left].count(["nft", "-f", "-"]) == left


def test_nothing_is_repeated_where_nothing_was_requested(conversation: Conversation) -> None:
    assert engine.repeat(ask=False) is None


def test_settings_of_a_backend_that_is_gone_are_refused(conversation: Conversation) -> None:
    conversation.files[engine.SETTINGS_FILE] = engine.EgressSettings(
        endpoints=[{"host": "a"}], backend="none"
    ).as_json()
    with pytest.raises(FirewallError) as caught:
        engine.repeat(ask=False)
    assert caught.value.code == "bad_settings"


def test_a_host_without_systemd_is_refused_before_anything_is_opened(conversation: Conversation) -> None:
    before, settings = dict(conversation.files), engine.EgressSettings(endpoints=[{"host": "192.0.2.1"}])
    with pytest.raises(FirewallError, match="not run by systemd") as caught:
        engine.present(settings, check=False, lasting=True)
    assert caught.value.code == "no_systemd"
    assert conversation.files == before


def test_a_host_with_systemd_is_not_refused(conversation: Conversation) -> None:
    conversation.files["/run/systemd/system"] = ""
    endpoints = [{"host": address, "port": port} for _version, address, port in OPENED]
    outcome = engine.present(engine.EgressSettings(endpoints=endpoints, user="www-data"), check=True, lasting=True)
    assert (outcome.changed, outcome.backend) == (True, "nftables")


def test_only_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    for call in (
        lambda: engine.present(engine.EgressSettings(), check=True),
        lambda: engine.absent(check=True),
        lambda: engine.repeat(ask=False),
    ):
        with pytest.raises(FirewallError) as caught:
            call()
        assert caught.value.code == "not_root"
