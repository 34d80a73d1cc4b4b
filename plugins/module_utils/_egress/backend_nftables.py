# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nftables: ask it, let it judge a change, make the change. The texts are rendered in _egress_nftables."""

from __future__ import annotations

import functools
import os
import typing as t

from .._firewall import host
from .._firewall.errors import FirewallError
from . import rules_nftables as nft
from .backend import Backend
from .policy import Opening

# A host with firewalld has nft's library, but not always the command. This takes the few arguments that are used here.
_LIBRARY = """
import sys
import nftables
arguments = sys.argv[1:]
library = nftables.Nftables()
library.set_json_output("-j" in arguments)
library.set_dry_run("-c" in arguments)
text = sys.stdin.read() if "-f" in arguments else " ".join(word for word in arguments if not word.startswith("-"))
code, out, error = library.cmd(text)
sys.stdout.write(out or "")
sys.stderr.write(error or "")
sys.exit(1 if code else 0)
"""
_SYSTEM_PYTHON = "/usr/bin/python3"


@functools.lru_cache(maxsize=1)
def _has_library() -> bool:
    if not os.path.exists(_SYSTEM_PYTHON):
        return False
    return host.run([_SYSTEM_PYTHON, "-I", "-c", "import nftables; nftables.Nftables().set_dry_run"]).rc == 0


def has_nft() -> bool:
    return host.find("nft") is not None or _has_library()


def run_nft(*arguments: str, stdin: str = "") -> host.Completed:
    tool = host.find("nft")
    if tool is not None:
        return host.run([tool, *arguments], stdin=stdin)
    if _has_library():
        return host.run([_SYSTEM_PYTHON, "-I", "-c", _LIBRARY, *arguments], stdin=stdin)
    raise FirewallError("no_firewall_tool", "nft is not installed on this host (package nftables)")


def live_ruleset() -> nft.Ruleset:
    listed = run_nft("-j", "-n", "list", "ruleset")
    if listed.rc != 0:
        raise FirewallError("firewall_not_understood", f"nft list ruleset failed: {listed.said}")
    return nft.read_ruleset(listed.out)


class NftablesBackend(Backend):
    name = "nftables"
    per_user = True
    place = "nft"
    tool = "nft"

    # The first that exists is what nftables.service loads.
    _files = ("/etc/sysconfig/nftables.conf", "/etc/nftables.conf")

    _transaction = ""

    def chains(self, ruleset: nft.Ruleset) -> list[nft.ChainId]:
        if not self._chain:
            return nft.site_chains(ruleset)
        chain = nft.parse_chain(self._chain)
        if ruleset.chain(chain) is None:
            raise FirewallError("chain_missing", f"there is no chain {chain} in the ruleset of this host")
        return [chain]

    def filters(self) -> bool:
        return bool(self.chains(live_ruleset()))

    def check_site(self) -> None:
        for path in self._files:
            if os.path.exists(path):
                judged = run_nft("-c", "-f", path)
                if judged.rc != 0:
                    raise FirewallError("site_ruleset_invalid", f"the host's own ruleset would not load: {judged.said}")
                return

    def now(self) -> list[str]:
        return nft.openings_now(live_ruleset())

    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        ruleset = live_ruleset()
        if openings:
            chains = self.chains(ruleset)
            self._transaction = nft.render_present(ruleset, chains=chains, openings=openings, uid=uid)
        else:
            self._transaction = nft.render_absent(ruleset)
        if not self._transaction:
            return False
        judged = run_nft("-c", "-f", "-", stdin=self._transaction)
        if judged.rc != 0:
            raise FirewallError("change_refused", f"nft refuses the change: {judged.said}")
        return True

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        path = next((path for path in self._files if os.path.exists(path)), None)
        if path is None:
            return "no file of this host loads its ruleset at start"
        ruleset = live_ruleset()
        bare = nft.render_present(nft.without_own(ruleset), chains=self.chains(ruleset), openings=openings, uid=uid)
        # Checked as they will be loaded: on an empty ruleset, the site's file first.
        judged = run_nft("-c", "-f", "-", stdin=f'flush ruleset\ninclude "{path}"\n{bare}')
        return "" if judged.rc == 0 else f"on top of {path} alone it would not load: {judged.said}"

    def apply(self) -> None:
        done = run_nft("-f", "-", stdin=self._transaction)
        if done.rc != 0:
            raise FirewallError("change_failed", f"nft did not make the change, nothing has changed: {done.said}")
