# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument of SSLStaplingCache, taken apart and checked.

https://httpd.apache.org/docs/2.4/mod/mod_ssl.html#sslstaplingcache, https://httpd.apache.org/docs/2.4/socache.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

PROVIDERS = {
    "shmcb": "socache_shmcb",
    "dbm": "socache_dbm",
    "memcache": "socache_memcache",
    "redis": "socache_redis",
    "dc": "socache_dc",
}
"""Each kind of cache that httpd has, and the module that provides it, without `mod_`."""

SHMCB_SMALLEST = 8192
"""Bytes of the smallest shmcb cache that httpd accepts."""

SHMCB_LIMIT = 64 * 1024 * 1024
"""Bytes below which httpd wants a shmcb cache to stay."""

SHMCB_DEFAULT = 512 * 1024
"""Bytes of a shmcb cache without a size."""


class CacheError(StaplingError):
    """An SSLStaplingCache argument that httpd would not accept."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_cache", message)


@dataclass(frozen=True)
class Cache:
    """An SSLStaplingCache argument; `path` is what follows the kind, `bytes` the size of a cache in shared memory."""

    argument: str
    provider: str
    path: str | None
    bytes: int | None

    @property
    def module(self) -> str | None:
        """The module that provides this kind of cache, None for a kind that is not httpd's own."""
        return PROVIDERS.get(self.provider)


def read_cache(argument: str) -> Cache:
    """Take an argument apart that httpd has accepted: `shmcb:PATH(BYTES)`, `dbm:PATH`, or a kind alone."""
    provider, separator, rest = argument.partition(":")
    path: str | None = rest if separator else None
    size = None
    if provider == "shmcb":
        size = SHMCB_DEFAULT
        match = re.match(r"(.*)\(([0-9]+)\)\Z", rest, re.DOTALL)
        if match:
            path, size = match.group(1), int(match.group(2))
    return Cache(argument, provider, path, size)


def parse_cache(argument: str) -> Cache:
    """Take an argument apart that is to be written. Raises CacheError if httpd would not accept it."""
    cache = read_cache(argument)
    if cache.module is None:
        raise CacheError(f"{cache.provider!r} is not a cache provider of httpd; it has {', '.join(sorted(PROVIDERS))}")
    if cache.provider != "shmcb":
        if not cache.path:
            raise CacheError(f"{cache.provider}: needs an argument")
        return cache
    if cache.path is not None and (not cache.path or "(" in cache.path or ")" in cache.path):
        raise CacheError(f"{argument!r} does not look like shmcb:PATH(BYTES)")
    size = cache.bytes if cache.bytes is not None else SHMCB_DEFAULT
    if size < SHMCB_SMALLEST:
        raise CacheError(f"a cache of {size} bytes is below the {SHMCB_SMALLEST} that httpd insists on")
    if size >= SHMCB_LIMIT:
        raise CacheError(f"a cache of {size} bytes is not below the {SHMCB_LIMIT} that httpd allows")
    return cache
