# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play and its tasks are about, as a callback sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

FACT = "ocsp_stapling_result"
ROLE = "ocsp_stapling"
_COLLECTION = "stapling.httpd"
_SET_FACT = frozenset(("set_fact", "ansible.builtin.set_fact", "ansible.legacy.set_fact"))
_FAIL = frozenset(("fail", "ansible.builtin.fail", "ansible.legacy.fail"))


def staples(play: Any) -> bool:
    """Return whether the text of a play has the role ocsp_stapling in it, or sets the fact that is its result."""
    if any(role.get_name(include_role_fqcn=False) == ROLE for role in play.roles):
        return True
    lists = (play.pre_tasks, play.tasks, play.post_tasks)
    return any(_is_about_stapling(task) for tasks in lists for task in _flat(tasks))


def _flat(entries: Iterable[Any]) -> Iterator[Any]:
    """Yield the tasks of blocks, however deep they are."""
    for entry in entries:
        if hasattr(entry, "rescue"):
            yield from _flat([*entry.block, *entry.rescue, *entry.always])
        else:
            yield entry


def _is_about_stapling(task: Any) -> bool:
    role = getattr(task, "_role_name", None)
    if role is not None and str(role).rpartition(".")[2] == ROLE:
        return True
    if task._role is not None and task._role.get_name(include_role_fqcn=False) == ROLE:
        return True
    return sets_facts(task) and FACT in task.args


def variables_of(play: Any, host: str | None = None) -> dict[str, Any]:
    """Return the variables of a play, or of one of its hosts."""
    manager = play.get_variable_manager()
    if host is None:
        variables: dict[str, Any] = manager.get_vars(play=play)
        return variables
    found: dict[str, Any] = manager.get_vars(play=play, host=manager._inventory.get_host(host))
    return found


def pattern_of(play: Any) -> str:
    """Return the pattern that the play names its hosts with."""
    return play.hosts if isinstance(play.hosts, str) else ",".join(map(str, play.hosts))


def sets_facts(task: Any) -> bool:
    """Return whether a task is set_fact: what a managed host returns cannot pass for a result of the role."""
    return task.action in _SET_FACT


def fails_on_purpose(task: Any) -> bool:
    """Return whether a task is there to fail: it only tells what the result of the host says already."""
    return task.action in _FAIL


def results_in(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each ocsp_stapling_result that a set_fact has set, one in a loop too."""
    items = result.get("results")
    for item in (result, *(items if isinstance(items, list) else ())):
        facts = item.get("ansible_facts") if isinstance(item, Mapping) else None
        if isinstance(facts, Mapping) and isinstance(facts.get(FACT), Mapping):
            yield facts[FACT]


def is_of_collection(task: Any) -> bool:
    """Return whether a task belongs to a role of this collection."""
    role = task._role
    return role is not None and str(role.get_name(include_role_fqcn=True)).startswith(f"{_COLLECTION}.")


def will_be_rescued(task: Any) -> bool:
    """Return whether a task stands in a block whose rescue runs when the task fails."""
    child, parent = task, task._parent
    while parent is not None:
        if getattr(parent, "rescue", None) and any(child._uuid == entry._uuid for entry in parent.block):
            return True
        child, parent = parent, parent._parent
    return False
