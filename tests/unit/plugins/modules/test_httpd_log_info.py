# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module httpd_log_info as Ansible runs it, on lines that a real httpd has written."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest

pytest.importorskip("ansible.module_utils.testing")

from ansible_collections.stapling.httpd.plugins.modules import httpd_log_info
from ansible_collections.stapling.httpd.tests.unit.support.modules import run

LINE = "[{when}] [ssl:error] [pid 1:tid 2] {code}: could not connect to OCSP responder '{name}'\n"


def written(code: str, *, name: str = "ocsp.example.com:80", ago: float = 0) -> str:
    when = time.strftime("%a %b %d %H:%M:%S.000000 %Y", time.localtime(time.time() - ago))
    return LINE.format(when=when, code=code, name=name)


def test_recent_messages_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "error.log"
    log.write_text(written("AH01974", ago=3600) + written("AH00094") + written("AH01974", name="new\x1b"))
    result = run(httpd_log_info, capsys, {"paths": [str(log), str(tmp_path / "none")], "seconds": 60})
    assert result["changed"] is False
    assert [(message["file"], message["code"]) for message in result["messages"]] == [(str(log), "AH01974")]
    assert "\x1b" not in result["messages"][0]["line"]
    assert "open the outbound path" in result["messages"][0]["explanation"]


def test_the_newest_messages_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "error.log"
    log.write_text("".join(written("AH01974", name=f"host{number}") for number in range(5)))
    result = run(httpd_log_info, capsys, {"paths": [str(log)], "most": 2})
    assert [message["line"][-7:] for message in result["messages"]] == ["'host3'", "'host4'"]


@pytest.mark.parametrize("arguments", [{"seconds": 0}, {"seconds": "nan"}, {"most": 0}])
def test_wrong_options(arguments: dict[str, t.Any], capsys: pytest.CaptureFixture[str]) -> None:
    result = run(httpd_log_info, capsys, {"paths": [], **arguments})
    assert result["failed"] and "must be more than 0" in result["msg"]
