# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor import levels, output
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.state import State
from ansible_collections.stapling.httpd.tests.unit.support.looks import NOW, missing, problem, seen, staple

AGE = 3 * 3600.0
GOOD = State(seen(staple()), NOW)
BAD = State(seen(staple(), missing(required=True)), NOW)


@pytest.mark.parametrize(
    ("state", "now", "level"),
    [
        (GOOD, NOW, levels.OK),
        (State(seen(staple(), missing()), NOW), NOW, levels.WARNING),
        (BAD, NOW, levels.CRITICAL),
        (State(seen(staple()), NOW, failure="config_invalid: no"), NOW, levels.UNKNOWN),
        (State(), NOW, levels.UNKNOWN),
        (GOOD, NOW + AGE + 1, levels.UNKNOWN),
        # The clock was set back.
        (GOOD, NOW - AGE - 1, levels.UNKNOWN),
    ],
)
def test_the_exit_code_and_the_first_word(state: State, now: float, level: int) -> None:
    assert output.level_of(state, now=now, stale_after=AGE)[0] == level
    line = output.nagios(state, now=now, stale_after=AGE)
    assert line.startswith(f"OCSP STAPLING {levels.NAMES[level]}: ")
    assert "\n" not in line
    assert output.text(state, now=now, stale_after=AGE).startswith(levels.NAMES[level])
    assert json.loads(output.as_json(state, now=now, stale_after=AGE))["level"] == levels.NAMES[level].lower()


def test_one_line_for_nagios() -> None:
    assert output.nagios(BAD, now=NOW, stale_after=AGE) == (
        "OCSP STAPLING CRITICAL: 1 of 2 acceptable: bank.example.org:443 rsa no_staple"
        " | 'acceptable'=1;2:;2:;0;2 'seconds_left'=518400s"
    )


def test_a_name_cannot_end_the_line_or_begin_the_performance_data() -> None:
    line = output.nagios(State(seen(missing("a|b\nc")), NOW), now=NOW, stale_after=AGE)
    assert line.count("|") == 1 and "\n" not in line


def test_of_many_the_worst_are_named() -> None:
    many = [missing(f"v{number}.example.org") for number in range(20)]
    line = output.nagios(State(seen(*many, missing("z.example.org", required=True)), NOW), now=NOW, stale_after=AGE)
    assert "0 of 21 acceptable: z.example.org:443 rsa no_staple, " in line and "and 16 more" in line


def test_a_problem_of_the_configuration_comes_first() -> None:
    state = State(seen(staple(), problems=(problem("managed_file_missing"),)), NOW)
    assert "1 of 1 acceptable: managed_file_missing |" in output.nagios(state, now=NOW, stale_after=AGE)
    assert "The sentence of managed_file_missing." in output.text(state, now=NOW, stale_after=AGE)


def test_a_httpd_that_is_stopped_on_purpose_is_no_problem() -> None:
    state = State(seen(running=False), NOW)
    assert output.nagios(state, now=NOW, stale_after=AGE).startswith("OCSP STAPLING OK: httpd is stopped")
