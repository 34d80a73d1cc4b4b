# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open, keep open and close the outbound path of this host. The module and the systemd units both come here."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field, replace

from .._firewall import host
from .._firewall.errors import FirewallError
from .backend import Backend
from .backends import BACKENDS, choose, close_others, survey
from .known_addresses import ADDRESSES_FILE, find_addresses, known_as_json, openings_of, resolver_openings
from .outcome import EgressOutcome
from .policy import EgressEndpoint, Known, Opening, Refused, parse_endpoints
from .settings import SETTINGS_FILE, EgressSettings, read_settings


def absent(*, check: bool) -> EgressOutcome:
    """Close the path, and take out all that the collection put in."""
    host.require_root()
    outcome = EgressOutcome(reason="closed")
    with host.locked():
        last = read_settings()
        kept = {path: host.read(path) for path in (SETTINGS_FILE, ADDRESSES_FILE)}
        kept = {path: content for path, content in kept.items() if content is not None}
        try:
            # Files first: where they cannot go, nothing does, and no restart opens again what is closed here.
            if not check:
                for path in kept:
                    host.remove(path)
            outcome.changed, outcome.before = close_others("", last.backend if last else "", check=check)
            outcome.changed = outcome.changed or bool(kept)
            for kind in BACKENDS.values():
                if kind.installed():
                    for path in kind().remove_saved(check=check):
                        outcome.changed = True
                        outcome.warn(
                            "saved_rules", f"somebody had saved the opening in {path}; it is taken out of the file"
                        )
        except FirewallError:
            for path, content in kept.items():
                if not check and host.read(path) != content:
                    host.put_back(path, content)
            raise
    return outcome


def present(settings: EgressSettings, *, check: bool, lasting: bool = False) -> EgressOutcome:
    """Open exactly what the settings and the policy allow; on any failure the host is as it was.

    `lasting` refuses a host on which no unit of systemd can open the path again after a restart of its firewall.
    """
    host.require_root()
    with host.locked():
        return _present(settings, check=check, ask=True, lasting=lasting)


def repeat(*, ask: bool) -> EgressOutcome | None:
    """Open again what was requested last, with addresses from the DNS or those known last; None where nothing was."""
    host.require_root()
    with host.locked():
        settings = read_settings()
        if settings is None:
            return None
        if settings.backend not in BACKENDS:
            raise FirewallError(
                "bad_settings",
                f"{SETTINGS_FILE} names no backend that there is; run the role ocsp_egress again",
            )
        backend = BACKENDS[settings.backend](chain=settings.chain)
        backend.wait_until_loaded()
        if not backend.filters():
            # The firewall is stopped, or not loaded yet. That is no reason to forget what it should let through.
            return EgressOutcome(reason="open_output")
        return _present(settings, check=False, ask=ask)


@dataclass
class _Run:
    """One request on its way: what was asked for, what was asked for last time, and what has come of it."""

    settings: EgressSettings
    check: bool
    ask: bool  # whether names are looked up, or taken as they were known last
    who: host.User | None
    last: EgressSettings | None
    outcome: EgressOutcome
    endpoints: list[EgressEndpoint] = field(default_factory=list)

    @property
    def uid(self) -> int | None:
        """Return the only user that may use the opening; None for all."""
        return self.who.uid if self.who is not None else None

    def addresses(self, outcome: EgressOutcome, *, ask: bool) -> dict[str, Known]:
        """Return the addresses to open; refusals and warnings go to `outcome`."""
        return find_addresses(self.endpoints, self.settings, self.who, outcome, ask=ask, now=time.time())

    def close_others(self) -> bool:
        """Close what another firewall than the chosen one has open; return whether there was anything."""
        chosen = self.outcome.backend if self.outcome.backend in BACKENDS else ""
        changed, lines = close_others(chosen, self.last.backend if self.last else "", check=self.check)
        self.outcome.before += lines
        return changed


def _present(settings: EgressSettings, *, check: bool, ask: bool, lasting: bool = False) -> EgressOutcome:
    run = _Run(settings, check, ask, who=host.user(settings.user), last=read_settings(), outcome=EgressOutcome())
    if run.last is not None:
        run.outcome.previous = list(run.last.endpoints)
    run.endpoints, run.outcome.refused = _parse(settings)
    backend, run.outcome.reason = _choose_backend(settings)
    if backend is None:
        run.outcome.changed = run.close_others()
        known = run.addresses(run.outcome, ask=ask)
        run.outcome.describe(settings.endpoints, run.endpoints, known)
        run.outcome.changed = _keep(None, None, check=check) or run.outcome.changed
        return run.outcome
    if lasting and not host.runs_systemd():
        raise FirewallError(
            "no_systemd",
            f"{backend.name} filters output, and this host is not run by systemd, which would open the path again "
            "after each restart of the firewall; open it in the rules of the site, and set ocsp_egress_backend to none",
        )
    run.outcome.backend = backend.name
    backend.require_valid_site()
    run.outcome.before = backend.current()
    run.outcome.per_user = backend.per_user and run.who is not None
    _open(backend, run)
    return run.outcome


def _parse(settings: EgressSettings) -> tuple[list[EgressEndpoint], list[Refused]]:
    return parse_endpoints(endpoints=settings.endpoints, policy=settings.policy, maximum=settings.max_endpoints)


def _choose_backend(settings: EgressSettings) -> tuple[Backend | None, str]:
    """Return the backend that is to open the path, and the reason; None where nothing is to be opened."""
    name, reason = choose(requested=settings.backend, survey=survey)
    if name == "none":
        return None, reason
    backend = BACKENDS[name](chain=settings.chain)
    if backend.filters():
        return backend, reason
    others = survey().filtering
    if others:
        raise FirewallError("wrong_backend", f"{name} filters no output on this host, but {' and '.join(others)} does")
    return None, "open_output"


def _open(backend: Backend, run: _Run) -> None:
    """Open the path through the backend; where that fails, what was open before is open again."""
    outcome = run.outcome
    resolvers = resolver_openings(run.settings, outcome)
    early = False
    try:
        if resolvers and run.ask and run.endpoints and not run.check:
            # Names can be asked for only once the way to the name servers is open.
            known = run.addresses(EgressOutcome(), ask=False)
            early = backend.plan([*openings_of(run.endpoints, known), *resolvers], run.uid)
            if early:
                backend.apply()
        known = run.addresses(outcome, ask=run.ask)
        outcome.describe(run.settings.endpoints, run.endpoints, known)
        openings = openings_of(run.endpoints, known)
        if openings:
            openings += resolvers
        outcome.after = sorted(item.line for item in openings)
        live_differs = backend.plan(openings, run.uid)
        if not openings:
            outcome.reason = "nothing_to_open"
        else:
            lost = backend.after_restart(openings, run.uid)
            if lost:
                outcome.warn("not_after_restart", f"the opening will not come back by itself after a restart: {lost}")
        elsewhere = run.close_others() if run.ask else False
        kept = _to_keep(run, backend, known)
        files_differ = _change(backend if live_differs else None, kept, known, check=run.check)
    except FirewallError:
        if early and backend.plan(*_last_openings(run.last)):
            backend.apply()
        raise
    # What was open for a moment only, on the way here, is no change.
    rules_differ = outcome.before != outcome.after if early else live_differs
    outcome.changed = files_differ or rules_differ or elsewhere


def _last_openings(settings: EgressSettings | None) -> tuple[list[Opening], int | None]:
    """Return the openings of the last request as the host has kept them, and for whom."""
    if settings is None or settings.backend not in BACKENDS:
        return [], None
    run = _Run(settings, True, False, who=host.user(settings.user), last=None, outcome=EgressOutcome())
    run.endpoints, _refused = _parse(settings)
    openings = openings_of(run.endpoints, run.addresses(run.outcome, ask=False))
    return (openings + resolver_openings(settings, run.outcome) if openings else []), run.uid


def _to_keep(run: _Run, backend: Backend, known: t.Mapping[str, Known]) -> EgressSettings:
    """Return the request as the host keeps it: an address that is forbidden today stays forbidden."""
    # In another order they would count as a change.
    endpoints = sorted(run.endpoints, key=lambda endpoint: (endpoint.host, endpoint.port))
    return replace(
        run.settings,
        backend=backend.name,
        endpoints=[
            {"host": endpoint.host, "port": endpoint.port}
            for endpoint in endpoints
            if endpoint.address is None or endpoint.name in known
        ],
    )


def _keep(settings: EgressSettings | None, known: t.Mapping[str, Known] | None, *, check: bool) -> bool:
    """Write or remove the two files of the collection where they differ; return whether they did."""
    changed = False
    files = {
        SETTINGS_FILE: settings.as_json() if settings and settings.endpoints else None,
        ADDRESSES_FILE: known_as_json(known) if known else None,
    }
    for path, content in files.items():
        if host.read(path) != content:
            changed = True
            if not check:
                host.put_back(path, content)
    return changed


def _change(backend: Backend | None, settings: EgressSettings, known: t.Mapping[str, Known], *, check: bool) -> bool:
    """Write the files, then make the rules; when the rules fail, the files are put back."""
    before = {path: host.read(path) for path in (SETTINGS_FILE, ADDRESSES_FILE)}
    try:
        changed = _keep(settings, known, check=check)
        if backend is not None and not check:
            backend.apply()
    except FirewallError:
        if not check:
            for path, content in before.items():
                if host.read(path) != content:
                    host.put_back(path, content)
        raise
    return changed
