# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""firewalld: ask it, let it judge a change, make the change. The texts are rendered in _egress_firewalld."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import typing as t

from .._firewall import host
from .._firewall.errors import FirewallError
from . import rules_firewalld as fwd
from . import rules_nftables as nft
from .backend import Backend
from .backend_nftables import has_nft, live_ruleset, run_nft
from .policy import Opening

_SETTLE = 30.0
_OPPOSITE = {"--add-entry": "--remove-entry", "--remove-entry": "--add-entry"}


def run_cmd(*arguments: str) -> host.Completed:
    tool = host.find("firewall-cmd")
    if tool is None:
        raise FirewallError("no_firewall_tool", "firewall-cmd is not installed on this host")
    return host.run([tool, *arguments])


def running() -> bool:
    return host.find("firewall-cmd") is not None and run_cmd("--state").rc == 0


class FirewalldBackend(Backend):
    name = "firewalld"
    per_user = True
    place = "firewalld"
    tool = "firewall-cmd"

    def __init__(self, *, chain: str = "") -> None:
        super().__init__(chain=chain)
        if chain:
            raise FirewallError("bad_chain", "firewalld has no chain to choose; leave it empty")
        self._files: dict[str, str | None] = {}
        self._entries: list[tuple[str, str, str]] = []
        self._reload = False
        self._marks = ""

    def settle(self) -> None:
        # The unit counts as started before the rules are in.
        deadline = time.monotonic() + _SETTLE
        while time.monotonic() < deadline and not (running() and self.filters()):
            time.sleep(0.5)

    def filters(self) -> bool:
        if not running():
            return False
        for line in (host.read(f"{fwd.DIRECTORY}/firewalld.conf") or "").splitlines():
            if line.strip().lower() == "firewallbackend=iptables":
                raise FirewallError("backend_not_supported", "firewalld on top of iptables is not supported")
        return fwd.filters(live_ruleset())

    def check_site(self) -> None:
        judged = run_cmd("--check-config")
        if judged.rc != 0:
            raise FirewallError("site_ruleset_invalid", f"the host's own configuration is not valid: {judged.said}")

    def now(self) -> list[str]:
        return fwd.openings_now(live_ruleset()) if has_nft() else []

    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        # Without nft nothing can have been opened here; its files may still have to go.
        ruleset = live_ruleset() if openings or has_nft() else nft.Ruleset((), (), {})
        wanted = fwd.files(openings)
        self._files = {path: text for path, text in wanted.items() if host.read(path) != text}
        self._marks = fwd.render_marks(ruleset, openings, uid)
        self._entries = []
        live = fwd.policy_is_live(ruleset)
        if openings:
            self._reload = not live or fwd.POLICY_FILE in self._files
            for version, name in fwd.IPSETS.items():
                there = fwd.live_addresses(ruleset, version)
                if there is None:
                    self._reload = True
                    continue
                addresses = set(fwd.addresses(openings, version))
                self._entries += [(name, "--add-entry", fwd.entry(item)) for item in sorted(addresses - there)]
                self._entries += [(name, "--remove-entry", fwd.entry(item)) for item in sorted(there - addresses)]
        else:
            self._reload = live and running()
        if self._reload:
            self._entries = []
            self._require_nothing_to_lose()
        if self._files and openings:
            self._judge_files(wanted)
        if self._marks:
            judged = run_nft("-c", "-f", "-", stdin=self._marks)
            if judged.rc != 0:
                raise FirewallError("change_refused", f"nft refuses the change: {judged.said}")
        added = any(action == "--add-entry" for _name, action, _entry in self._entries)
        # An entry that is left over opens nothing by itself: no reason to change anything.
        return bool(self._files or added or self._reload or self._marks)

    def _require_nothing_to_lose(self) -> None:
        """A new policy needs a reload, and a reload drops what the site has changed at run time only."""
        for what in ("--list-all-zones", "--list-all-policies"):
            now, kept = run_cmd(what), run_cmd("--permanent", what)
            if now.rc != 0 or kept.rc != 0 or fwd.comparable(now.out) != fwd.comparable(kept.out):
                raise FirewallError(
                    "runtime_differs",
                    "firewalld holds changes that exist at run time only, and the reload that is needed here would "
                    "lose them; make them permanent or reload first (firewall-cmd --runtime-to-permanent, --reload)",
                )
        now, kept = run_cmd("--direct", "--get-all-rules"), run_cmd("--permanent", "--direct", "--get-all-rules")
        if sorted(now.out.split("\n")) != sorted(kept.out.split("\n")):
            raise FirewallError("runtime_differs", "firewalld holds direct rules that exist at run time only")

    def _nothing_to_lose(self) -> bool:
        try:
            self._require_nothing_to_lose()
        except FirewallError:
            return False
        return True

    def _judge_files(self, wanted: t.Mapping[str, str | None]) -> None:
        """Let firewalld check the whole configuration in another place: a bad one may leave a host open."""
        tool = host.find("firewall-offline-cmd")
        if tool is None:
            return
        with tempfile.TemporaryDirectory(prefix="ocsp-egress-") as directory:
            copy = os.path.join(directory, "firewalld")
            try:
                shutil.copytree(fwd.DIRECTORY, copy)
            except (OSError, shutil.Error) as error:
                raise FirewallError("unreadable", f"{fwd.DIRECTORY} cannot be copied: {error}") from error
            for path, text in wanted.items():
                host.put_back(os.path.join(copy, os.path.relpath(path, fwd.DIRECTORY)), text)
            judged = host.run([tool, "--system-config", copy, "--check-config"])
        if judged.rc != 0:
            raise FirewallError("change_refused", f"firewalld refuses the change: {judged.said}")

    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        return ""

    def apply(self) -> None:
        before = {path: host.read(path) for path in self._files}
        made: list[tuple[str, str, str]] = []
        try:
            for path, text in self._files.items():
                self._put(path, text)
            if self._reload:
                self._load()
            for name, action, entry in self._entries:
                done = run_cmd(f"--ipset={name}", f"{action}={entry}")
                if done.rc != 0 and action == "--remove-entry":
                    # Debian 12's nft cannot take an entry with a mark out of a set. The other half of the opening
                    # closes it, and the next reload of firewalld takes it away.
                    continue
                if done.rc != 0:
                    raise FirewallError("change_failed", f"firewalld did not make the change: {done.said}")
                made.append((name, _OPPOSITE[action], entry))
            if self._marks:
                done = run_nft("-f", "-", stdin=self._marks)
                if done.rc != 0:
                    raise FirewallError("change_failed", f"nft did not make the change: {done.said}")
        except FirewallError:
            for path, text in before.items():
                self._put(path, text)
            undone = [run_cmd(f"--ipset={name}", f"{action}={entry}").rc for name, action, entry in reversed(made)]
            if self._reload or (any(undone) and self._nothing_to_lose()):
                run_cmd("--reload")
            raise

    def _put(self, path: str, text: str | None) -> None:
        # Only the file: an empty directory of firewalld is firewalld's.
        if text is None:
            host.remove(path, directory=False)
        else:
            host.write(path, text)

    def _load(self) -> None:
        done = run_cmd("--reload")
        if done.rc != 0 or not running():
            raise FirewallError("change_failed", f"firewalld did not load the change: {done.said}")
