# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backend of firewalld. Its files, and the rules that mark packets, are rendered in rules_firewalld."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import typing as t

from .._firewall import host, iptables, nftables
from .._firewall.errors import FirewallError
from .._firewall.nftables_ruleset import Ruleset
from . import rules_firewalld as rules
from .backend import Backend
from .policy import Opening

_LOADED_WITHIN = 30.0  # seconds
_OPPOSITE = {"--add-entry": "--remove-entry", "--remove-entry": "--add-entry"}


def run_firewall_cmd(*arguments: str) -> host.Completed:
    """Run firewall-cmd with these arguments."""
    tool = host.find("firewall-cmd")
    if tool is None:
        raise FirewallError("no_firewall_tool", "firewall-cmd is not installed on this host")
    return host.run([tool, *arguments])


def running() -> bool:
    """Tell whether firewalld runs and has answered."""
    return host.find("firewall-cmd") is not None and run_firewall_cmd("--state").rc == 0


class FirewalldBackend(Backend):
    """A policy and two ipsets in files of the collection, and a table of nftables that marks what they may accept."""

    name = "firewalld"
    tool = "firewall-cmd"
    units = ("firewalld.service",)
    place = "firewalld"
    per_user = True

    def __init__(self, *, chain: str = "") -> None:
        super().__init__(chain=chain)
        if chain:
            raise FirewallError("bad_chain", "firewalld has no chain to choose; leave it empty")
        self._files: dict[str, str | None] = {}
        self._entries: list[tuple[str, str, str]] = []
        self._reload = False
        self._marks = ""

    def wait_until_loaded(self) -> None:
        """Wait until the rules are in: the unit counts as started before that."""
        deadline = time.monotonic() + _LOADED_WITHIN
        while time.monotonic() < deadline and not (running() and self.filters()):
            time.sleep(0.5)

    def filters(self) -> bool:
        """Tell whether a policy of the site may drop what leaves this host."""
        if not running():
            return False
        for line in (host.read(f"{rules.DIRECTORY}/firewalld.conf") or "").splitlines():
            if line.strip().lower() == "firewallbackend=iptables":
                raise FirewallError("backend_not_supported", "firewalld on top of iptables is not supported")
        return rules.filters(nftables.live_ruleset())

    def claims(self) -> tuple[str, ...]:
        """Return the tools of xtables while firewalld runs: their rules are its direct rules then."""
        return ("iptables", "ufw") if running() else ()

    def unreachable(self) -> list[str]:
        """Return the direct rules if they drop output: they drop what a policy accepts, too."""
        drops = running() and host.find("iptables-save") is not None and iptables.filters_output()
        return ["direct rules of firewalld"] if drops else []

    def require_valid_site(self) -> None:
        """Raise FirewallError if firewalld finds a fault in its configuration."""
        checked = run_firewall_cmd("--check-config")
        if checked.rc != 0:
            raise FirewallError("site_ruleset_invalid", f"the host's own configuration is not valid: {checked.message}")

    def current(self) -> list[str]:
        """Return what the marking table lets out."""
        return rules.current_openings(nftables.live_ruleset()) if nftables.has_nft() else []

    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        """Find the files, entries and marks that differ, and have firewalld and nft check them."""
        # Without nft nothing can have been opened here; its files may still have to go.
        ruleset = nftables.live_ruleset() if openings or nftables.has_nft() else Ruleset((), (), {})
        files = rules.files(openings)
        self._files = {path: text for path, text in files.items() if host.read(path) != text}
        self._marks = rules.render_marks(ruleset, openings, uid)
        self._entries = []
        live = rules.policy_is_live(ruleset)
        if openings:
            self._reload = not live or rules.POLICY_FILE in self._files
            for version, name in rules.IPSETS.items():
                there = rules.live_addresses(ruleset, version)
                if there is None:
                    self._reload = True
                    continue
                addresses = set(rules.addresses(openings, version))
                self._entries += [(name, "--add-entry", rules.entry(item)) for item in sorted(addresses - there)]
                self._entries += [(name, "--remove-entry", rules.entry(item)) for item in sorted(there - addresses)]
        else:
            self._reload = live and running()
        if self._reload:
            self._entries = []
            self._require_nothing_to_lose()
        if self._files and openings:
            self._check_files(files)
        if self._marks:
            nftables.require_valid(self._marks)
        added = any(action == "--add-entry" for _name, action, _entry in self._entries)
        # An entry that is left over opens nothing by itself: no reason to change anything.
        return bool(self._files or added or self._reload or self._marks)

    def _require_nothing_to_lose(self) -> None:
        """Raise FirewallError where a reload, which a new policy needs, would drop what exists at run time only."""
        for what in ("--list-all-zones", "--list-all-policies"):
            now, kept = run_firewall_cmd(what), run_firewall_cmd("--permanent", what)
            if now.rc != 0 or kept.rc != 0 or rules.comparable(now.out) != rules.comparable(kept.out):
                raise FirewallError(
                    "runtime_differs",
                    "firewalld holds changes that exist at run time only, and the reload that is needed here would "
                    "lose them; make them permanent or reload first (firewall-cmd --runtime-to-permanent, --reload)",
                )
        now, kept = (
            run_firewall_cmd("--direct", "--get-all-rules"),
            run_firewall_cmd("--permanent", "--direct", "--get-all-rules"),
        )
        if sorted(now.out.split("\n")) != sorted(kept.out.split("\n")):
            raise FirewallError("runtime_differs", "firewalld holds direct rules that exist at run time only")

    def _nothing_to_lose(self) -> bool:
        try:
            self._require_nothing_to_lose()
        except FirewallError:
            return False
        return True

    def _check_files(self, files: t.Mapping[str, str | None]) -> None:
        """Have firewalld check the whole configuration in another place: a bad one may leave a host open."""
        tool = host.find("firewall-offline-cmd")
        if tool is None:
            return
        with tempfile.TemporaryDirectory(prefix="ocsp-egress-") as directory:
            copy = os.path.join(directory, "firewalld")
            try:
                shutil.copytree(rules.DIRECTORY, copy)
            except (OSError, shutil.Error) as error:
                raise FirewallError("unreadable", f"{rules.DIRECTORY} cannot be copied: {error}") from error
            for path, text in files.items():
                host.put_back(os.path.join(copy, os.path.relpath(path, rules.DIRECTORY)), text)
            checked = host.run([tool, "--system-config", copy, "--check-config"])
        if checked.rc != 0:
            raise FirewallError("change_refused", f"firewalld refuses the change: {checked.message}")

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        """Return an empty string: firewalld loads the files itself, and the unit the marks."""
        return ""

    def apply(self) -> None:
        """Write the files, then change what is live; on a failure all of it goes back."""
        before = {path: host.read(path) for path in self._files}
        made: list[tuple[str, str, str]] = []
        try:
            for path, text in self._files.items():
                self._put(path, text)
            if self._reload:
                self._load()
            for name, action, entry in self._entries:
                done = run_firewall_cmd(f"--ipset={name}", f"{action}={entry}")
                if done.rc != 0 and action == "--remove-entry":
                    # Debian 12's nft cannot take an entry with a mark out of a set. The other half of the opening
                    # closes it, and the next reload of firewalld takes it away.
                    continue
                if done.rc != 0:
                    raise FirewallError("change_failed", f"firewalld did not make the change: {done.message}")
                made.append((name, _OPPOSITE[action], entry))
            if self._marks:
                nftables.load(self._marks)
        except FirewallError:
            for path, text in before.items():
                self._put(path, text)
            undone = [
                run_firewall_cmd(f"--ipset={name}", f"{action}={entry}").rc for name, action, entry in reversed(made)
            ]
            if self._reload or (any(undone) and self._nothing_to_lose()):
                run_firewall_cmd("--reload")
            raise

    def _put(self, path: str, text: str | None) -> None:
        # Only the file: an empty directory of firewalld is firewalld's.
        if text is None:
            host.remove(path, directory=False)
        else:
            host.write(path, text)

    def _load(self) -> None:
        done = run_firewall_cmd("--reload")
        if done.rc != 0 or not running():
            raise FirewallError("change_failed", f"firewalld did not load the change: {done.message}")
