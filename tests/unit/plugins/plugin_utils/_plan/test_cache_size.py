# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache: its geometry as httpd reports it, its size for so many certificates, and which one a host gets."""

from __future__ import annotations

import random

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._stapling_cache import SHMCB_LIMIT
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.cache_size import (
    fullest_part,
    holds,
    needed_bytes,
    shmcb_capacity,
    shmcb_geometry,
)
from ansible_collections.stapling.httpd.tests.unit.support.hosts import cert, plan, refusals, vhost


@pytest.mark.parametrize(
    "size, geometry",
    [
        (8192, (1, 5, 7968)),
        (9999, (1, 6, 9744)),
        (20000, (2, 6, 9792)),
        (32768, (2, 10, 16080)),
        (128000, (4, 21, 31456)),
        (131072, (4, 21, 32224)),
        (524288, (8, 43, 64472)),
        (589824, (8, 48, 72544)),
        (1179648, (16, 48, 72552)),
        (4000000, (32, 82, 123008)),
        (7864320, (32, 161, 241872)),
        (67043328, (128, 344, 515496)),
    ],
)
def test_geometry_is_the_one_that_httpd_logs(size, geometry):
    """From the debug log of httpd 2.4.71: subcache_num, index_num, subcache_data_size (AH00825, AH00829, AH00828)."""
    assert shmcb_geometry(size) == geometry


@pytest.mark.parametrize(
    "size, certificates, response_bytes, enough",
    [
        pytest.param(589824, 50, 4024, True, id="50: no fetch in a second pass"),
        pytest.param(2621440, 300, 4024, True, id="300: no fetch in a second pass"),
        pytest.param(1318912, 300, 2048, True, id="300, smaller responses: no fetch in a second pass"),
        pytest.param(7864320, 1000, 4024, True, id="1,000: no fetch in a second pass"),
        pytest.param(4000000, 1000, 1500, True, id="1,000 in 4,000,000 bytes: no fetch"),
        pytest.param(128000, 300, 1401, False, id="300 in 128,000 bytes: a fetch for each handshake"),
        pytest.param(128000, 1000, 1500, False, id="1,000 in 128,000 bytes: a fetch for each handshake"),
        pytest.param(32768, 40, 1500, False, id="40 in 32,768 bytes: no hits"),
        pytest.param(8192, 1, 2048, True, id="one in the smallest"),
        pytest.param(8192, 1, 10239, False, id="one that is larger than the smallest"),
    ],
)
def test_holds_what_was_seen_to_be_held(size, certificates, response_bytes, enough):
    """Measured with httpd 2.4.71 and as many virtual hosts and certificates; the cache counts by its fullest part."""
    assert holds(size, certificates, response_bytes) is enough


def test_32768_bytes_have_room_for_twenty():
    parts, capacity = shmcb_capacity(32768, 1400)
    assert parts * capacity == 20


@pytest.mark.parametrize("certificates, parts", [(10, 8), (50, 8), (300, 16), (1000, 32)])
def test_the_fullest_part_is_not_fuller_than_reckoned(certificates, parts):
    """But for one case in a thousand: more than three in two hundred would be another law than that of dice."""
    dice = random.Random(certificates)
    bound = fullest_part(certificates, parts)
    worse = 0
    for _throw in range(200):
        counts = [0] * parts
        for _certificate in range(certificates):
            counts[dice.randrange(parts)] += 1
        worse += max(counts) > bound
    assert worse <= 3
    assert bound < certificates


@pytest.mark.parametrize("certificates", [0, 1, 2, 5, 20, 50, 300, 1000, 5000])
def test_needed_bytes_is_enough_and_not_absurd(certificates):
    size = needed_bytes(certificates, 4096)
    assert holds(size, certificates, 4096)
    assert 128 * 1024 <= size <= max(128 * 1024, 40000 * certificates, 10000 * certificates)


def test_needed_bytes_grows_and_stays_in_bounds():
    sizes = [needed_bytes(certificates, 4096) for certificates in (1, 10, 100, 1000, 10000, 50000)]
    assert sizes == sorted(sizes)
    assert sizes[-1] < SHMCB_LIMIT


@pytest.mark.parametrize("argument", ["none", "shmcb:logs/x(8191)", "shmcb:logs/x(12k)", "dbm:"])
def test_an_argument_that_httpd_would_refuse_is_not_written(argument):
    result = plan(vhost("a"), policy={"cache": argument})
    assert result["safe"] is False and refusals(result) == ["cache_invalid"] and result["cache"] is None


def many(count):
    return [vhost(f"v{number}", cert(f"v{number}")) for number in range(count)]
