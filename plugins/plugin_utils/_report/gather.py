# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a play as one of its tasks sees them: less than the callback does."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import make_host
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.messages import message_of
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.plays import FACT
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.run import timestamp
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.tracker import state_of

_DROPPED = "The play has dropped this host; the callback stapling.httpd.stapling_report would say why."
_NOT_REACHED = "The run has not come to a result of this host so far."


def gather(
    hosts: Collection[str], active: Collection[str], variables: Callable[[str], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the entries of all hosts of a play.

    `active` are those that the play has not dropped; `variables` returns what Ansible knows of a host.
    """
    active = frozenset(active)
    return [_entry(host, host in active, variables(host)) for host in hosts]


def _entry(host: str, active: bool, variables: Mapping[str, Any]) -> dict[str, Any]:
    found = variables.get(FACT)
    # Without Ansible's own types, which carry tags.
    result = json.loads(json.dumps(found, default=str)) if isinstance(found, Mapping) else {}
    state, message = state_of(result) if result else (words.NOT_REACHED, _NOT_REACHED)
    trouble = _trouble(variables)
    if trouble is not None and (not result or trouble[0] == words.UNREACHABLE):
        state, message = trouble
    elif not result and not active:
        state, message = words.FAILED, _DROPPED
    try:
        return make_host(host, result, state=state, message=message, finished=timestamp())
    except ValueError as error:
        return make_host(host, {}, state=words.FAILED, message=str(error), finished=timestamp())


def _trouble(variables: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return state and message of a host that a registered task could not reach, or failed on."""
    registered = [value for value in variables.values() if isinstance(value, Mapping) and "msg" in value]
    for key, state in (("unreachable", words.UNREACHABLE), ("failed", words.FAILED)):
        for value in registered:
            if value.get(key) is True:
                return state, message_of(value)
    return None
