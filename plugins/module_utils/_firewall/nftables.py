# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run nft: list the ruleset, have a change checked, make it."""

from __future__ import annotations

import functools
import os

from . import host
from .errors import FirewallError
from .nftables_ruleset import ChainId, Ruleset, parse_chain, read_ruleset, site_chains

# The first that exists is what nftables.service loads (RedHat's family, Debian's).
SITE_FILES = ("/etc/sysconfig/nftables.conf", "/etc/nftables.conf")

# A host with firewalld has the library of nft, but not always the command. This takes the few arguments used here.
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
    """Tell whether the ruleset can be listed and changed here, by the command or by Python's library."""
    return host.find("nft") is not None or _has_library()


def run_nft(*arguments: str, stdin: str = "") -> host.Completed:
    """Run nft with these arguments, by the command or else by Python's library."""
    tool = host.find("nft")
    if tool is not None:
        return host.run([tool, *arguments], stdin=stdin)
    if _has_library():
        return host.run([_SYSTEM_PYTHON, "-I", "-c", _LIBRARY, *arguments], stdin=stdin)
    raise FirewallError("no_firewall_tool", "nft is not installed on this host (package nftables)")


def live_ruleset() -> Ruleset:
    """Return the ruleset that is in the kernel."""
    listed = run_nft("-j", "-n", "list", "ruleset")
    if listed.rc != 0:
        raise FirewallError("firewall_not_understood", f"nft list ruleset failed: {listed.message}")
    return read_ruleset(listed.out)


def require_valid(transaction: str) -> None:
    """Raise FirewallError if nft would refuse the transaction; nothing is changed."""
    checked = run_nft("-c", "-f", "-", stdin=transaction)
    if checked.rc != 0:
        raise FirewallError("change_refused", f"nft refuses the change: {checked.message}")


def load(transaction: str) -> None:
    """Make the change, as a whole or not at all."""
    done = run_nft("-f", "-", stdin=transaction)
    if done.rc != 0:
        raise FirewallError("change_failed", f"nft did not make the change, nothing has changed: {done.message}")


def site_file() -> str | None:
    """Return the file that the site's service loads at start, or None."""
    return next((path for path in SITE_FILES if host.exists(path)), None)


def require_valid_site() -> None:
    """Raise FirewallError if the site's own file would not load again."""
    path = site_file()
    checked = run_nft("-c", "-f", path) if path is not None else None
    if checked is not None and checked.rc != 0:
        raise FirewallError("site_ruleset_invalid", f"the host's own ruleset would not load: {checked.message}")


def filtering_chains(ruleset: Ruleset, named: str = "") -> list[ChainId]:
    """Return the chain that is named, or else every chain of the site that filters output."""
    if not named:
        return site_chains(ruleset)
    chain = parse_chain(named)
    if ruleset.chain(chain) is None:
        raise FirewallError("chain_missing", f"there is no chain {chain} in the ruleset of this host")
    return [chain]
