# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One class per firewall tool: ask it, let it judge a change, make the change. The texts are rendered elsewhere."""

from __future__ import annotations

import abc
import os
import typing as t

from . import _egress_host as host
from . import _egress_iptables as xt
from . import _egress_nftables as nft
from ._egress import EgressError, Opening


class Backend(abc.ABC):
    """A change has two steps: plan finds and validates it, and apply makes it, as a whole or not at all."""

    name: t.ClassVar[str]
    per_user: t.ClassVar[bool]
    place: t.ClassVar[str]  # where our rules are kept; two backends may share one
    tool: t.ClassVar[str]

    def __init__(self, *, chain: str = "") -> None:
        self._chain = chain

    @classmethod
    def installed(cls) -> bool:
        return host.find(cls.tool) is not None

    @abc.abstractmethod
    def filters(self) -> bool:
        """Whether this firewall filters output at all; where it does not, there is nothing to open."""

    @abc.abstractmethod
    def check_site(self) -> None:
        """Refuse a host whose own rules would not load again: what we leave must outlive a restart."""

    @abc.abstractmethod
    def now(self) -> list[str]:
        """What is open through us at this moment, a line each."""

    @abc.abstractmethod
    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        """Find the change that leads to these openings (none: all that is ours goes); false when there is no change."""

    @abc.abstractmethod
    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        """Why these openings would not come back after a restart of the firewall, or nothing."""

    @abc.abstractmethod
    def apply(self) -> None:
        """Make the planned change."""

    def forget(self, *, check: bool) -> list[str]:
        """Take our rules out of the site's files, should somebody have saved them there; which files these are."""
        return []


class NftablesBackend(Backend):
    name = "nftables"
    per_user = True
    place = "nft"
    tool = "nft"

    # The first that exists is what nftables.service loads.
    _files = ("/etc/sysconfig/nftables.conf", "/etc/nftables.conf")

    _transaction = ""

    def _nft(self, *arguments: str, stdin: str = "") -> host.Completed:
        tool = host.find("nft")
        if tool is None:
            raise EgressError("no_firewall_tool", "nft is not installed on this host")
        return host.run([tool, *arguments], stdin=stdin)

    def ruleset(self) -> nft.Ruleset:
        listed = self._nft("-j", "-n", "list", "ruleset")
        if listed.rc != 0:
            raise EgressError("firewall_not_understood", f"nft list ruleset failed: {listed.said}")
        return nft.read_ruleset(listed.out)

    def chains(self, ruleset: nft.Ruleset) -> list[nft.ChainId]:
        if not self._chain:
            return nft.site_chains(ruleset)
        chain = nft.parse_chain(self._chain)
        if ruleset.chain(chain) is None:
            raise EgressError("chain_missing", f"there is no chain {chain} in the ruleset of this host")
        return [chain]

    def filters(self) -> bool:
        return bool(self.chains(self.ruleset()))

    def check_site(self) -> None:
        for path in self._files:
            if os.path.exists(path):
                judged = self._nft("-c", "-f", path)
                if judged.rc != 0:
                    raise EgressError("site_ruleset_invalid", f"the host's own ruleset would not load: {judged.said}")
                return

    def now(self) -> list[str]:
        return nft.openings_now(self.ruleset())

    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        ruleset = self.ruleset()
        if openings:
            chains = self.chains(ruleset)
            self._transaction = nft.render_present(ruleset, chains=chains, openings=openings, uid=uid)
        else:
            self._transaction = nft.render_absent(ruleset)
        if not self._transaction:
            return False
        judged = self._nft("-c", "-f", "-", stdin=self._transaction)
        if judged.rc != 0:
            raise EgressError("change_refused", f"nft refuses the change: {judged.said}")
        return True

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        path = next((path for path in self._files if os.path.exists(path)), None)
        if path is None:
            return "no file of this host loads its ruleset at start"
        ruleset = self.ruleset()
        bare = nft.render_present(nft.without_own(ruleset), chains=self.chains(ruleset), openings=openings, uid=uid)
        # Checked as they will be loaded: on an empty ruleset, the site's file first.
        judged = self._nft("-c", "-f", "-", stdin=f'flush ruleset\ninclude "{path}"\n{bare}')
        return "" if judged.rc == 0 else f"on top of {path} alone it would not load: {judged.said}"

    def apply(self) -> None:
        done = self._nft("-f", "-", stdin=self._transaction)
        if done.rc != 0:
            raise EgressError("change_failed", f"nft did not make the change, nothing has changed: {done.said}")


class IptablesBackend(Backend):
    name = "iptables"
    per_user = True
    place = "xtables"
    tool = "iptables-save"

    _tools: t.ClassVar[dict[int, str]] = {4: "iptables", 6: "ip6tables"}
    # Debian's netfilter-persistent, RedHat's iptables-services.
    _files = (
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
                raise EgressError("firewall_not_understood", f"{name}-save failed: {saved.said}")
        if 4 not in found:
            raise EgressError("no_firewall_tool", "iptables is not installed on this host")
        return found

    def _restore(self, version: int, *arguments: str, stdin: str) -> host.Completed:
        path = host.find(f"{self._tools[version]}-restore")
        if path is None:
            raise EgressError("no_firewall_tool", f"{self._tools[version]}-restore is not installed on this host")
        done = host.run([path, "-w", self._wait, *arguments], stdin=stdin)
        if done.rc == 4 or "xtables lock" in done.err:
            raise EgressError(
                "xtables_locked", f"another program has held the lock of xtables for {self._wait} s: {done.said}"
            )
        return done

    def filters(self) -> bool:
        if self._chain:
            return True
        return any(xt.can_drop(table) for table in self.tables().values())

    def check_site(self) -> None:
        for files in self._files:
            for version, path in files.items():
                text = host.read(path)
                if text is None or host.find(f"{self._tools[version]}-restore") is None:
                    continue
                judged = self._restore(version, "--test", *self._partial, stdin=text)
                if judged.rc != 0:
                    raise EgressError(
                        "site_ruleset_invalid", f"the host's own ruleset {path} would not load: {judged.said}"
                    )

    def now(self) -> list[str]:
        return sorted(line for version, table in self.tables().items() for line in xt.openings_now(table, version))

    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        self._forward, self._backward = {}, {}
        for version, table in self.tables().items():
            chain = self._chain or "OUTPUT"
            rules = xt.own_rules(openings, version=version, uid=uid)
            if rules and self._chain and chain not in table.rules:
                raise EgressError("chain_missing", f"there is no chain {chain} in {self._tools[version]} of this host")
            if rules and not self._chain and not xt.can_drop(table):
                rules = []  # this IP version is open already
            forward = xt.render(table, chain=chain, rules=rules)
            if not forward:
                continue
            judged = self._restore(version, "--test", "--noflush", stdin=forward)
            if judged.rc != 0:
                raise EgressError("change_refused", f"{self._tools[version]} refuses the change: {judged.said}")
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
                    raise EgressError(
                        "change_failed",
                        f"{self._tools[version]} did not make the change: {done.said}",
                    )
            except EgressError:
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

    _files = (
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
