# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.settings import (
    SettingsError,
    parse_settings,
    read_settings,
)

LEAST: dict[str, t.Any] = {"httpd": {}, "policy": {}, "handshake": {}}


def test_defaults() -> None:
    found = parse_settings(LEAST, path="x")
    assert (found.interval, found.per_vhost, found.expect_running, found.textfile_dir) == (3600, True, True, "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intervall": 1}, "not known: intervall"),
        ({"interval": "60"}, "interval has to be there as int"),
        ({"interval": True}, "interval has to be there as int"),
        ({"per_vhost": 1}, "per_vhost has to be there as bool"),
        ({"policy": None}, "policy has to be there as dict"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_file(change: dict[str, t.Any], message: str) -> None:
    with pytest.raises(SettingsError, match=rf"^/etc/x: .*{message}|^/etc/x has .*{message}"):
        parse_settings({**LEAST, **change}, path="/etc/x")


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "monitor.json"
    with pytest.raises(SettingsError, match=r"monitor\.json cannot be read: No such file"):
        read_settings(str(path))
    path.write_text("{")
    with pytest.raises(SettingsError, match=r"monitor\.json is not JSON"):
        read_settings(str(path))
    path.write_text("[]")
    with pytest.raises(SettingsError, match="one object"):
        read_settings(str(path))
    path.write_text(json.dumps(LEAST))
    assert read_settings(str(path)).interval == 3600
