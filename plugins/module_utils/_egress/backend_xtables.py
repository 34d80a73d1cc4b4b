# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backends of iptables and ufw. What goes into the filter table is rendered in rules_iptables."""

from __future__ import annotations

import typing as t

from .._firewall import host, iptables
from .._firewall.errors import FirewallError
from .._firewall.iptables_ruleset import can_drop, parse_chain
from . import rules_iptables as rules
from .backend import Backend
from .policy import Opening


class IptablesBackend(Backend):
    """A chain in the filter table of each IP version that filters output, and a jump to it at the head of OUTPUT."""

    name = "iptables"
    tool = "iptables-save"
    units: t.ClassVar[tuple[str, ...]] = ("netfilter-persistent.service", "iptables.service", "ip6tables.service")
    place = "xtables"
    per_user = True

    def __init__(self, *, chain: str = "") -> None:
        super().__init__(chain=parse_chain(chain) if chain else "")
        self._forward: dict[int, str] = {}
        self._backward: dict[int, str] = {}

    def filters(self) -> bool:
        """Tell whether OUTPUT of one IP version may drop; a site that names a chain says that it does."""
        return bool(self._chain) or iptables.filters_output()

    def require_valid_site(self) -> None:
        """Raise FirewallError if a saved ruleset would not load again."""
        iptables.require_valid_site()

    def current(self) -> list[str]:
        """Return what is open in the live tables."""
        tables = iptables.filter_tables()
        return sorted(line for version, table in tables.items() for line in rules.current_openings(table, version))

    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        """Render the change of each IP version and have iptables-restore check it."""
        self._forward, self._backward = {}, {}
        for version, table in iptables.filter_tables().items():
            chain = self._chain or "OUTPUT"
            own = rules.own_rules(openings, version=version, uid=uid)
            if own and self._chain and chain not in table.rules:
                tool = iptables.TOOLS[version]
                raise FirewallError("chain_missing", f"there is no chain {chain} in {tool} of this host")
            if own and not self._chain and not can_drop(table):
                own = []  # this IP version is open already
            forward = rules.render(table, chain=chain, rules=own)
            if not forward:
                continue
            iptables.require_valid(version, forward)
            self._forward[version] = forward
            after = rules.after(table, chain=chain, rules=own)
            self._backward[version] = rules.render(after, chain=chain, rules=table.rules.get(rules.CHAIN, []))
        return bool(self._forward)

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        """Look for the file from which a service loads the site's rules."""
        return "" if iptables.has_site_file() else "no file of this host loads its rules at start"

    def apply(self) -> None:
        """Load the change of both IP versions; the first is taken back if the second fails."""
        iptables.load_all(self._forward, self._backward)

    def remove_saved(self, *, check: bool) -> list[str]:
        """Take the chain out of the files that netfilter-persistent or iptables-services have saved."""
        return iptables.remove_saved(rules.CHAIN, check=check)


class UfwBackend(IptablesBackend):
    """ufw keeps its rules in chains of its own and leaves OUTPUT alone, so the opening stays through its reloads.

    Its rule files are not touched: a single bad line in them makes ufw close all output and switch itself off.
    """

    name = "ufw"
    tool = "ufw"
    units = ("ufw.service",)

    _files: t.ClassVar[tuple[dict[int, str], ...]] = (
        {4: "/etc/ufw/before.rules", 6: "/etc/ufw/before6.rules"},
        {4: "/etc/ufw/user.rules", 6: "/etc/ufw/user6.rules"},
        {4: "/etc/ufw/after.rules", 6: "/etc/ufw/after6.rules"},
    )

    def filters(self) -> bool:
        """Tell whether ufw is active and denies output."""
        path = host.find("ufw")
        return path is not None and "Status: active" in host.run([path, "status"]).out and super().filters()

    def claims(self) -> tuple[str, ...]:
        """Return iptables while ufw is active: what OUTPUT drops then is ufw's."""
        return ("iptables",) if self.filters() else ()

    def require_valid_site(self) -> None:
        """Raise FirewallError if one of the rule files of ufw would not load on top of what is there."""
        iptables.require_valid_site(self._files, partial=True)

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        """Look for the setting with which ufw empties OUTPUT."""
        for line in (host.read("/etc/default/ufw") or "").splitlines():
            if line.strip().lower().replace('"', "") == "manage_builtins=yes":
                return "MANAGE_BUILTINS=yes in /etc/default/ufw makes each reload of ufw drop it"
        return ""

    def remove_saved(self, *, check: bool) -> list[str]:
        """Return no file: ufw saves only what it has been told itself."""
        return []
