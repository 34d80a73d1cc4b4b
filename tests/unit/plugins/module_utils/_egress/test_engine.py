# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import engine
from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError


def seen(*filtering: str, strange: tuple[str, ...] = (), tools: tuple[str, ...] = ("nft",)) -> engine.Seen:
    return engine.Seen(filtering=filtering, strange=strange, tools=tools)


@pytest.mark.parametrize(
    ("what", "choice"),
    [
        (seen("ufw"), ("ufw", "opened")),
        (seen("nftables"), ("nftables", "opened")),
        (seen(), ("none", "open_output")),
        (seen(tools=()), ("none", "no_firewall")),
    ],
)
def test_auto(what: engine.Seen, choice: tuple[str, str]) -> None:
    assert engine.choose(wanted="auto", look=lambda: what) == choice


@pytest.mark.parametrize(
    ("what", "word"),
    [
        (seen("nftables", "iptables"), "two_firewalls"),
        (seen("nftables", strange=("inet odd out",)), "firewall_not_understood"),
        (seen(strange=("inet odd out",)), "firewall_not_understood"),
    ],
)
def test_auto_refuses(what: engine.Seen, word: str) -> None:
    with pytest.raises(FirewallError) as caught:
        engine.choose(wanted="auto", look=lambda: what)
    assert caught.value.code == word


def test_direct_rules_that_drop_output_beside_firewalld_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a policy accepts, a direct rule still drops."""
    monkeypatch.setattr(engine, "running", lambda: True)
    monkeypatch.setattr(engine, "has_nft", lambda: False)
    monkeypatch.setattr(engine.FirewalldBackend, "filters", lambda self: True)
    monkeypatch.setattr(engine.IptablesBackend, "filters", lambda self: True)
    monkeypatch.setattr(host, "find", lambda tool: f"/usr/sbin/{tool}")
    with pytest.raises(FirewallError, match="direct rules of firewalld") as caught:
        engine.choose(wanted="auto", look=engine.look)
    assert caught.value.code == "firewall_not_understood"


def test_none_does_not_even_look() -> None:
    assert engine.choose(wanted="none", look=lambda: pytest.fail("looked")) == ("none", "not_wanted")


@pytest.fixture(name="home")
def fixture_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(host, "SETTINGS_FILE", str(tmp_path / "etc" / "settings.json"))
    monkeypatch.setattr(host, "ADDRESSES_FILE", str(tmp_path / "lib" / "addresses.json"))
    return tmp_path


def test_settings_come_back_as_they_were_written(home: Path) -> None:
    settings = engine.Settings(endpoints=[{"host": "a.example", "port": 80}], user="www-data", backend="ufw", grace=5)
    assert engine.read_settings() is None
    host.write(host.SETTINGS_FILE, settings.as_json())
    back = engine.read_settings()
    assert back is not None and back.as_json() == settings.as_json()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"endpoints": "a"}', '{"user": 5}', '{"grace": "1"}', '{"backend": null}'],
)
def test_damaged_settings_ask_for_nothing(home: Path, text: str) -> None:
    host.write(host.SETTINGS_FILE, text)
    assert engine.read_settings() is None


def test_writing_keeps_mode_and_removing_takes_our_directory_along(tmp_path: Path) -> None:
    path = tmp_path / "ours" / "file"
    host.write(str(path), "1")
    path.chmod(0o640)
    host.write(str(path), "2")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [item.name for item in path.parent.iterdir()] == ["file"]
    host.remove(str(path))
    assert not path.parent.exists()


def test_a_read_only_file_system_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(host.tempfile, "mkstemp", refuse)
    with pytest.raises(FirewallError) as caught:
        host.write(str(tmp_path / "file"), "x")
    assert caught.value.code == "read_only"


def test_name_servers(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("# nameserver 192.0.2.9\nsearch a.example\nnameserver 192.0.2.1\nnameserver\nnameserver ::1\n")
    assert host.nameservers(str(path)) == ["192.0.2.1", "::1"]


def test_names_are_really_resolved() -> None:
    answers = host.resolve(["localhost", "no-such-name.invalid"], who=None, timeout=20)
    assert {"127.0.0.1", "::1"} & set(answers["localhost"][0])
    assert answers["no-such-name.invalid"][0] == [] and answers["no-such-name.invalid"][1]
    assert host.resolve([], who=None, timeout=1) == {}


def test_known_addresses_survive_rubbish(home: Path) -> None:
    host.write(host.ADDRESSES_FILE, json.dumps({"a:80": {"192.0.2.1": None, "x": "y"}, "b:80": "c"}))
    assert {name: item.addresses for name, item in engine._known().items()} == {"a:80": {"192.0.2.1": None}}
