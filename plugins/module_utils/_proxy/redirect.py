# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redirect output to the relay on this host, keep it so, and take it back. Module and systemd unit both come here."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from dataclasses import asdict, dataclass, field, replace

from .._egress import engine as egress
from .._egress.backend_nftables import NftablesBackend, live_ruleset, run_nft
from .._egress.backend_xtables import IptablesBackend
from .._egress.rules_nftables import ChainId, Ruleset
from .._firewall import host
from .._firewall.errors import FirewallError
from . import redirect_rules as rules

SETTINGS_FILE = "/etc/ocsp-proxy-redirect.json"
# What our chains looked like when they were made: nft prints them differently in each version.
LISTING_FILE = "/run/ocsp-proxy-redirect"
BACKENDS = ("nftables", "iptables")
_SAVED_FILES = (
    "/etc/iptables/rules.v4",
    "/etc/iptables/rules.v6",
    "/etc/sysconfig/iptables",
    "/etc/sysconfig/ip6tables",
)


@dataclass(frozen=True)
class Settings:
    """What was asked for. The host keeps it, so that a restart can do the same again."""

    proxy_user: str
    port: int
    user: str = ""
    exempt: t.Sequence[str] = ()
    ipv6: bool = False
    backend: str = "auto"
    made_nat: t.Sequence[int] = ()  # IP versions in which there was no nat table of iptables before ours

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


@dataclass
class Outcome:
    changed: bool = False
    backend: str = "none"
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


def read_settings() -> Settings | None:
    value = host.read_json(SETTINGS_FILE)
    known = {key: value[key] for key in Settings.__dataclass_fields__ if key in value}
    return Settings(**known) if {"proxy_user", "port"} <= set(known) else None


def choose(wanted: str, seen: egress.Seen) -> str:
    """The tool that makes the redirection: the one that filters, since it also has to open the way."""
    strangers = sorted(set(seen.filtering) - set(BACKENDS))
    if strangers:
        raise FirewallError(
            "backend_not_supported",
            f"{' and '.join(strangers)} filters output on this host; transparent mode is there for nftables and "
            "iptables, so use the explicit mode",
        )
    if wanted == "auto":
        if seen.strange:
            raise FirewallError(
                "firewall_not_understood",
                f"output is also filtered in {', '.join(seen.strange)}; use the explicit mode",
            )
        if len(seen.filtering) > 1:
            raise FirewallError("two_firewalls", f"{' and '.join(seen.filtering)} both filter output on this host")
        if seen.filtering:
            return seen.filtering[0]
        wanted = "nftables" if "nft" in seen.tools else "iptables"
    if {"nftables": "nft", "iptables": "iptables-save"}[wanted] not in seen.tools:
        raise FirewallError("no_firewall_tool", f"there is no {wanted} on this host")
    if set(seen.filtering) - {wanted}:
        raise FirewallError("two_firewalls", f"{seen.filtering[0]} filters output on this host, not {wanted}")
    return wanted


def _wanted(settings: Settings) -> rules.Redirect:
    proxy, who = host.user(settings.proxy_user), host.user(settings.user)
    if proxy is None:
        raise FirewallError("unknown_user", "the relay's user is not named")
    return rules.redirect(
        proxy_uid=proxy.uid,
        uid=who.uid if who is not None else None,
        port=settings.port,
        versions=(4, 6) if settings.ipv6 else (4,),
        exempt=settings.exempt,
    )


class Nftables:
    def __init__(self) -> None:
        self._backend = NftablesBackend()

    def now(self) -> list[str]:
        return self._listing(live_ruleset()).splitlines()

    def _listing(self, ruleset: Ruleset) -> str:
        return "".join(run_nft("-s", "-n", "list", *what).out for what in rules.nft_own_listings(ruleset))

    def _digest(self, wanted: rules.Redirect, chains: t.Sequence[ChainId], ruleset: Ruleset) -> str:
        text = repr((wanted, sorted(map(str, chains)), self._listing(ruleset)))
        return hashlib.sha256(text.encode()).hexdigest()

    def plan(self, settings: Settings | None) -> str:
        """The checked transaction, empty when there is nothing to do."""
        ruleset = live_ruleset()
        if settings is None:
            text = rules.nft_absent(ruleset)
        else:
            self._backend.check_site()
            wanted, chains = _wanted(settings), self._backend.chains(ruleset)
            made = host.read(LISTING_FILE) == self._digest(wanted, chains, ruleset)
            if made and rules.nft_as_wanted(ruleset, chains=chains, wanted=wanted):
                return ""
            text = rules.nft_present(ruleset, chains=chains, wanted=wanted)
        if text:
            judged = run_nft("-c", "-f", "-", stdin=text)
            if judged.rc != 0:
                raise FirewallError("change_refused", f"nft refuses the change: {judged.said}")
        return text

    def apply(self, text: str, settings: Settings | None) -> None:
        done = run_nft("-f", "-", stdin=text)
        if done.rc != 0:
            raise FirewallError("change_failed", f"nft did not make the change, nothing has changed: {done.said}")
        if settings is not None:
            ruleset = live_ruleset()
            host.write(LISTING_FILE, self._digest(_wanted(settings), self._backend.chains(ruleset), ruleset))


class Iptables:
    _tools: t.ClassVar[dict[int, str]] = {4: "iptables", 6: "ip6tables"}

    def __init__(self) -> None:
        self._backend = IptablesBackend()

    def _saved(self) -> dict[int, rules.Saved]:
        found = {}
        for version, name in self._tools.items():
            path = host.find(f"{name}-save")
            saved = host.run([path]) if path is not None else None
            if saved is not None and saved.rc == 0:
                found[version] = rules.read_saved(saved.out)
        return found

    def _restore(self, version: int, *arguments: str, stdin: str) -> host.Completed:
        path = host.find(f"{self._tools[version]}-restore")
        if path is None:
            raise FirewallError("no_firewall_tool", f"{self._tools[version]}-restore is not installed on this host")
        return host.run([path, "-w", "10", *arguments], stdin=stdin)

    def now(self) -> list[str]:
        return [
            f"{self._tools[version]} -t {table}: {' '.join(words)}"
            for version, saved in self._saved().items()
            for table, own in sorted(rules.xt_own(saved).items())
            for words in own
        ]

    def without_nat(self) -> list[int]:
        return [version for version, saved in self._saved().items() if "nat" not in saved.tables]

    def plan(self, settings: Settings | None) -> dict[int, str]:
        wanted = _wanted(settings) if settings is not None else None
        if wanted is not None:
            self._backend.check_site()
        filters = wanted is not None and self._backend.filters()
        texts = {}
        for version, saved in self._saved().items():
            own = rules.xt_rules(wanted, version=version, filtered=filters) if wanted is not None else {}
            text = rules.xt_render(saved, own)
            if not text:
                continue
            judged = self._restore(version, "--test", "--noflush", stdin=text)
            if judged.rc != 0:
                raise FirewallError("change_refused", f"{self._tools[version]} refuses the change: {judged.said}")
            texts[version] = text
        return texts

    def apply(self, texts: t.Mapping[int, str], made_nat: t.Sequence[int]) -> None:
        before = self._saved()
        for version, text in texts.items():
            done = self._restore(version, "--noflush", stdin=text)
            if done.rc != 0:
                self._put_back(before)
                raise FirewallError("change_failed", f"{self._tools[version]} did not make the change: {done.said}")
        for version in made_nat:
            self._drop_nat(version)

    def _put_back(self, before: t.Mapping[int, rules.Saved]) -> None:
        for version, saved in self._saved().items():
            text = rules.xt_render(saved, rules.xt_own(before[version])) if version in before else ""
            if text:
                self._restore(version, "--noflush", stdin=text)

    def _drop_nat(self, version: int) -> None:
        """The nat table that came into being with our chain; it stays when somebody has put rules into it since."""
        nft, saved = host.find("nft"), self._saved().get(version)
        chains = saved.tables.get("nat") if saved is not None else None
        # Without nft an empty table is left behind, which does nothing.
        if nft is not None and chains is not None and not any(chains.values()):
            host.run([nft, "delete", "table", {4: "ip", 6: "ip6"}[version], "nat"])

    def forget(self, *, check: bool) -> bool:
        """Take our lines out of the site's files, should somebody have saved them there."""
        changed = False
        for path in _SAVED_FILES:
            text = host.read(path) or ""
            bare = rules.xt_without_own(text)
            changed = changed or bare != text
            if bare != text and not check:
                host.write(path, bare)
        return changed


def _installed() -> tuple[Nftables | None, Iptables | None]:
    return (
        Nftables() if NftablesBackend.installed() else None,
        Iptables() if IptablesBackend.installed() else None,
    )


def _require_root() -> None:
    if os.geteuid() != 0:
        raise FirewallError("not_root", "changing a firewall needs root; become: true")


def present(settings: Settings, *, check: bool) -> Outcome:
    """Redirect as the settings say; on any failure the host is as it was."""
    _require_root()
    with host.locked():
        outcome = Outcome(backend=choose(settings.backend, egress.look()))
        nft, xt = _installed()
        kept, old = host.read(SETTINGS_FILE), read_settings()
        made_nat = list(old.made_nat) if old is not None and old.backend == "iptables" else None
        if outcome.backend == "iptables" and made_nat is None:
            made_nat = xt.without_nat() if xt is not None else []
        settings = replace(settings, backend=outcome.backend, made_nat=tuple(made_nat or ()))
        if old is not None and old.backend not in ("auto", outcome.backend):
            _remove(check=check)
        tool: Nftables | Iptables | None = nft if outcome.backend == "nftables" else xt
        if tool is None:
            raise FirewallError("no_firewall", f"{outcome.backend} is not installed on this host; install it first")
        outcome.before = tool.now()
        change: t.Any = tool.plan(settings)
        outcome.changed = bool(change) or kept != settings.as_json()
        if check or not outcome.changed:
            return outcome
        try:
            host.write(SETTINGS_FILE, settings.as_json())
            if change and isinstance(tool, Nftables):
                tool.apply(change, settings)
            elif change and isinstance(tool, Iptables):
                tool.apply(change, ())
        except FirewallError:
            host.put_back(SETTINGS_FILE, kept)
            raise
        outcome.after = tool.now()
        return outcome


def again() -> Outcome | None:
    """Do again what was asked for last; null when nothing was."""
    settings = read_settings()
    return present(settings, check=False) if settings is not None else None


def _remove(*, check: bool) -> tuple[bool, list[str]]:
    settings = read_settings()
    nft, xt = _installed()
    changed = False
    before: list[str] = []
    if nft is not None:
        text = nft.plan(None)
        if text:
            changed, before = True, before + nft.now()
            if not check:
                nft.apply(text, None)
    if xt is not None:
        texts = xt.plan(None)
        if texts:
            changed, before = True, before + xt.now()
        if not check and (texts or settings is not None):
            xt.apply(texts, settings.made_nat if settings is not None else ())
        changed = xt.forget(check=check) or changed
    return changed, before


def absent(*, check: bool) -> Outcome:
    """Take out all that is ours."""
    _require_root()
    with host.locked():
        outcome = Outcome()
        outcome.changed, outcome.before = _remove(check=check)
        for path in (SETTINGS_FILE, LISTING_FILE):
            if os.path.exists(path):
                outcome.changed = True
                if not check:
                    host.remove(path)
        return outcome
