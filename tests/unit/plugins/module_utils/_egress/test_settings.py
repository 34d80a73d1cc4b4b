# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import settings as settings_module
from ansible_collections.stapling.httpd.plugins.module_utils._egress.settings import EgressSettings, read_settings
from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError


@pytest.fixture(name="file", autouse=True)
def fixture_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = str(tmp_path / "etc" / "settings.json")
    monkeypatch.setattr(settings_module, "SETTINGS_FILE", path)
    return path


def test_settings_come_back_as_they_were_written(file: str) -> None:
    settings = EgressSettings(endpoints=[{"host": "a.example", "port": 80}], user="www-data", backend="ufw", grace=5)
    assert read_settings() is None
    host.write(file, settings.as_json())
    back = read_settings()
    assert back is not None and back.as_json() == settings.as_json()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"endpoints": "a"}', '{"user": 5}', '{"grace": "1"}', '{"backend": null}'],
)
def test_damaged_settings_request_nothing(file: str, text: str) -> None:
    host.write(file, text)
    assert read_settings() is None


def test_the_policy_holds_the_networks_that_were_given() -> None:
    assert [str(item) for item in EgressSettings(forbidden_networks=["10.0.0.0/8"]).policy.forbidden] == ["10.0.0.0/8"]
    assert EgressSettings(forbidden_networks=[]).policy.forbidden == ()
    with pytest.raises(FirewallError) as caught:
        EgressSettings(forbidden_networks=["10.0.0.1/8"]).policy  # noqa: B018 - the property refuses
    assert caught.value.code == "bad_network"
