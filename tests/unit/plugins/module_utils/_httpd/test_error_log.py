# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.error_log import read_log

NOW = 1_790_000_000.0


def stamp(seconds_ago: float) -> str:
    then = time.localtime(NOW - seconds_ago)
    return f"[{time.strftime('%a %b %d %H:%M:%S', then)}.123456 {then.tm_year}]"


def write(path: Path, *lines: str) -> str:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def codes(paths: list[str], seconds: float = 60, most: int = 20) -> list[str]:
    return [entry["code"] for entry in read_log(paths, seconds=seconds, now=NOW, most=most)]


def test_recent_messages_about_stapling_come_out_explained(tmp_path: Path) -> None:
    log = write(
        tmp_path / "error.log",
        f"{stamp(500)} [ssl:error] [pid 1] AH01972: could not resolve address of OCSP responder old.example",
        f"{stamp(5)} [ssl:error] [pid 1] (111)Connection refused: AH01974: could not connect to OCSP responder 'x'",
        f"{stamp(4)} [core:notice] [pid 1] AH00094: Command line: '/usr/sbin/apache2'",
    )
    (message,) = read_log([log], seconds=60, now=NOW, most=20)
    assert message["code"] == "AH01974"
    assert message["line"] == "AH01974: could not connect to OCSP responder 'x'"
    assert "outbound path" in message["explanation"]


@pytest.mark.parametrize(
    ("cause", "forbidden"),
    [
        ("(13)Permission denied", True),
        ("(1)Operation not permitted", True),
        ("(97)Address family not supported by protocol", True),
        ("(111)Connection refused", False),
        ("(70007)The timeout specified has expired", False),
    ],
)
def test_a_connection_that_the_system_forbids_is_no_matter_of_a_path(
    tmp_path: Path, cause: str, forbidden: bool
) -> None:
    log = write(
        tmp_path / "log", f"{stamp(5)} [ssl:error] [pid 1] {cause}: AH01974: could not connect to OCSP responder"
    )
    (message,) = read_log([log], seconds=60, now=NOW, most=20)
    assert ("itself is forbidden" in message["explanation"]) == forbidden
    assert ("outbound path" in message["explanation"]) != forbidden


def test_the_second_in_which_it_began_counts(tmp_path: Path) -> None:
    assert codes([write(tmp_path / "log", f"{stamp(60)} AH01985: timeout")]) == ["AH01985"]
    assert codes([write(tmp_path / "log", f"{stamp(62)} AH01985: timeout")]) == []


def test_a_line_without_a_readable_time_counts_as_recent(tmp_path: Path) -> None:
    assert codes([write(tmp_path / "log", "myformat AH02217: issuer", "[Xxx Yyy 99 99:99:99 2026] AH02604: x")]) == [
        "AH02217",
        "AH02604",
    ]


def test_each_message_once_and_no_more_than_asked_for(tmp_path: Path) -> None:
    lines = [f"{stamp(9)} AH01941: same"] * 5 + [f"{stamp(1)} AH01980: number {number}" for number in range(5)]
    log = write(tmp_path / "log", *lines)
    assert codes([log]) == ["AH01941"] + ["AH01980"] * 5
    assert codes([log], most=2) == ["AH01980", "AH01980"]


def test_a_repeated_message_stands_where_it_came_last(tmp_path: Path) -> None:
    lines = [f"{stamp(9)} AH01941: again", f"{stamp(5)} AH01980: once", f"{stamp(1)} AH01941: again"]
    assert codes([write(tmp_path / "log", *lines)]) == ["AH01980", "AH01941"]


def test_what_a_responder_put_into_the_log_is_escaped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"AH01980: bad \x1b[2J\xff " + b"x" * 5000 + b"\n")
    (message,) = read_log([str(log)], seconds=60, now=NOW, most=20)
    assert "\x1b" not in message["line"]
    assert len(message["line"]) < 600


def test_what_is_no_file_has_nothing_to_say(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert codes([str(pipe), str(tmp_path), str(tmp_path / "missing"), "/dev/zero"]) == []


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = write(tmp_path / "log", "AH01958: at the start", *["x" * 1000] * 400, "AH01972: at the end")
    assert codes([log]) == ["AH01972"]
