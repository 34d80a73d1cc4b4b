# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""iptables and ufw: ask them, let them judge a change, make it. The texts are rendered in _egress_iptables."""

from __future__ import annotations

import os
import typing as t

from .._firewall import host
from .._firewall.errors import FirewallError
from . import rules_iptables as xt
from .backend import Backend
from .policy import Opening


class IptablesBackend(Backend):
    name = "iptables"
    per_user = True
    place = "xtables"
    tool = "iptables-save"

    _tools: t.ClassVar[dict[int, str]] = {4: "iptables", 6: "ip6tables"}
    # Debian's netfilter-persistent, RedHat's iptables-services.
    _files: t.ClassVar[tuple[dict[int, str], ...]] = (
        {4: "/etc/iptables/rules.v4", 6: "/etc/iptables/rules.v6"},
        {4: "/etc/sysconfig/iptables", 6: "/etc/sysconfig/ip6tables"},
    )
    _partial: t.ClassVar[tuple[str, ...]] = ()  # for files that hold a part of the ruleset only
    _wait = "10"  # seconds for the lock of xtables

    def __init__(self, *, chain: str = "") -> None:
        super().__init__(chain=xt.parse_chain(chain) if chain else "")
        self._forward: dict[int, str] = {}
        self._backward: dict[int, str] = {}

    def tables(self) -> dict[int, xt.Table]:
        """The filter table of each IP version that this host has."""
        found = {}
        for version, name in self._tools.items():
            path = host.find(f"{name}-save")
            if path is None:
                continue
            saved = host.run([path, "-t", "filter"])
            if saved.rc == 0:
                found[version] = xt.read_table(saved.out)
            elif version == 4:
                raise FirewallError("firewall_not_understood", f"{name}-save failed: {saved.said}")
        if 4 not in found:
            raise FirewallError("no_firewall_tool", "iptables is not installed on this host")
        return found

    def _restore(self, version: int, *arguments: str, stdin: str) -> host.Completed:
        path = host.find(f"{self._tools[version]}-restore")
        if path is None:
            raise FirewallError("no_firewall_tool", f"{self._tools[version]}-restore is not installed on this host")
        done = host.run([path, "-w", self._wait, *arguments], stdin=stdin)
        if done.rc == 4 or "xtables lock" in done.err:
            raise FirewallError(
                "xtables_locked", f"another program has held the lock of xtables for {self._wait} s: {done.said}"
            )
        return done

    def filters(self) -> bool:
        if self._chain:
            return True
        return any(xt.can_drop(table) for table in self.tables().values())

    def check_site(self) -> None:
        tables = self.tables()
        for files in self._files:
            for version, path in files.items():
                text = host.read(path)
                if text is None or host.find(f"{self._tools[version]}-restore") is None:
                    continue
                judged = self._restore(version, "--test", *self._partial, stdin=text)
                live = tables[version].rules if self._partial and version in tables else ()
                missing = xt.unknown_chains(text, live)
                if judged.rc != 0 or missing:
                    said = f"there is no chain {missing[0]}" if missing else judged.said
                    raise FirewallError("site_ruleset_invalid", f"the host's own ruleset {path} would not load: {said}")

    def now(self) -> list[str]:
        return sorted(line for version, table in self.tables().items() for line in xt.openings_now(table, version))

    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        self._forward, self._backward = {}, {}
        for version, table in self.tables().items():
            chain = self._chain or "OUTPUT"
            rules = xt.own_rules(openings, version=version, uid=uid)
            if rules and self._chain and chain not in table.rules:
                raise FirewallError(
                    "chain_missing", f"there is no chain {chain} in {self._tools[version]} of this host"
                )
            if rules and not self._chain and not xt.can_drop(table):
                rules = []  # this IP version is open already
            forward = xt.render(table, chain=chain, rules=rules)
            if not forward:
                continue
            judged = self._restore(version, "--test", "--noflush", stdin=forward)
            if judged.rc != 0:
                raise FirewallError("change_refused", f"{self._tools[version]} refuses the change: {judged.said}")
            self._forward[version] = forward
            after = xt.after(table, chain=chain, rules=rules)
            self._backward[version] = xt.render(after, chain=chain, rules=table.rules.get(xt.CHAIN, []))
        return bool(self._forward)

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        if any(os.path.exists(files[4]) for files in self._files):
            return ""
        return "no file of this host loads its rules at start"

    def apply(self) -> None:
        made: list[int] = []
        for version, text in self._forward.items():
            try:
                done = self._restore(version, "--noflush", stdin=text)
                if done.rc != 0:
                    raise FirewallError(
                        "change_failed",
                        f"{self._tools[version]} did not make the change: {done.said}",
                    )
            except FirewallError:
                for other in made:
                    if self._backward[other]:
                        self._restore(other, "--noflush", stdin=self._backward[other])
                raise
            made.append(version)

    def forget(self, *, check: bool) -> list[str]:
        found = []
        for files in self._files:
            for version, path in files.items():
                text = host.read(path) or ""
                bare = xt.without_own(text)
                if bare == text:
                    continue
                # A file that was broken before is not ours to judge; one that we would break is left as it is.
                if self._restore(version, "--test", stdin=bare).rc != 0:
                    continue
                found.append(path)
                if not check:
                    host.write(path, bare)
        return found


class UfwBackend(IptablesBackend):
    """ufw keeps its rules in chains of its own and leaves OUTPUT alone, so the opening stays through its reloads.

    Its own rule files are not touched: a single bad line in them makes ufw close all output and switch itself off.
    """

    name = "ufw"
    tool = "ufw"

    _files: t.ClassVar[tuple[dict[int, str], ...]] = (
        {4: "/etc/ufw/before.rules", 6: "/etc/ufw/before6.rules"},
        {4: "/etc/ufw/user.rules", 6: "/etc/ufw/user6.rules"},
        {4: "/etc/ufw/after.rules", 6: "/etc/ufw/after6.rules"},
    )
    _partial = ("--noflush",)

    def filters(self) -> bool:
        path = host.find("ufw")
        return path is not None and "Status: active" in host.run([path, "status"]).out and super().filters()

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        for line in (host.read("/etc/default/ufw") or "").splitlines():
            if line.strip().lower().replace('"', "") == "manage_builtins=yes":
                return "MANAGE_BUILTINS=yes in /etc/default/ufw makes each reload of ufw drop it"
        return ""

    def forget(self, *, check: bool) -> list[str]:
        return []
