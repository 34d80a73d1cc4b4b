# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import Answer
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.state import (
    Busy,
    State,
    changes,
    only_one,
    read_state,
    write_state,
)
from ansible_collections.stapling.httpd.tests.unit.support.looks import DAY, NOW, missing, problem, seen, staple

GOOD = State(seen(staple(), staple("bank.example.org")), NOW)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    look = seen(staple(), missing(), problems=(problem("x"),), targets=({"address": "127.0.0.1", "port": 443},))
    state = State(look, NOW, "failed", "full", "/x/y.prom")
    write_state(str(tmp_path), state)
    assert read_state(str(tmp_path)) == state


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"seen": {}}', '{"seen": {"staples": 1}, "last_run": 0}'])
def test_what_cannot_be_used_is_no_state(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "last.json").write_text(text)
    assert read_state(str(tmp_path)) == State()


def test_only_one_monitor_at_a_time(tmp_path: Path) -> None:
    hold = f"import fcntl, os, sys, time; fcntl.flock(os.open({str(tmp_path / 'lock')!r}, os.O_RDWR | os.O_CREAT), 2)"
    other = subprocess.Popen(
        [sys.executable, "-c", f"{hold}; print('held', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    with pytest.raises(Busy), only_one(str(tmp_path), patience=0.3):
        pass
    other.communicate()
    with only_one(str(tmp_path), patience=0):
        pass


def test_nothing_is_told_of_what_stays() -> None:
    assert changes(GOOD, GOOD, now=NOW) == []


def test_a_first_look_tells_what_is_wrong_and_nothing_else() -> None:
    first = State(seen(staple(), missing()), NOW)
    assert changes(State(), first, now=NOW) == [
        "staple bank.example.org:443 rsa: new -> no_staple (no_staple: The server sent no OCSP response.)"
    ]


def test_one_line_for_each_change() -> None:
    after = State(
        seen(
            staple(next_update=NOW + 1000),
            missing(),
            problems=(problem("managed_file_missing"),),
            answers=(Answer("ocsp.example.org:80", False, None, "silent"),),
        ),
        NOW,
        complaint="full",
    )
    lines = changes(GOOD, after, now=NOW)
    assert [line.partition(" (")[0] for line in lines] == [
        "configuration managed_file_missing: new -> found",
        "metrics: well -> not_written",
        "responder ocsp.example.org:80: answers -> fails",
        "staple bank.example.org:443 rsa: acceptable -> no_staple",
        "staple shop.example.org:443 rsa: acceptable -> about_to_expire",
    ]
    back = [line.partition(" (")[0] for line in changes(after, GOOD, now=NOW)]
    assert "configuration managed_file_missing: found -> gone" in back
    assert "staple bank.example.org:443 rsa: no_staple -> acceptable" in back


def test_a_staple_that_ages_between_two_looks_is_told_once() -> None:
    later = State(GOOD.seen, NOW + 6 * DAY)
    assert len(changes(GOOD, later, now=NOW + 6 * DAY)) == 2
    assert changes(later, later, now=NOW + 6 * DAY) == []
