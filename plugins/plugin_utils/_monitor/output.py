# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look has seen, for people, for Nagios and Icinga, and for programs."""

from __future__ import annotations

import json

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor import levels
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import Look, Staple
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.state import State

# As many as fit on a page of a web interface.
_MOST = 5


def level_of(state: State, *, now: float, stale_after: float) -> tuple[int, str]:
    """Return the exit code and, where nothing is known, the reason."""
    if state.failure is not None:
        return levels.UNKNOWN, f"the look failed: {state.failure}"
    if state.seen is None:
        return levels.UNKNOWN, "nobody has looked at this host yet"
    if now - state.seen.moment > stale_after:
        return levels.UNKNOWN, f"the last look was {int(now - state.seen.moment)} seconds ago"
    if state.seen.moment - now > stale_after:
        return levels.UNKNOWN, "the last look lies in the future; check the clock of this host"
    return levels.worst(state.seen, now), ""


def nagios(state: State, *, now: float, stale_after: float) -> str:
    """Return one line with performance data, as monitoring plugins print it."""
    level, reason = level_of(state, now=now, stale_after=stale_after)
    head = f"OCSP STAPLING {levels.NAMES[level]}: "
    if level == levels.UNKNOWN or state.seen is None:
        return head + _one_line(reason)
    seen = state.seen
    bad = _bad(seen, now)
    shown = ", ".join(bad[:_MOST]) + (f" and {len(bad) - _MOST} more" if len(bad) > _MOST else "")
    count = len(seen.staples)
    good = sum(staple.acceptable for staple in seen.staples)
    summary = f"{good} of {count} acceptable" + (f": {shown}" if bad else "")
    if not seen.running and not seen.problems:
        summary = "httpd is stopped, as it may be"
    numbers = [f"'acceptable'={good};{count}:;{count}:;0;{count}"]
    ends = [staple.next_update for staple in seen.staples if staple.next_update is not None]
    if ends:
        numbers.append(f"'seconds_left'={int(min(ends) - now)}s")
    return head + _one_line(summary).replace("|", "/") + " | " + " ".join(numbers)


def text(state: State, *, now: float, stale_after: float) -> str:
    """Return the look for a person: one line for each staple, problem and responder."""
    level, reason = level_of(state, now=now, stale_after=stale_after)
    lines = [f"{levels.NAMES[level]}{f': {reason}' if reason else ''}"]
    if state.seen is not None:
        seen = state.seen
        lines.append(f"httpd {seen.httpd} {'runs' if seen.running else 'does not run'}, engine {seen.engine}")
        lines += [f"  {_one_line(problem.message)}" for problem in seen.problems]
        lines += [f"  {staple.name}  {_standing(staple, now)}" for staple in seen.staples]
        lines += [
            f"  {answer.responder}  {'answers' if answer.success else _one_line(answer.message or 'fails')}"
            for answer in seen.answers
        ]
        lines += [f"  {count} to {action} ({reason})" for action, reason, count in seen.vhosts]
    if state.complaint is not None:
        lines.append(f"  metrics: {state.complaint}")
    return "\n".join(lines)


def as_json(state: State, *, now: float, stale_after: float) -> str:
    """Return all that is known as one JSON object."""
    level, reason = level_of(state, now=now, stale_after=stale_after)
    return json.dumps(
        {
            "level": levels.NAMES[level].lower(),
            "reason": reason or None,
            "last_run": state.last_run,
            "metrics_problem": state.complaint,
            "look": state.seen.as_data() if state.seen is not None else None,
        },
        indent=2,
    )


def _bad(seen: Look, now: float) -> list[str]:
    words = [(staple, *levels.staple_word(staple, now)) for staple in seen.staples]
    ranked = sorted((entry for entry in words if entry[1] != levels.OK), key=lambda entry: -entry[1])
    return [problem.code for problem in seen.problems] + [f"{staple.name} {word}" for staple, _level, word in ranked]


def _standing(staple: Staple, now: float) -> str:
    _level, word = levels.staple_word(staple, now)
    left = f", {int(staple.next_update - now)} seconds left" if staple.next_update is not None else ""
    more = f": {_one_line(staple.message)} {_one_line(staple.hint or '')}".rstrip() if staple.message else ""
    return f"{word}{left}{more}"


def _one_line(sentence: str) -> str:
    return " ".join(sentence.split())
