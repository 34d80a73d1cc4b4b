# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.tests.unit.support.hosts import directive, info, vhost


def lived(minutes):
    end = f"2026-01-0{1 + minutes // 1440}T{minutes % 1440 // 60:02}:{minutes % 60:02}:00Z"
    return {"acceptable": True, "this_update": "2026-01-01T00:00:00Z", "next_update": end}


def time_lines(*answers, policy=None, **host):
    plan = make_plan(info(vhost("a"), **host), policy or {}, list(answers) or None)
    return [line for line in plan["directives"] if "Skew" in line or "CacheTimeout" in line]


SKEW = "SSLStaplingResponseTimeSkew 5"
MANAGED = {"directives": [directive("SSLStaplingStandardCacheTimeout", "300", managed=True)]}


def test_no_staple_after_its_end():
    assert time_lines() == [SKEW]


@pytest.mark.parametrize(
    "minutes, timeout", [(2, 60), (30, 900), (119, 3570), (120, None), (1440, None), (7200, None), (0, 5)]
)
def test_half_of_the_shortest_life(minutes, timeout):
    expected = [SKEW] if timeout is None else [SKEW, f"SSLStaplingStandardCacheTimeout {timeout}"]
    assert time_lines(lived(minutes)) == expected
    assert time_lines(lived(7200), lived(minutes), lived(1440)) == expected


def test_a_run_that_asks_nobody_or_somebody_else_changes_nothing():
    kept = [SKEW, "SSLStaplingStandardCacheTimeout 300"]
    assert time_lines(**MANAGED) == kept
    assert time_lines(lived(7200), **MANAGED) == kept
    assert time_lines(lived(30), **MANAGED) == kept
    assert time_lines(lived(2), **MANAGED) == [SKEW, "SSLStaplingStandardCacheTimeout 60"]


def test_the_site_s_own_setting_is_not_taken_for_the_collection_s():
    assert time_lines(directives=[directive("SSLStaplingStandardCacheTimeout", "300")]) == [SKEW]


def test_the_operator_s_word_counts():
    policy = {"extra_directives": {"SSLStaplingResponseTimeSkew": 60, "SSLStaplingStandardCacheTimeout": 1800}}
    assert time_lines(lived(2), policy=policy) == [
        "SSLStaplingResponseTimeSkew 60",
        "SSLStaplingStandardCacheTimeout 1800",
    ]


def test_mod_md_renews_by_itself():
    policy = {"engine": "mod_md"}
    assert time_lines(lived(2), policy=policy) == []


@pytest.mark.parametrize("answers", ["x", {}, 5])
def test_what_are_no_answers(answers):
    with pytest.raises(InfoError):
        make_plan(info(vhost("a")), {}, answers)
