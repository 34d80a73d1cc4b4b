# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How bad a thing is, by the exit codes of monitoring plugins (https://www.monitoring-plugins.org/doc/guidelines.html)."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import Look, Staple

OK = 0
WARNING = 1
CRITICAL = 2
UNKNOWN = 3
NAMES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")

# With less than this part of its life left, a staple should have been renewed: mod_md renews at a third.
SOON = 0.25
# A CA has the next response ready eight hours before; whoever has none at half of that will not get it by itself.
LAST_HOURS = 4 * 3600
# Responses with shorter lives are renewed at half of it.
SHORT_LIFE = 16 * 3600

# What does not cut anybody off, now or at the next reload.
_MILD = ("stapling_overridden",)


def staple_word(staple: Staple, now: float) -> tuple[int, str]:
    """Return how bad it stands with a staple at this moment, and the word for it: `acceptable` where all is well."""
    if staple.next_update is not None and staple.next_update <= now:
        return CRITICAL, staple.problem or "stale"
    if not staple.acceptable:
        return (CRITICAL if staple.required else WARNING), staple.problem or "not_acceptable"
    if staple.next_update is not None and staple.this_update is not None:
        left, life = staple.next_update - now, staple.next_update - staple.this_update
        if left < LAST_HOURS and life >= SHORT_LIFE:
            return CRITICAL, "about_to_expire"
        if left < SOON * life:
            return WARNING, "expires_soon"
    return OK, "acceptable"


def problem_level(code: str) -> int:
    """Return how bad a problem of the configuration is."""
    return WARNING if code in _MILD else CRITICAL


def worst(look: Look, now: float) -> int:
    """Return the worst of all that a look has seen."""
    levels: t.Iterator[int] = (staple_word(staple, now)[0] for staple in look.staples)
    return max([OK, *levels, *(problem_level(problem.code) for problem in look.problems)])
