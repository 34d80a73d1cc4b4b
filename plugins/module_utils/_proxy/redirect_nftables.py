# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The redirection in nftables. What goes into the ruleset is rendered in redirect_rules."""

from __future__ import annotations

import hashlib
import typing as t

from .._firewall import host, nftables
from .._firewall.nftables_ruleset import ChainId, Ruleset
from . import redirect_rules as rules
from .redirector import Redirector

# What the chains looked like when they were made: nft prints them differently in each version.
LISTING_FILE = "/run/ocsp-proxy-redirect"


class NftablesRedirector(Redirector):
    """A table for the redirection, and beside each filtering chain one that accepts the way to the relay."""

    name = "nftables"
    tool = "nft"

    def __init__(self) -> None:
        self._transaction = ""
        self._redirect: rules.Redirect | None = None

    def require_valid_site(self) -> None:
        """Raise FirewallError if the file that nftables.service loads would not load again."""
        nftables.require_valid_site()

    def current(self) -> list[str]:
        """Return the chains of the collection as nft lists them."""
        return self._listing(nftables.live_ruleset()).splitlines()

    def _listing(self, ruleset: Ruleset) -> str:
        return "".join(nftables.run_nft("-s", "-n", "list", *what).out for what in rules.nft_own_listings(ruleset))

    def _digest(self, redirect: rules.Redirect, chains: t.Sequence[ChainId], ruleset: Ruleset) -> str:
        text = repr((redirect, sorted(map(str, chains)), self._listing(ruleset)))
        return hashlib.sha256(text.encode()).hexdigest()

    def plan(self, redirect: rules.Redirect | None) -> bool:
        """Render the transaction and have nft check it."""
        ruleset = nftables.live_ruleset()
        self._redirect, self._transaction = redirect, ""
        if redirect is None:
            self._transaction = rules.nft_absent(ruleset)
        else:
            chains = nftables.filtering_chains(ruleset)
            unchanged = host.read(LISTING_FILE) == self._digest(redirect, chains, ruleset)
            if unchanged and rules.nft_is_complete(ruleset, chains=chains, redirect=redirect):
                return False
            self._transaction = rules.nft_present(ruleset, chains=chains, redirect=redirect)
        if self._transaction:
            nftables.require_valid(self._transaction)
        return bool(self._transaction)

    def apply(self) -> None:
        """Load the transaction, and keep what it looks like then."""
        nftables.load(self._transaction)
        if self._redirect is not None:
            ruleset = nftables.live_ruleset()
            host.write(LISTING_FILE, self._digest(self._redirect, nftables.filtering_chains(ruleset), ruleset))
