# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._lifetimes import shortest_life


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
        [{"acceptable": True, "this_update": "2026-01-01T12:00:00Z", "next_update": None}],
        [{"acceptable": True}, {}, None, "x"],
    ],
)
def test_what_says_nothing_counts_for_nothing(others: list[t.Any]) -> None:
    assert shortest_life(others) is None
    assert shortest_life([*others, response(5)]) == 300
