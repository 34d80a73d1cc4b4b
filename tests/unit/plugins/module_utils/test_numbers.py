# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._numbers import Range


@pytest.mark.parametrize("value", [0.001, 1, 3600])
def test_numbers_in_range(value: float) -> None:
    assert Range(0, 3600, inclusive=False).refusal("timeout", value) is None


@pytest.mark.parametrize("value", [0, -1, 3600.5, 10**14, math.inf, -math.inf, math.nan])
def test_numbers_that_make_no_sense(value: float) -> None:
    refusal = Range(0, 3600, inclusive=False).refusal("timeout", value)
    assert refusal == f"timeout is {value}, and has to be more than 0 and at most 3600"


def test_the_lowest_may_be_included() -> None:
    assert Range(0, 10).refusal("retries", 0) is None
    assert Range(0, 10).refusal("retries", -1) == "retries is -1, and has to be at least 0 and at most 10"
