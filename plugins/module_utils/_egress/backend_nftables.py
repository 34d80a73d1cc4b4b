# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backend of nftables. What goes into the ruleset is rendered in rules_nftables."""

from __future__ import annotations

import typing as t

from .._firewall import host, nftables
from .._firewall.nftables_ruleset import unreachable_chains, xtables_chains
from . import rules_nftables as rules
from .backend import Backend
from .policy import Opening


class NftablesBackend(Backend):
    """A chain and two sets in the site's own table, and a jump to it at the head of each chain that filters output."""

    name = "nftables"
    tool = "nft"
    units = ("nftables.service",)
    place = "nft"
    per_user = True

    _transaction = ""

    @classmethod
    def readable(cls) -> bool:
        """Tell whether the ruleset can be listed, by the command or by Python's library."""
        return nftables.has_nft()

    def filters(self) -> bool:
        """Tell whether a chain of the site, or the one that was named, filters output."""
        return bool(nftables.filtering_chains(nftables.live_ruleset(), self._chain))

    def unreachable(self) -> list[str]:
        """Return chains that drop output elsewhere, those of iptables among them where its tools are missing."""
        ruleset = nftables.live_ruleset()
        chains = unreachable_chains(ruleset)
        if host.find("iptables-save") is None:
            chains += xtables_chains(ruleset)
        return [str(chain) for chain in chains]

    def require_valid_site(self) -> None:
        """Raise FirewallError if the file that nftables.service loads would not load again."""
        nftables.require_valid_site()

    def current(self) -> list[str]:
        """Return what is open in the live ruleset."""
        return rules.current_openings(nftables.live_ruleset())

    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        """Render the transaction and have nft check it."""
        ruleset = nftables.live_ruleset()
        if openings:
            chains = nftables.filtering_chains(ruleset, self._chain)
            self._transaction = rules.render_present(ruleset, chains=chains, openings=openings, uid=uid)
        else:
            self._transaction = rules.render_absent(ruleset)
        if self._transaction:
            nftables.require_valid(self._transaction)
        return bool(self._transaction)

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        """Load the site's file and the opening on an empty ruleset, on trial."""
        path = nftables.site_file()
        if path is None:
            return "no file of this host loads its ruleset at start"
        ruleset = nftables.live_ruleset()
        chains = nftables.filtering_chains(ruleset, self._chain)
        bare = rules.render_present(rules.without_own(ruleset), chains=chains, openings=openings, uid=uid)
        checked = nftables.run_nft("-c", "-f", "-", stdin=f'flush ruleset\ninclude "{path}"\n{bare}')
        return "" if checked.rc == 0 else f"on top of {path} alone it would not load: {checked.message}"

    def apply(self) -> None:
        """Load the transaction."""
        nftables.load(self._transaction)
