# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `systemctl show` says of units; the egress scenarios ask a real one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._units import settled_units

SETTLED = ["UnitFileState=enabled", "ActiveState=active", "NeedDaemonReload=no"]


def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    program = tmp_path / "systemctl"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"UnitFileState": "disabled"},
        {"ActiveState": "inactive"},
        {"ActiveState": "failed"},
        {"NeedDaemonReload": "yes"},
    ],
)
def test_a_unit_is_settled_if_nothing_is_left_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    lines = [f"{key}={change.get(key, value)}" for key, value in (line.split("=") for line in SETTLED)]
    systemctl(tmp_path, monkeypatch, "\n".join(["Id=a.service", *lines, "", "Id=b.timer", *SETTLED]))
    assert settled_units(["a.service", "b.timer"]) == (["b.timer"] if change else ["a.service", "b.timer"])


def test_what_systemd_does_not_tell_is_not_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systemctl(tmp_path, monkeypatch, "Id=a.service\nUnitFileState=\nActiveState=inactive\nNeedDaemonReload=no")
    assert settled_units(["a.service"]) == []
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert settled_units(["a.service"]) == []
    assert settled_units([]) == []
