# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One class per firewall tool: ask it, let it judge a change, make the change. The texts are rendered elsewhere."""

from __future__ import annotations

import abc
import os
import typing as t

from . import _egress_host as host
from . import _egress_nftables as nft
from ._egress import EgressError, Opening


class Backend(abc.ABC):
    """A change has two steps: plan finds and validates it, and apply makes it, as a whole or not at all."""

    name: t.ClassVar[str]
    per_user: t.ClassVar[bool]

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


class NftablesBackend(Backend):
    name = "nftables"
    per_user = True

    # The first that exists is what nftables.service loads.
    _files = ("/etc/sysconfig/nftables.conf", "/etc/nftables.conf")

    def __init__(self, *, chain: str = "") -> None:
        self._chain = chain
        self._transaction = ""

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
