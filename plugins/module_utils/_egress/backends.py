# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every firewall backend, and the choice among them. A new one is registered here and nowhere else."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._firewall.errors import FirewallError
from .backend import Backend
from .backend_firewalld import FirewalldBackend
from .backend_nftables import NftablesBackend
from .backend_xtables import IptablesBackend, UfwBackend

# One that is built on another stands behind it.
BACKENDS: dict[str, type[Backend]] = {
    kind.name: kind for kind in (NftablesBackend, IptablesBackend, UfwBackend, FirewalldBackend)
}


def units_after(name: str) -> list[str]:
    """Return the systemd units that load the rules of this backend; none for C(none)."""
    return list(BACKENDS[name].units) if name in BACKENDS else []


@dataclass(frozen=True)
class Survey:
    """What filters output on a host.

    `filtering` are names of backends, `unreachable` are places where no opening would help, and `tools` the programs
    of the backends that are installed.
    """

    filtering: tuple[str, ...]
    unreachable: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


def survey() -> Survey:
    """Find out what filters output: a tool that may drop a new connection counts, not one that is only installed."""
    filtering: list[str] = []
    unreachable: list[str] = []
    claimed: set[str] = set()
    for kind in reversed(list(BACKENDS.values())):
        if not kind.readable():
            continue
        backend = kind()
        if kind.name not in claimed and backend.filters():
            filtering.append(kind.name)
        claimed.update(backend.claims())
        unreachable += backend.unreachable()
    tools = tuple(kind.tool for kind in BACKENDS.values() if kind.installed())
    return Survey(filtering=tuple(filtering), unreachable=tuple(unreachable), tools=tools)


def choose(*, requested: str, survey: t.Callable[[], Survey]) -> tuple[str, str]:
    """Return the name of the backend to use and the reason: C(opened), or why there is none to use."""
    if requested == "none":
        return "none", "not_wanted"
    if requested == "auto":
        found = survey()
        if found.unreachable:
            raise FirewallError(
                "firewall_not_understood",
                f"output is also filtered where no backend can open it ({', '.join(found.unreachable)}); "
                "name the backend, or open the path yourself and choose none",
            )
        if len(found.filtering) > 1:
            raise FirewallError(
                "two_firewalls",
                f"{' and '.join(found.filtering)} both filter output on this host; name the backend to use",
            )
        if not found.filtering:
            return "none", "open_output" if found.tools else "no_firewall"
        return found.filtering[0], "opened"
    kind = BACKENDS[requested]
    if not kind.installed():
        raise FirewallError("no_firewall_tool", f"{kind.tool} is not installed on this host")
    return requested, "opened"


def close_others(chosen: str, last_backend: str, *, check: bool) -> tuple[bool, list[str]]:
    """Take the openings out of every firewall but the chosen one.

    `last_backend` is the one that was used last, or an empty string. Return whether anything was there, and what.
    """
    changed, before = False, []
    done = {BACKENDS[chosen].place} if chosen else set()
    for kind in BACKENDS.values():
        if kind.place in done or not kind.installed():
            continue
        done.add(kind.place)
        backend = kind()
        try:
            lines = backend.current()
            differs = backend.plan((), None)
        except FirewallError:
            # A tool that is installed and cannot work holds no opening, unless it was used.
            if last_backend in BACKENDS and BACKENDS[last_backend].place == kind.place:
                raise
            continue
        before += lines
        if differs:
            changed = True
            if not check:
                backend.apply()
    return changed, before
