# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long responders let their responses live, and what mod_ssl has to be told so that no client sees an old one.

mod_ssl staples what it has in its cache for SSLStaplingStandardCacheTimeout seconds, and even after nextUpdate for
SSLStaplingResponseTimeSkew seconds; GnuTLS, NSS and Go refuse a response from its nextUpdate on.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.stapling.httpd.plugins.module_utils._lifetimes import SHORTEST_TIMEOUT, shortest_life
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Observed

# What a clock that NTP keeps may be off. The default of 300 is for a time when clocks were worse.
TIME_SKEW = 5
_SKEW = "SSLStaplingResponseTimeSkew"
_TIMEOUT = "SSLStaplingStandardCacheTimeout"
_DEFAULT_TIMEOUT = 3600


def time_directives(
    observed: Observed, answers: Sequence[Mapping[str, t.Any]], extra: Sequence[tuple[str, str]]
) -> list[str]:
    """
    Return the directives about time that mod_ssl needs, except for those that the operator gives.

    A timeout that the managed file has already stays where the answers say nothing shorter: a run that asks fewer
    responders, or none, changes nothing.
    """
    given = {name for name, _value in extra}
    lines = [] if _SKEW in given else [f"{_SKEW} {TIME_SKEW}"]
    timeouts = [_managed_timeout(observed), _timeout_for(shortest_life(answers))]
    known = [timeout for timeout in timeouts if timeout is not None]
    if known and _TIMEOUT not in given:
        lines.append(f"{_TIMEOUT} {min(known)}")
    return lines


def _timeout_for(life: int | None) -> int | None:
    """Return half of a life, where the default is more than that."""
    if life is None or life / 2 >= _DEFAULT_TIMEOUT:
        return None
    return max(SHORTEST_TIMEOUT, life // 2)


def _managed_timeout(observed: Observed) -> int | None:
    for directive in observed.server_directives(_TIMEOUT):
        if directive.managed and directive.value.isascii() and directive.value.isdigit() and len(directive.value) < 10:
            return int(directive.value)
    return None
