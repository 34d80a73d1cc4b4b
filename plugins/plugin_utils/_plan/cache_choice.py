# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SSLStaplingCache a host gets: the site's own, else the one that the policy names, else one of fitting size."""

from __future__ import annotations

import posixpath
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._stapling_cache import (
    SHMCB_LIMIT,
    Cache,
    CacheError,
    parse_cache,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.cache_size import (
    GENEROUS_RESPONSE,
    SMALLEST_AUTO,
    TYPICAL_RESPONSE,
    held_certificates,
    holds,
    needed_bytes,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Directive, Observed
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Policy

_NAME = "SSLStaplingCache"


def choose_cache(observed: Observed, policy: Policy, *, certificates: int, notes: Notes) -> dict[str, t.Any] | None:
    """Return the cache of the plan for this number of certificates, or None where the notes say why there is none."""
    found = observed.server_directives(_NAME)
    site = [directive for directive in found if not directive.managed]
    managed = [directive for directive in found if directive.managed]
    needed = needed_bytes(certificates, policy.response_bytes or GENEROUS_RESPONSE)
    if site and not _may_replace(site[-1], policy, certificates=certificates, notes=notes):
        return _site_cache(site, policy, certificates=certificates, needed=needed, notes=notes)
    if policy.cache == "auto":
        cache = parse_cache(_auto_argument(observed, policy, certificates=certificates, managed=managed))
    else:
        try:
            cache = parse_cache(policy.cache)
        except CacheError as error:
            notes.refuse(words.CACHE_INVALID, f"The cache {policy.cache} is refused: {error}")
            return None
    warning = _too_small(cache, policy, certificates=certificates, needed=needed)
    directory = _directory(cache, observed)
    if directory is not None and policy.cache_directory_exists is False:
        notes.refuse(
            words.CACHE_DIRECTORY_MISSING,
            f"The cache {cache.argument} needs the directory {directory}, which does not exist: httpd would pass "
            "its own "
            "check and then die; create it, or use shmcb, which needs none",
        )
        return None
    if warning:
        notes.warn(words.CACHE_TOO_SMALL, warning)
    return _entry(cache, action="write", needed=needed, warning=warning, directory=directory)


def kept_cache(observed: Observed) -> dict[str, t.Any] | None:
    """Return the managed cache, which stays although nothing uses it; None if the host has none.

    A graceful reload that takes SSLStaplingCache away kills httpd, since mod_ssl goes on with what it remembers of it.
    """
    managed = [directive for directive in observed.server_directives(_NAME) if directive.managed]
    cache = _parsed(managed[-1].value) if managed else None
    return _entry(cache, action="write", needed=0, warning=None, directory=None) if cache is not None else None


def harmless_cache(observed: Observed) -> dict[str, t.Any]:
    """Return the smallest cache that is chosen for any host, for an httpd that must have one and use none."""
    cache = parse_cache(f"shmcb:{_auto_path(observed)}({SMALLEST_AUTO})")
    return _entry(cache, action="write", needed=0, warning=None, directory=None)


def _auto_argument(observed: Observed, policy: Policy, *, certificates: int, managed: list[Directive]) -> str:
    configured = _parsed(managed[-1].value) if managed else None
    # Never below what runs already: a cache that shrinks with the certificates would grow again with them.
    smallest = max(SMALLEST_AUTO, (configured.bytes or 0) if configured else 0)
    size = needed_bytes(certificates, policy.response_bytes or GENEROUS_RESPONSE, smallest=smallest)
    return f"shmcb:{_auto_path(observed)}({size})"


def _auto_path(observed: Observed) -> str:
    """Return the path of a new cache: httpd's own default, or one that fits Debian, whose ServerRoot has no logs."""
    directory = observed.runtime_dir or ""
    plain = directory.isascii() and all(character.isalnum() or character in "/._+-@" for character in directory)
    if observed.layout == "debian" and plain and posixpath.isabs(directory):
        return posixpath.join(directory, "stapling_cache")
    return "logs/stapling_cache"


def _may_replace(site: Directive, policy: Policy, *, certificates: int, notes: Notes) -> bool:
    """Tell whether a larger cache is written beside the site's own, which is too small and is read earlier."""
    cache = _parsed(site.value)
    if policy.cache != "auto" or not site.precedes_managed or cache is None or _holds(cache, policy, certificates):
        return False
    notes.warn(
        words.CACHE_REPLACED,
        f"The cache {cache.argument} at {site.place} holds the responses of {_held(cache, policy)} certificates, and "
        f"there are {certificates}; a larger one is written, which httpd reads later and takes instead",
    )
    return True


def _holds(cache: Cache, policy: Policy, certificates: int) -> bool:
    return cache.bytes is None or holds(cache.bytes, certificates, policy.response_bytes or TYPICAL_RESPONSE)


def _held(cache: Cache, policy: Policy) -> int:
    return held_certificates(cache.bytes or 0, policy.response_bytes or TYPICAL_RESPONSE)


def _site_cache(
    site: list[Directive], policy: Policy, *, certificates: int, needed: int, notes: Notes
) -> dict[str, t.Any]:
    """Return the site's own cache, which is kept: httpd silently takes the last of two, so another would hide it."""
    counts = site[-1]
    if len(site) > 1:
        places = ", ".join(directive.place for directive in site)
        notes.warn(words.CACHE_DUPLICATE, f"SSLStaplingCache stands at {places}; httpd uses the last one only")
    if policy.cache not in ("auto", counts.value):
        notes.warn(
            words.CACHE_EXISTS,
            f"The cache {policy.cache} was not written: {counts.place} sets {counts.value} already; change or "
            "remove that line",
        )
    cache = _parsed(counts.value)
    if cache is None:
        return {
            "directive": f"{_NAME} {counts.arguments.strip()}",
            "action": "keep",
            "path": None,
            "bytes": None,
            "needed_bytes": needed,
            "module": None,
            "warning": None,
            "directory": None,
        }
    warning = _too_small(cache, policy, certificates=certificates, needed=needed, place=counts.place)
    if warning:
        notes.warn(words.CACHE_TOO_SMALL, warning)
    return _entry(cache, action="keep", needed=needed, warning=warning, directory=None)


def _parsed(argument: str) -> Cache | None:
    try:
        return parse_cache(argument)
    except CacheError:
        return None


def _too_small(cache: Cache, policy: Policy, *, certificates: int, needed: int, place: str | None = None) -> str | None:
    if cache.bytes is None or _holds(cache, policy, certificates):
        return None
    what = f"The cache {cache.argument}{f' at {place}' if place else ''}"
    if needed >= SHMCB_LIMIT // 2 and cache.bytes >= needed:
        return f"{what} is as large as httpd allows and may still be too small for {certificates} certificates"
    return (
        f"{what} is too small for {certificates} certificates, as it holds the responses of {_held(cache, policy)}: "
        "httpd would ask the responders again and again; "
        f"{needed} bytes would do"
    )


def _directory(cache: Cache, observed: Observed) -> str | None:
    """Return the directory for the file of a dbm cache, or None: the shared memory of shmcb needs no place on disk."""
    if cache.provider != "dbm" or cache.path is None:
        return None
    # What a variable of httpd stands for is not known here; httpd's death after the reload would tell, and be undone.
    if "${" in cache.path:
        return None
    return posixpath.dirname(posixpath.join(observed.server_root or "/", cache.path))


def _entry(cache: Cache, *, action: str, needed: int, warning: str | None, directory: str | None) -> dict[str, t.Any]:
    return {
        "directive": f'{_NAME} "{cache.argument}"',
        "action": action,
        "path": cache.path,
        "bytes": cache.bytes,
        "needed_bytes": needed,
        "module": cache.module,
        "warning": warning,
        "directory": directory,
    }
