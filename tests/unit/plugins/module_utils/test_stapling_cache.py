# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arguments of SSLStaplingCache: those that httpd has, and those that it would refuse."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._stapling_cache import (
    Cache,
    CacheError,
    parse_cache,
    read_cache,
)


@pytest.mark.parametrize(
    ("argument", "cache"),
    [
        ("shmcb:/run/a(128000)", Cache("shmcb:/run/a(128000)", "shmcb", "/run/a", 128000)),
        ("shmcb:/run/stapling (x)(9000)", Cache("shmcb:/run/stapling (x)(9000)", "shmcb", "/run/stapling (x)", 9000)),
        ("shmcb:logs/a", Cache("shmcb:logs/a", "shmcb", "logs/a", 524288)),
        ("shmcb", Cache("shmcb", "shmcb", None, 524288)),
        ("dbm:/run/a", Cache("dbm:/run/a", "dbm", "/run/a", None)),
        ("memcache:h1:11211,h2", Cache("memcache:h1:11211,h2", "memcache", "h1:11211,h2", None)),
    ],
)
def test_caches(argument: str, cache: Cache) -> None:
    assert read_cache(argument) == cache


@pytest.mark.parametrize(
    "argument, provider, size",
    [
        ("shmcb:logs/stapling_cache(128000)", "shmcb", 128000),
        ("shmcb:/run/a b/x(8192)", "shmcb", 8192),
        ("shmcb:${APACHE_RUN_DIR}/x(67108863)", "shmcb", 67108863),
        ("shmcb:logs/x", "shmcb", 524288),
        ("shmcb", "shmcb", 524288),
        ("dbm:/var/cache/x", "dbm", None),
        ("memcache:127.0.0.1:11211", "memcache", None),
        ("redis:127.0.0.1:6379", "redis", None),
        ("dc:UNIX:/x", "dc", None),
    ],
)
def test_arguments_to_write(argument: str, provider: str, size: int | None) -> None:
    cache = parse_cache(argument)
    assert (cache.provider, cache.bytes) == (provider, size)
    assert cache == read_cache(argument)


@pytest.mark.parametrize(
    "argument",
    [
        "none",
        "SHMCB:logs/x(128000)",
        "shm:logs/x(128000)",
        "shmcb:logs/x(8191)",
        "shmcb:logs/x(0)",
        "shmcb:logs/x(-128000)",
        "shmcb:logs/x(67108864)",
        "shmcb:logs/x(99999999999999999999)",
        "shmcb:logs/x(12k)",
        "shmcb:logs/x()",
        "shmcb:logs/x(128000",
        "shmcb:logs/x128000)",
        "shmcb:(128000)",
        "shmcb:logs/x(128000)y",
        "dbm",
        "dbm:",
        "",
    ],
)
def test_arguments_that_httpd_would_refuse(argument: str) -> None:
    with pytest.raises(CacheError):
        parse_cache(argument)
