# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the responses of a responder live, and whether httpd replaces them before they end."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import MOD_MD, MOD_SSL

JAVA_GRACE = 15 * 60
"""Seconds for which Java takes a response without nextUpdate, after its thisUpdate."""

SHORTEST_TIMEOUT = 5
"""Seconds for which mod_ssl has to keep a response at least: with less, every handshake would ask the responder."""

# As httpd 2.4 does it (md_ocsp.c, mod_md_ocsp.c): mod_md asks again once a third of the life is left, by the default
# of MDStaplingRenewWindow. If that moment has passed when a response comes, it asks in an hour, and hands out the old
# one all the while. In the last minute, each process of httpd looks once a second for what another one has fetched.
_RENEW_WINDOW = 0.33
_LOOKS_EVERY = 3600
# Ten seconds of window: one failure, after which mod_md waits 5 seconds, and two answers.
_SHORTEST_LIFE = {MOD_SSL: 2 * SHORTEST_TIMEOUT, MOD_MD: 30}


def shortest_life(responses: Sequence[t.Any]) -> int | None:
    """
    Return the seconds from thisUpdate to nextUpdate of the response that lives shortest, or None of none.

    `responses` are results of ocsp_response_info; only acceptable ones count. It is the whole life, not what is left
    of it, which would be another number each time. One without nextUpdate lives for as long as Java takes it.
    """
    lives = [_life(response) for response in responses if isinstance(response, Mapping) and response.get("acceptable")]
    return min((life for life in lives if life is not None), default=None)


def why_not_replaced(
    engine: str, *, this_update: datetime, next_update: datetime | None, now: datetime
) -> tuple[str, str] | None:
    """Return the word and the details where this engine would staple the response after its end, or not at all."""
    if next_update is None:
        return ("no_next_update", "mod_md staples no such response") if engine == MOD_MD else None
    life, left = (int((next_update - since).total_seconds()) for since in (this_update, now))
    if life < _SHORTEST_LIFE[engine]:
        return "lifetime_too_short", f"it lives for {life} s, and {engine} needs {_SHORTEST_LIFE[engine]} s"
    if engine == MOD_MD and left < min(life * _RENEW_WINDOW, _LOOKS_EVERY):
        return "lifetime_too_short", f"{left} s of {life} s are left, and mod_md asks again in an hour"
    return None


def _life(response: Mapping[str, t.Any]) -> int | None:
    begin, end = (read_time(response.get(key)) for key in ("this_update", "next_update"))
    if begin is None:
        return None
    return JAVA_GRACE if end is None else int((end - begin).total_seconds())


def read_time(text: t.Any) -> datetime | None:
    """Return the time that a module has written in its result, None for what is none."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
