# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The redirection in iptables. What goes into the tables is rendered in redirect_rules."""

from __future__ import annotations

import typing as t

from .._firewall import host, iptables
from .._firewall.errors import FirewallError
from .._firewall.iptables_ruleset import Table
from . import redirect_rules as rules
from .redirector import Redirector


class IptablesRedirector(Redirector):
    """A chain in the nat table, and one in the filter table where the site filters output."""

    name = "iptables"
    tool = "iptables-save"

    def __init__(self) -> None:
        self._changes: dict[int, str] = {}

    def require_valid_site(self) -> None:
        """Raise FirewallError if a saved ruleset would not load again."""
        iptables.require_valid_site()

    def current(self) -> list[str]:
        """Return the rules in the chains of the collection."""
        return [
            f"{iptables.TOOLS[version]} -t {table}: {' '.join(words)}"
            for version, tables in iptables.live_tables().items()
            for table, own in sorted(rules.xt_own(tables).items())
            for words in own
        ]

    def missing_tables(self) -> list[int]:
        """Return the IP versions that have no nat table."""
        return [version for version, tables in iptables.live_tables().items() if "nat" not in tables]

    def plan(self, redirect: rules.Redirect | None) -> bool:
        """Render the change of each IP version and have iptables-restore check it."""
        filtered = redirect is not None and iptables.filters_output()
        self._changes = {}
        for version, tables in iptables.live_tables().items():
            own = rules.xt_rules(redirect, version=version, filtered=filtered) if redirect is not None else {}
            text = rules.xt_render(tables, own)
            if text:
                iptables.require_valid(version, text)
                self._changes[version] = text
        return bool(self._changes)

    def apply(self) -> None:
        """Load the change of both IP versions; if one fails, both go back."""
        before = iptables.live_tables()
        for version, text in self._changes.items():
            try:
                iptables.load(version, text)
            except FirewallError:
                self._put_back(before)
                raise

    def _put_back(self, before: t.Mapping[int, dict[str, Table]]) -> None:
        for version, tables in iptables.live_tables().items():
            text = rules.xt_render(tables, rules.xt_own(before[version])) if version in before else ""
            if text:
                iptables.restore(version, "--noflush", stdin=text)

    def drop_tables(self, versions: t.Sequence[int]) -> None:
        """Remove the nat table of these IP versions, where nobody has put rules into it since."""
        nft = host.find("nft")
        for version in versions:
            table = iptables.live_tables().get(version, {}).get("nat")
            # Without nft an empty table is left behind, which does nothing.
            if nft is not None and table is not None and not any(table.rules.values()):
                host.run([nft, "delete", "table", {4: "ip", 6: "ip6"}[version], "nat"])

    def remove_saved(self, *, check: bool) -> bool:
        """Take the chains out of the files that netfilter-persistent or iptables-services have saved."""
        return bool(iptables.remove_saved(rules.XT_CHAIN, check=check))
