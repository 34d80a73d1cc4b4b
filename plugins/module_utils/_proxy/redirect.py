# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redirect output to the relay on this host, keep it so, and take it back. Module and systemd unit both come here."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass, field, replace

from .._egress.backends import Survey, survey, units_after
from .._firewall import host
from .._firewall.errors import FirewallError
from . import redirect_nftables
from . import redirect_rules as rules
from .redirect_iptables import IptablesRedirector
from .redirect_nftables import NftablesRedirector
from .redirector import Redirector

SETTINGS_FILE = "/etc/ocsp-proxy-redirect.json"
REDIRECTORS: dict[str, type[Redirector]] = {kind.name: kind for kind in (NftablesRedirector, IptablesRedirector)}


def loader_units() -> list[str]:
    """Return the systemd units that load the rules of a firewall that can redirect."""
    return [unit for name in REDIRECTORS for unit in units_after(name)]


@dataclass(frozen=True)
class RedirectSettings:
    """The request. The host keeps it, so that a restart can do the same again."""

    proxy_user: str
    port: int
    user: str = ""
    exempt: t.Sequence[str] = ()
    ipv6: bool = False
    backend: str = "auto"
    made_nat: t.Sequence[int] = ()  # IP versions in which iptables had no nat table before

    def as_json(self) -> str:
        """Return the text of the file in which the host keeps the request."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


@dataclass
class RedirectOutcome:
    """The result; `before` and `after` have a line for each rule."""

    changed: bool = False
    backend: str = "none"
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


def read_settings() -> RedirectSettings | None:
    """Return the last request; None where there was none."""
    value = host.read_json(SETTINGS_FILE)
    known = {key: value[key] for key in RedirectSettings.__dataclass_fields__ if key in value}
    return RedirectSettings(**known) if {"proxy_user", "port"} <= set(known) else None


def choose(requested: str, found: Survey) -> str:
    """Return the tool that makes the redirection: the one that filters, since it also has to open the way."""
    others = sorted(set(found.filtering) - set(REDIRECTORS))
    if others:
        raise FirewallError(
            "backend_not_supported",
            f"{' and '.join(others)} filters output on this host; transparent mode is there for nftables and "
            "iptables, so use the explicit mode",
        )
    if requested == "auto":
        if found.unreachable:
            raise FirewallError(
                "firewall_not_understood",
                f"output is also filtered in {', '.join(found.unreachable)}; use the explicit mode",
            )
        if len(found.filtering) > 1:
            raise FirewallError("two_firewalls", f"{' and '.join(found.filtering)} both filter output on this host")
        if found.filtering:
            return found.filtering[0]
        requested = "nftables" if NftablesRedirector.tool in found.tools else "iptables"
    if REDIRECTORS[requested].tool not in found.tools:
        raise FirewallError("no_firewall_tool", f"there is no {requested} on this host")
    if set(found.filtering) - {requested}:
        raise FirewallError("two_firewalls", f"{found.filtering[0]} filters output on this host, not {requested}")
    return requested


def _redirect(settings: RedirectSettings) -> rules.Redirect:
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


def present(settings: RedirectSettings, *, check: bool) -> RedirectOutcome:
    """Redirect as the settings say; on any failure the host is as it was."""
    host.require_root()
    with host.locked():
        outcome = RedirectOutcome(backend=choose(settings.backend, survey()))
        kind = REDIRECTORS[outcome.backend]
        if not kind.installed():
            raise FirewallError("no_firewall", f"{outcome.backend} is not installed on this host; install it first")
        tool = kind()
        kept, old = host.read(SETTINGS_FILE), read_settings()
        # Asked only before the first redirection: afterwards the table is there.
        first = old is None or old.backend != outcome.backend
        made_nat = tool.missing_tables() if first or old is None else old.made_nat
        settings = replace(settings, backend=outcome.backend, made_nat=tuple(made_nat))
        if old is not None and old.backend not in ("auto", outcome.backend):
            _remove(check=check)
        outcome.before = tool.current()
        tool.require_valid_site()
        differs = tool.plan(_redirect(settings))
        outcome.changed = differs or kept != settings.as_json()
        if check or not outcome.changed:
            return outcome
        try:
            host.write(SETTINGS_FILE, settings.as_json())
            if differs:
                tool.apply()
        except FirewallError:
            host.put_back(SETTINGS_FILE, kept)
            raise
        outcome.after = tool.current()
        return outcome


def repeat() -> RedirectOutcome | None:
    """Redirect again as it was requested last; None where nothing was."""
    settings = read_settings()
    return present(settings, check=False) if settings is not None else None


def _remove(*, check: bool) -> tuple[bool, list[str]]:
    """Take the redirection out of every tool; return whether it was there, and its rules."""
    settings = read_settings()
    changed = False
    before: list[str] = []
    for kind in REDIRECTORS.values():
        if not kind.installed():
            continue
        tool = kind()
        differs = tool.plan(None)
        if differs:
            changed, before = True, before + tool.current()
        if not check:
            if differs:
                tool.apply()
            tool.drop_tables(settings.made_nat if settings is not None else ())
        changed = tool.remove_saved(check=check) or changed
    return changed, before


def absent(*, check: bool) -> RedirectOutcome:
    """Take the redirection out, and all that the collection keeps for it."""
    host.require_root()
    with host.locked():
        outcome = RedirectOutcome()
        outcome.changed, outcome.before = _remove(check=check)
        for path in (SETTINGS_FILE, redirect_nftables.LISTING_FILE):
            if host.exists(path):
                outcome.changed = True
                if not check:
                    host.remove(path)
        return outcome
