# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.stapling.httpd.plugins.module_utils._egress import engine, known_addresses, settings
from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host
from ansible_collections.stapling.httpd.plugins.modules import ocsp_egress


@pytest.fixture(name="home", autouse=True)
def fixture_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep the module off the files of this machine, on which there is no firewall tool."""
    monkeypatch.setattr(host, "LOCK_FILE", str(tmp_path / "lock"))
    monkeypatch.setattr(host, "find", lambda tool: None)
    for module in (engine, settings):
        monkeypatch.setattr(module, "SETTINGS_FILE", str(tmp_path / "etc" / "settings.json"))
    for module in (engine, known_addresses):
        monkeypatch.setattr(module, "ADDRESSES_FILE", str(tmp_path / "lib" / "addresses.json"))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.path.exists", lambda path: False)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    with patch_module_args(arguments), pytest.raises(SystemExit):
        ocsp_egress.main()
    result: dict[str, t.Any] = json.loads(capsys.readouterr().out)
    return result


def test_a_host_without_a_firewall_has_nothing_to_open(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    endpoints = [{"host": "192.0.2.1"}, {"host": "169.254.169.254"}]
    result = run(capsys, endpoints=endpoints, program_directory=str(home / "program"))
    assert (result["changed"], result["backend"], result["reason"]) == (False, "none", "no_firewall")
    assert result["units_after"] == []
    assert [item["addresses"] for item in result["endpoints"]] == [["192.0.2.1"]]
    assert [item["reason"] for item in result["refused"]] == ["destination_forbidden"]
    assert [path.name for path in home.iterdir()] == ["lock"]


def test_an_empty_list_forbids_no_network(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, endpoints=[{"host": "169.254.169.254"}], forbidden_networks=[])
    assert result["refused"] == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"user": "no-such-user"}, "unknown_user"),
        ({"forbidden_networks": ["10.0.0.1/8"]}, "bad_network"),
        ({"backend": "nftables"}, "no_firewall_tool"),
    ],
)
def test_a_refusal_has_its_word(capsys: pytest.CaptureFixture[str], arguments: dict[str, t.Any], reason: str) -> None:
    result = run(capsys, **arguments)
    assert (result["failed"], result["reason"]) == (True, reason)


def test_only_root(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert run(capsys)["reason"] == "not_root"
    assert run(capsys, state="absent")["reason"] == "not_root"


def test_closing_where_nothing_is_open_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, state="absent")
    assert (result["changed"], result["reason"], result["units_after"]) == (False, "closed", [])
