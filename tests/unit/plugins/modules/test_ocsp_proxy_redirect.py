# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.stapling.httpd.plugins.module_utils._egress.backends import Survey
from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host as host_module
from ansible_collections.stapling.httpd.plugins.module_utils._proxy import program, redirect, redirect_nftables
from ansible_collections.stapling.httpd.plugins.modules import ocsp_proxy_redirect


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the module off the files of this machine."""
    monkeypatch.setattr(host_module, "LOCK_FILE", str(tmp_path / "lock"))
    monkeypatch.setattr(redirect, "SETTINGS_FILE", str(tmp_path / "settings.json"))
    monkeypatch.setattr(redirect_nftables, "LISTING_FILE", str(tmp_path / "listing"))
    monkeypatch.setattr(program, "LIBRARY", str(tmp_path / "library"))
    monkeypatch.setattr("os.geteuid", lambda: 0)


def run(capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    with patch_module_args(arguments), pytest.raises(SystemExit):
        ocsp_proxy_redirect.main()
    result: dict[str, t.Any] = json.loads(capsys.readouterr().out)
    return result


def test_present_needs_to_know_the_relay(capsys: pytest.CaptureFixture[str]) -> None:
    assert "port, proxy_user" in run(capsys)["msg"]


def test_only_root(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    result = run(capsys, port=8888, proxy_user="root")
    assert (result["failed"], result["reason"]) == (True, "not_root")


@pytest.mark.parametrize(
    ("arguments", "found", "reason"),
    [
        ({}, Survey(filtering=("ufw",), tools=("ufw", "nft")), "backend_not_supported"),
        ({}, Survey(filtering=(), tools=()), "no_firewall_tool"),
    ],
)
def test_a_refusal_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: dict[str, t.Any],
    found: Survey,
    reason: str,
) -> None:
    monkeypatch.setattr(redirect, "survey", lambda: found)
    result = run(capsys, port=8888, proxy_user="root", **arguments)
    assert (result["failed"], result["reason"]) == (True, reason)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
