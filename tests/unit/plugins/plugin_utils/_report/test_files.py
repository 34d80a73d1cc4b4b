# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import (
    append_lines,
    check_directory,
    read_lines,
    replace_files,
)

# Workers write less than this before the kernel refuses more.
ROOM = 4096


def without_room(act, *arguments) -> str:
    """Return what `act` fails with where no file may become larger than ROOM, in a process of its own."""

    def run(answers) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))
        try:
            act(*arguments)
        except StaplingError as error:
            answers.send(error.message)
        answers.send("nothing")

    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe()
    process = context.Process(target=run, args=(sending,))
    process.start()
    answer = receiving.recv()
    process.join()
    return answer


def test_files_without_room_leave_those_of_before(tmp_path: Path) -> None:
    replace_files(str(tmp_path), {"a": "old a", "b": "old b"})
    message = without_room(replace_files, str(tmp_path), {"a": "new a", "b": "x" * (ROOM + 1)})
    assert message.endswith("(File too large); the former files are as they were.")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old a", "b": "old b"}


def test_a_line_without_room_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    append_lines(str(path), [{"host": "a"}])
    before = path.read_bytes()
    assert "(File too large)" in without_room(append_lines, str(path), [{"host": "x" * ROOM}])
    assert path.read_bytes() == before


def test_a_line_after_half_a_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    path.write_text('{"host": "a"}\n{"host": "b')
    append_lines(str(path), [{"host": "c"}])
    read = [line for _number, line in read_lines(str(path))]
    assert [type(line) for line in read] == [dict, ValueError, dict]
    assert read[2] == {"host": "c"}


def test_files_are_replaced_and_not_written_through(tmp_path: Path) -> None:
    """Somebody who reads the old file while it is replaced has the whole of it."""
    replace_files(str(tmp_path), {"a": "old"})
    with (tmp_path / "a").open() as reader:
        (written,) = replace_files(str(tmp_path), {"a": "new"})
        assert reader.read() == "old"
    assert (tmp_path / "a").read_text() == "new"
    assert written["bytes"] == 3
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_lines_are_ascii_whatever_is_in_them(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    append_lines(str(path), [{"host": "a\n\u2028\ud800"}])
    assert path.read_bytes().isascii() and path.read_bytes().count(b"\n") == 1
    assert json.loads(path.read_text())["host"] == "a\n\u2028\ud800"


def test_nesting_without_end_is_no_line(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    path.write_text("[" * 1_000_000 + "\n")
    assert [type(line) for _number, line in read_lines(str(path))] == [ValueError]


def test_a_directory_is_made_and_left_empty(tmp_path: Path) -> None:
    check_directory(str(tmp_path / "a" / "b"))
    assert os.listdir(tmp_path / "a" / "b") == []


def test_a_directory_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(StaplingError, match=r"cannot be written to \(Not a directory\)"):
        check_directory(str(tmp_path / "a" / "b"))
