# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program from its arguments to its exit code, on files of this machine; only the look itself is given."""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor import program
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import Look
from ansible_collections.stapling.httpd.tests.unit.support.looks import missing, seen, staple


class Host:
    """Settings, a directory for metrics, and what the next look will see or die of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.textfiles = folder / "textfiles"
        self.textfiles.mkdir()
        self.next = seen(staple())
        self.failure: Exception | None = None
        self.configure()

    def configure(self, **more: t.Any) -> None:
        given = {"httpd": {}, "policy": {}, "handshake": {}, "state_dir": str(self.folder / "state")}
        settings = {**given, "textfile_dir": str(self.textfiles), **more}
        (self.folder / "monitor.json").write_text(json.dumps(settings))

    def run(self, *arguments: str) -> int:
        return program.main(["--settings", str(self.folder / "monitor.json"), *arguments], version="1.1.0")

    def look(self, _settings: t.Any) -> Look:
        if self.failure is not None:
            raise self.failure
        return replace(self.next, moment=time.time())

    @property
    def metrics(self) -> str:
        return (self.textfiles / "httpd_ocsp.prom").read_text()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    found = Host(tmp_path)
    monkeypatch.setattr(program, "look", found.look)
    return found


def test_a_recorded_look_writes_metrics_and_tells_what_is_new(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert host.run("--record") == 0
    assert capsys.readouterr().out == ""
    host.next = seen(missing("shop.example.org"))
    assert host.run("--record") == 0
    assert capsys.readouterr().out.startswith("staple shop.example.org:443 rsa: acceptable -> no_staple")
    assert 'problem="no_staple"} 1' in host.metrics


def test_two_monitors_of_one_host_have_files_of_their_own(host: Host) -> None:
    host.run("--record")
    host.configure(metrics_file="httpd_ocsp-second.prom", state_dir=str(host.folder / "second"))
    host.run("--record")
    assert sorted(path.name for path in host.textfiles.iterdir()) == ["httpd_ocsp-second.prom", "httpd_ocsp.prom"]
    host.run("--forget")
    assert [path.name for path in host.textfiles.iterdir()] == ["httpd_ocsp.prom"]


@pytest.mark.parametrize("error", [StaplingError("config_invalid", "httpd refuses"), ZeroDivisionError()])
def test_a_look_that_fails_keeps_the_numbers(host: Host, capsys: pytest.CaptureFixture[str], error: Exception) -> None:
    host.run("--record")
    before = host.metrics
    host.failure = error
    assert host.run("--record") == 3
    told = capsys.readouterr().out
    assert told.startswith("look: well -> failed (")
    kept = [line for line in before.splitlines() if "monitor_success" not in line and "last_run" not in line]
    assert set(kept) <= set(host.metrics.splitlines())
    assert 'httpd_ocsp_monitor_success{httpd="apache2"} 0' in host.metrics


def test_a_directory_that_is_not_there_is_told_once_and_fails_each_time(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.configure(textfile_dir=str(host.folder / "none"))
    assert host.run("--record") == 3
    assert "none/httpd_ocsp.prom cannot be written: No such file" in capsys.readouterr().out
    assert host.run("--record") == 3
    assert capsys.readouterr().out == ""
    assert host.run("--last") == 0


def test_metrics_move_with_the_directory(host: Host) -> None:
    host.run("--record")
    elsewhere = host.folder / "elsewhere"
    elsewhere.mkdir()
    host.configure(textfile_dir=str(elsewhere))
    assert host.run("--record") == 0
    assert list(host.textfiles.iterdir()) == []
    assert [path.name for path in elsewhere.iterdir()] == ["httpd_ocsp.prom"]


@pytest.mark.parametrize(
    ("shown", "begin"), [("text", "OK"), ("nagios", "OCSP STAPLING OK: "), ("prometheus", "# HELP")]
)
def test_a_look_by_hand_writes_nothing(host: Host, capsys: pytest.CaptureFixture[str], shown: str, begin: str) -> None:
    assert host.run("--format", shown) == 0
    assert capsys.readouterr().out.startswith(begin)
    assert list(host.textfiles.iterdir()) == [] and not (host.folder / "state").exists()


def test_the_exit_code_is_what_was_seen(host: Host) -> None:
    host.next = seen(missing(required=True))
    assert host.run("--format", "nagios") == 2
    assert host.run("--record", "--format", "json") == 2
    assert host.run("--last") == 2
    host.failure = StaplingError("timeout", "too slow")
    assert host.run() == 3


def test_forget_leaves_nothing(host: Host) -> None:
    host.run("--record")
    (host.textfiles / "others.prom").touch()
    assert host.run("--forget") == 0
    assert [path.name for path in host.textfiles.iterdir()] == ["others.prom"]
    assert not (host.folder / "state").exists()
    assert host.run("--forget") == 0


def test_wrong_arguments_and_settings_are_unknown(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        host.run("--format", "xml")
    assert caught.value.code == 3
    (host.folder / "monitor.json").write_text("{")
    assert host.run() == 3
    assert "settings_invalid" in capsys.readouterr().err


def test_warming_shakes_hands_with_what_the_last_look_knew(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    shaken: list[t.Any] = []
    monkeypatch.setattr(program, "shake_hands", lambda targets, _settings: shaken.extend(targets))
    assert host.run("--warm", "--record") == 0
    assert shaken == []
    host.next = seen(staple(), targets=({"address": "127.0.0.1", "port": 443},))
    host.run("--record")
    host.run("--warm", "--record")
    assert shaken == [{"address": "127.0.0.1", "port": 443}]
