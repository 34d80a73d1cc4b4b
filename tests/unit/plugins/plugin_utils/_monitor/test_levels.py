# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor import levels
from ansible_collections.stapling.httpd.tests.unit.support.looks import DAY, NOW, missing, problem, seen, staple

HOUR = 3600.0


@pytest.mark.parametrize(
    ("age", "left", "level", "word"),
    [
        (DAY, 6 * DAY, levels.OK, "acceptable"),
        (5.4 * DAY, 1.6 * DAY, levels.WARNING, "expires_soon"),
        (6.9 * DAY, 3.9 * HOUR, levels.CRITICAL, "about_to_expire"),
        (7 * DAY, 0.0, levels.CRITICAL, "stale"),
        # The hours before the end count for responses that live for days.
        (2 * HOUR, 3 * HOUR, levels.OK, "acceptable"),
        (4 * HOUR, 1 * HOUR, levels.WARNING, "expires_soon"),
    ],
)
def test_a_good_staple_by_what_is_left_of_its_life(age: float, left: float, level: int, word: str) -> None:
    found = levels.staple_word(staple(this_update=NOW - age, next_update=NOW + left), NOW)
    assert found == (level, word)


def test_a_staple_without_an_end_is_not_about_to_end() -> None:
    assert levels.staple_word(staple(next_update=None), NOW) == (levels.OK, "acceptable")


def test_what_is_missing_is_critical_where_clients_insist_on_it() -> None:
    assert levels.staple_word(missing(), NOW) == (levels.WARNING, "no_staple")
    assert levels.staple_word(missing(required=True), NOW) == (levels.CRITICAL, "no_staple")


def test_the_worst_counts() -> None:
    assert levels.worst(seen(), NOW) == levels.OK
    assert levels.worst(seen(staple(), missing()), NOW) == levels.WARNING
    assert levels.worst(seen(staple(), missing(), problems=(problem("managed_file_missing"),)), NOW) == levels.CRITICAL
    assert levels.worst(seen(problems=(problem("stapling_overridden"),)), NOW) == levels.WARNING
