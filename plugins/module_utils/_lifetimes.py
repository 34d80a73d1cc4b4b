# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the responses of a responder live."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone


def shortest_life(responses: Sequence[t.Any]) -> int | None:
    """
    Return the seconds from thisUpdate to nextUpdate of the response that lives shortest, or None of none.

    `responses` are results of ocsp_response_info; only acceptable ones count. It is the whole life, not what is left
    of it, which would be another number each time.
    """
    lives = [_life(response) for response in responses if isinstance(response, Mapping) and response.get("acceptable")]
    return min((life for life in lives if life is not None), default=None)


def _life(response: Mapping[str, t.Any]) -> int | None:
    begin, end = (_moment(response.get(key)) for key in ("this_update", "next_update"))
    return int((end - begin).total_seconds()) if begin is not None and end is not None else None


def _moment(text: t.Any) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
