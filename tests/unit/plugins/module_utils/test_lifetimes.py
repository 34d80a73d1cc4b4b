# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._lifetimes import shortest_life, why_not_replaced

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def response(minutes: int, *, acceptable: bool = True) -> dict[str, t.Any]:
    return {
        "acceptable": acceptable,
        "this_update": "2026-01-01T12:00:00Z",
        "next_update": f"2026-01-01T{12 + minutes // 60:02}:{minutes % 60:02}:00Z",
    }


def test_the_shortest_counts() -> None:
    assert shortest_life([response(90), response(2), response(300)]) == 120


@pytest.mark.parametrize(
    "others",
    [
        [],
        [response(1, acceptable=False)],
        [{"acceptable": True}, {}, None, "x"],
    ],
)
def test_what_says_nothing_counts_for_nothing(others: list[t.Any]) -> None:
    assert shortest_life(others) is None
    assert shortest_life([*others, response(5)]) == 300


def test_one_without_an_end_lives_as_long_as_java_takes_it() -> None:
    endless = {"acceptable": True, "this_update": "2026-01-01T12:00:00Z", "next_update": None}
    assert shortest_life([endless, response(60)]) == 900


@pytest.mark.parametrize(
    ("engine", "age", "left", "word"),
    [
        ("mod_ssl", 0, 10, None),
        ("mod_ssl", 0, 9, "lifetime_too_short"),
        ("mod_ssl", 86300, 100, None),
        ("mod_md", 0, 120, None),
        ("mod_md", 0, 30, None),
        ("mod_md", 0, 29, "lifetime_too_short"),
        ("mod_md", 86300, 100, "lifetime_too_short"),
        ("mod_md", 60, 60, None),
        ("mod_md", 90, 30, "lifetime_too_short"),
        # By its next look in an hour, mod_md will still have a good one.
        ("mod_md", 86400 * 6, 3600, None),
        ("mod_md", 86400 * 6, 3599, "lifetime_too_short"),
    ],
)
def test_what_an_engine_replaces_in_time(engine: str, age: int, left: int, word: str | None) -> None:
    found = why_not_replaced(
        engine, this_update=NOW - timedelta(seconds=age), next_update=NOW + timedelta(seconds=left), now=NOW
    )
    assert (found and found[0]) == word


def test_mod_md_staples_nothing_without_an_end() -> None:
    assert why_not_replaced("mod_ssl", this_update=NOW, next_update=None, now=NOW) is None
    found = why_not_replaced("mod_md", this_update=NOW, next_update=None, now=NOW)
    assert found is not None and found[0] == "no_next_update"
