# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run iptables-save and iptables-restore: read the tables of both IP versions, have a change checked, make it."""

from __future__ import annotations

import typing as t

from . import host
from .errors import FirewallError
from .iptables_ruleset import Table, can_drop, read_tables, unknown_chains, without_chain

TOOLS = {4: "iptables", 6: "ip6tables"}
# By IP version, the files that are loaded at start: Debian's netfilter-persistent, RedHat's iptables-services.
SITE_FILES: tuple[dict[int, str], ...] = (
    {4: "/etc/iptables/rules.v4", 6: "/etc/iptables/rules.v6"},
    {4: "/etc/sysconfig/iptables", 6: "/etc/sysconfig/ip6tables"},
)
_WAIT = "10"  # seconds for the lock of xtables


def live_tables(table: str = "") -> dict[int, dict[str, Table]]:
    """Return the tables of each IP version, or the named one; a version that cannot be read is left out.

    iptables-save without a name prints the tables that are in use; with a name, the table comes into use.
    """
    found = {}
    for version, tool in TOOLS.items():
        path = host.find(f"{tool}-save")
        saved = host.run([path, *(["-t", table] if table else [])]) if path is not None else None
        if saved is not None and saved.rc == 0:
            found[version] = read_tables(saved.out)
    return found


def filter_tables() -> dict[int, Table]:
    """Return the filter table of each IP version; raise FirewallError where there is none of IPv4."""
    tables = {version: found.get("filter", Table()) for version, found in live_tables("filter").items()}
    if 4 in tables:
        return tables
    path = host.find("iptables-save")
    if path is None:
        raise FirewallError("no_firewall_tool", "iptables is not installed on this host")
    failed = host.run([path, "-t", "filter"])
    raise FirewallError("firewall_not_understood", f"iptables-save failed: {failed.message}")


def filters_output() -> bool:
    """Tell whether OUTPUT of one IP version may drop a new connection."""
    return any(can_drop(table) for table in filter_tables().values())


def restore(version: int, *arguments: str, stdin: str) -> host.Completed:
    """Run iptables-restore of one IP version; raise FirewallError if it is missing or another program has its lock."""
    tool = f"{TOOLS[version]}-restore"
    path = host.find(tool)
    if path is None:
        raise FirewallError("no_firewall_tool", f"{tool} is not installed on this host")
    done = host.run([path, "-w", _WAIT, *arguments], stdin=stdin)
    if done.rc == 4 or "xtables lock" in done.err:
        raise FirewallError(
            "xtables_locked", f"another program has held the lock of xtables for {_WAIT} s: {done.message}"
        )
    return done


def require_valid(version: int, text: str) -> None:
    """Raise FirewallError if iptables-restore would refuse the change; nothing is changed."""
    checked = restore(version, "--test", "--noflush", stdin=text)
    if checked.rc != 0:
        raise FirewallError("change_refused", f"{TOOLS[version]} refuses the change: {checked.message}")


def load(version: int, text: str) -> None:
    """Make the change of one IP version, as a whole or not at all."""
    done = restore(version, "--noflush", stdin=text)
    if done.rc != 0:
        raise FirewallError("change_failed", f"{TOOLS[version]} did not make the change: {done.message}")


def load_all(forward: t.Mapping[int, str], backward: t.Mapping[int, str]) -> None:
    """Make the changes of both IP versions; if one fails, take back by `backward` what was made before it."""
    made: list[int] = []
    for version, text in forward.items():
        try:
            load(version, text)
        except FirewallError:
            for other in made:
                if backward.get(other):
                    restore(other, "--noflush", stdin=backward[other])
            raise
        made.append(version)


def require_valid_site(files: t.Sequence[t.Mapping[int, str]] = SITE_FILES, *, partial: bool = False) -> None:
    """Raise FirewallError if one of the site's saved rulesets would not load again.

    A `partial` one is loaded on top of what is there, as ufw does it.
    """
    tables = filter_tables()
    arguments = ("--test", "--noflush") if partial else ("--test",)
    for by_version in files:
        for version, path in by_version.items():
            text = host.read(path)
            if text is None or host.find(f"{TOOLS[version]}-restore") is None:
                continue
            checked = restore(version, *arguments, stdin=text)
            live = tables[version].rules if partial and version in tables else ()
            missing = unknown_chains(text, live)
            if checked.rc != 0 or missing:
                message = f"there is no chain {missing[0]}" if missing else checked.message
                raise FirewallError("site_ruleset_invalid", f"the host's own ruleset {path} would not load: {message}")


def has_site_file(files: t.Sequence[t.Mapping[int, str]] = SITE_FILES) -> bool:
    """Tell whether there is a file from which rules are loaded at start."""
    return any(host.exists(by_version[4]) for by_version in files)


def remove_saved(chain: str, *, check: bool) -> list[str]:
    """Take a chain of the collection out of the site's files, should somebody have saved it; return these files."""
    changed = []
    for by_version in SITE_FILES:
        for version, path in by_version.items():
            text = host.read(path) or ""
            bare = without_chain(text, chain)
            # A file that would not load without the chain either was broken before, and stays as it is.
            if bare == text or restore(version, "--test", stdin=bare).rc != 0:
                continue
            changed.append(path)
            if not check:
                host.write(path, bare)
    return changed
