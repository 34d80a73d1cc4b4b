# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.merge import merge, states_of_run, to_line
from ansible_collections.stapling.httpd.tests.unit.support import reports

RUN = {"id": "run1"}


def line(host: str, state: str, finished: str, run: str = "run1") -> dict:
    return to_line({**reports.lost(host, state), "finished": finished}, {"id": run})


def write(path: Path, *lines: object) -> str:
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines))
    return str(path)


def test_the_last_word_counts_in_whatever_file_it_stands(tmp_path: Path) -> None:
    early, late = "2026-11-28T09:59:59.9Z", "2026-11-28T12:00:00.000001+02:00"
    write(tmp_path / "a.jsonl", line("web1", "enabled", late, "run2"), line("web2", "failed", early))
    write(tmp_path / "b.jsonl", line("web1", "failed", early))
    merged = merge([f"{tmp_path}/*.jsonl"])
    assert [(entry["host"], entry["state"], entry["run_id"]) for entry in merged.entries] == [
        ("web1", "enabled", "run2"),
        ("web2", "failed", "run1"),
    ]
    assert set(merged.runs) == {"run1", "run2"}


GOOD = line("web1", "failed", reports.FINISHED)


@pytest.mark.parametrize(
    "broken, words",
    [
        ('{"schema": 1, "host": "we', "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ('"text"', "it is no object with a host"),
        ({**GOOD, "schema": 2}, "its schema is 2, and only 1 is known"),
        ({**GOOD, "run": {}}, "it does not say which run it is of"),
        ({**GOOD, "finished": "yesterday"}, "it does not say when"),
        ({**GOOD, "state": "fine"}, "state must be one of"),
        ({**GOOD, "vhosts": [{}]}, "a virtual host is not an object with an id"),
    ],
)
def test_a_line_that_is_none_is_left_out_and_named(tmp_path: Path, broken: object, words: str) -> None:
    path = write(tmp_path / "a.jsonl", broken, line("web2", "failed", reports.FINISHED))
    merged = merge([path])
    assert [entry["host"] for entry in merged.entries] == ["web2"]
    (skipped,) = merged.skipped
    assert skipped.startswith(f"{path}, line 1: ") and words in skipped


def test_a_pattern_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StaplingError, match="No file matches ocsp_stapling_report_from"):
        merge([f"{tmp_path}/*.jsonl"])


def test_a_run_finds_its_own_lines_again(tmp_path: Path) -> None:
    other = line("web2", "enabled", reports.FINISHED, "run2")
    path = write(tmp_path / "a.jsonl", GOOD, other, "half a li", {**GOOD, "state": "refused"})
    assert states_of_run(path, "run1") == {"web1": "refused"}
    assert states_of_run(f"{path}.none", "run1") == {}
