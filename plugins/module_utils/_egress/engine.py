# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open, keep open and close the outbound path of this host. The module and the systemd units both come here."""

from __future__ import annotations

import json
import os
import re
import time
import typing as t
from dataclasses import dataclass, field, replace

from .._firewall import host
from .._firewall.errors import FirewallError
from . import rules_nftables as nft
from .backend import Backend
from .backend_firewalld import FirewalldBackend, running
from .backend_nftables import NftablesBackend, has_nft, live_ruleset
from .backend_xtables import IptablesBackend, UfwBackend
from .policy import (
    Endpoint,
    Known,
    Opening,
    Policy,
    Refused,
    judge_addresses,
    merge_addresses,
    opening,
    parse_addresses,
    parse_endpoints,
    parse_host,
    parse_networks,
    parse_port,
)

BACKENDS = ("nftables", "iptables", "ufw", "firewalld")
_READY: dict[str, type[Backend]] = {
    kind.name: kind for kind in (NftablesBackend, IptablesBackend, UfwBackend, FirewalldBackend)
}


_FINGERPRINT = re.compile(r"[0-9A-Za-z:._-]{1,128}\Z")


@dataclass(frozen=True)
class Settings:
    """What was asked for. The host keeps it, so that a restart and a refresh can do the same again."""

    endpoints: t.Sequence[t.Any] = ()
    user: str = ""
    backend: str = "auto"
    chain: str = ""
    forbidden_networks: t.Sequence[str] = ()
    allowed_hosts: t.Sequence[str] = ()
    max_endpoints: int = 50
    max_addresses: int = 32
    open_dns: bool = False
    grace: int = 86400
    timeout: int = 10

    def as_json(self) -> str:
        return json.dumps(self.__dict__, indent=2, sort_keys=True) + "\n"

    @property
    def policy(self) -> Policy:
        return Policy(
            forbidden=parse_networks(self.forbidden_networks),
            allowed_hosts=tuple(self.allowed_hosts),
            max_addresses=self.max_addresses,
        )


def read_settings() -> Settings | None:
    """What was asked for last; null when nothing was, or when the file is not as we wrote it."""
    value = host.read_json(host.SETTINGS_FILE)
    known = {}
    for name in Settings.__dataclass_fields__:
        if name in value:
            default = getattr(Settings(), name)
            if not isinstance(value[name], list if isinstance(default, tuple) else type(default)):
                return None
            known[name] = value[name]
    return Settings(**known) if known else None


@dataclass
class Outcome:
    changed: bool = False
    backend: str = "none"
    reason: str = "opened"
    per_user: bool = False
    endpoints: list[dict[str, t.Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    previous: list[t.Any] = field(default_factory=list)

    def warn(self, code: str, message: str) -> None:
        self.warnings.append({"code": code, "message": message})


@dataclass(frozen=True)
class Seen:
    """What filters output on this host."""

    filtering: tuple[str, ...]
    strange: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


def look() -> Seen:
    """See what filters output: every tool counts that may drop a new connection, not one that is only installed."""
    tools = tuple(tool for tool in ("nft", "iptables-save", "ufw", "firewall-cmd") if host.find(tool))
    filtering: list[str] = []
    strange: list[str] = []
    managed = running()
    if managed and FirewalldBackend().filters():
        filtering.append("firewalld")
    if "iptables-save" in tools and IptablesBackend().filters():
        if managed:
            # Direct rules: what a policy accepts, they still drop.
            strange.append("direct rules of firewalld")
        else:
            filtering.append("ufw" if UfwBackend().filters() else "iptables")
    if has_nft():
        ruleset = live_ruleset()
        strange += [str(chain) for chain in nft.strange_chains(ruleset)]
        if nft.site_chains(ruleset):
            filtering.append("nftables")
        if "iptables-save" not in tools:
            strange += [str(chain) for chain in nft.xtables_chains(ruleset)]
    return Seen(filtering=tuple(filtering), strange=tuple(strange), tools=tools)


def choose(*, wanted: str, look: t.Callable[[], Seen]) -> tuple[str, str]:
    """The backend to use and, when it is none, why."""
    if wanted == "none":
        return "none", "not_wanted"
    if wanted == "auto":
        seen = look()
        if seen.strange:
            raise FirewallError(
                "firewall_not_understood",
                f"output is also filtered where no backend can open it ({', '.join(seen.strange)}); "
                "name the backend, or open the path yourself and choose none",
            )
        if len(seen.filtering) > 1:
            raise FirewallError(
                "two_firewalls",
                f"{' and '.join(seen.filtering)} both filter output on this host; name the backend to use",
            )
        if not seen.filtering:
            return "none", "open_output" if seen.tools else "no_firewall"
        wanted = seen.filtering[0]
    elif not _READY[wanted].installed():
        raise FirewallError("no_firewall_tool", f"{_READY[wanted].tool} is not installed on this host")
    return wanted, "opened"


def backend_for(name: str, settings: Settings) -> Backend:
    return _READY[name](chain=settings.chain)


def _require_root() -> None:
    if os.geteuid() != 0:
        raise FirewallError("not_root", "changing a firewall needs root; become: true")


def _known() -> dict[str, Known]:
    known = {}
    for name, addresses in host.read_json(host.ADDRESSES_FILE).items():
        if isinstance(addresses, dict):
            good = {str(k): v for k, v in addresses.items() if v is None or isinstance(v, (int, float))}
            known[name] = Known(good)
    return known


def _known_json(known: t.Mapping[str, Known]) -> str:
    plain = {name: item.addresses for name, item in known.items() if item.addresses}
    return json.dumps(plain, indent=2, sort_keys=True) + "\n"


def _addresses(
    endpoints: t.Sequence[Endpoint],
    settings: Settings,
    who: host.User | None,
    outcome: Outcome,
    *,
    ask: bool,
    now: float,
) -> dict[str, Known]:
    """Each endpoint's addresses after policy, from the DNS or, when not asking, as they were known last."""
    policy = settings.policy
    known = _known()
    names = sorted({endpoint.host for endpoint in endpoints if endpoint.address is None})
    answers = host.resolve(names, who=who, timeout=settings.timeout) if ask else {}
    result: dict[str, Known] = {}
    for endpoint in endpoints:
        said = ""
        literal = endpoint.address
        if literal is not None:
            found = parse_addresses([endpoint.host])
        else:
            raw, said = answers.get(endpoint.host, ([], ""))
            found = parse_addresses(raw)
        refusal = judge_addresses(endpoint=endpoint, addresses=found, policy=policy) if ask or literal else None
        accepted = refusal is None and (ask or literal is not None)
        old = Known() if literal is not None else known.get(endpoint.name, Known())
        merged = merge_addresses(
            known=old, answer=found, policy=policy, now=now, grace=settings.grace, accepted=accepted
        )
        if refusal is not None and refusal.reason == "name_not_resolved" and said:
            servers = ", ".join(host.nameservers()) or "no nameserver"
            by = f" as {who.name}" if who else ""
            hint = "" if settings.open_dns else "; if the firewall blocks the way there: ocsp_egress_open_dns"
            refusal = replace(refusal, detail=f"{refusal.detail}{by} ({said}; asked: {servers}{hint})")
        if refusal is not None and merged.addresses:
            outcome.warn(refusal.reason, f"{endpoint.name}: {refusal.detail}; the addresses known before are kept")
        elif refusal is not None:
            outcome.refused.append(refusal)
        if merged.addresses:
            result[endpoint.name] = merged
    return result


def _close_others(chosen: str, last: Settings | None, *, check: bool) -> tuple[bool, list[str]]:
    """Take our openings out of every firewall but the chosen one."""
    changed, before = False, []
    done = {_READY[chosen].place} if chosen else set()
    for kind in _READY.values():
        if kind.place in done or not kind.installed():
            continue
        done.add(kind.place)
        backend = kind()
        try:
            lines = backend.now()
            differs = backend.plan((), None)
        except FirewallError:
            # A tool that is installed and cannot work has nothing of ours, unless it was used.
            if last is not None and last.backend in _READY and _READY[last.backend].place == kind.place:
                raise
            continue
        before += lines
        if differs:
            changed = True
            if not check:
                backend.apply()
    return changed, before


def absent(*, check: bool) -> Outcome:
    _require_root()
    outcome = Outcome(reason="closed")
    with host.locked():
        last = read_settings()
        kept = {path: host.read(path) for path in (host.SETTINGS_FILE, host.ADDRESSES_FILE)}
        kept = {path: content for path, content in kept.items() if content is not None}
        try:
            # Files first: where they cannot go, nothing does, and no restart opens again what is closed here.
            if not check:
                for path in kept:
                    host.remove(path)
            outcome.changed, outcome.before = _close_others("", last, check=check)
            outcome.changed = outcome.changed or bool(kept)
            for kind in _READY.values():
                if kind.installed():
                    for path in kind().forget(check=check):
                        outcome.changed = True
                        outcome.warn("saved_rules", f"somebody had saved our rules in {path}; they are taken out of it")
        except FirewallError:
            for path, content in kept.items():
                if not check and host.read(path) != content:
                    host.put_back(path, content)
            raise
    return outcome


def present(settings: Settings, *, check: bool) -> Outcome:
    """Open exactly what the settings and policy allow; on any failure the host is as it was."""
    _require_root()
    with host.locked():
        return _present(settings, check=check, ask=True)


def again(*, ask: bool) -> Outcome | None:
    """Do again what was asked for last, with addresses from the DNS or those known last; null when nothing was."""
    _require_root()
    with host.locked():
        settings = read_settings()
        if settings is None:
            return None
        if settings.backend not in _READY:
            raise FirewallError(
                "bad_settings",
                f"{host.SETTINGS_FILE} names no backend that there is; run the role ocsp_egress again",
            )
        backend = backend_for(settings.backend, settings)
        backend.settle()
        if not backend.filters():
            # The firewall is stopped, or not loaded yet. That is no reason to forget what it should let through.
            return Outcome(reason="open_output")
        return _present(settings, check=False, ask=ask)


def _openings(endpoints: t.Sequence[Endpoint], known: t.Mapping[str, Known]) -> list[Opening]:
    found = {
        opening(address=address, port=endpoint.port)
        for endpoint in endpoints
        for address in parse_addresses(known.get(endpoint.name, Known()).addresses)
    }
    return sorted(found)


def _resolvers(settings: Settings, outcome: Outcome) -> list[Opening]:
    """The way to the host's name servers, where that is wanted."""
    if not settings.open_dns:
        return []
    found = []
    for address in parse_addresses(host.nameservers()):
        if address.is_loopback:
            outcome.warn(
                "local_resolver", f"{address} is a resolver on this host; its own way out is for the site to open"
            )
            continue
        found += [opening(address=address, port=53, protocol=protocol) for protocol in ("tcp", "udp")]
    return sorted(found)


def _parse(settings: Settings) -> tuple[list[Endpoint], list[Refused]]:
    return parse_endpoints(endpoints=settings.endpoints, policy=settings.policy, maximum=settings.max_endpoints)


def _last(settings: Settings | None) -> tuple[list[Opening], int | None]:
    """What the host keeps of the last time: its openings, and for whom."""
    if settings is None or settings.backend not in _READY:
        return [], None
    quiet = Outcome()
    who = host.user(settings.user)
    endpoints = _parse(settings)[0]
    known = _addresses(endpoints, settings, who, quiet, ask=False, now=time.time())
    openings = _openings(endpoints, known)
    return (openings + _resolvers(settings, quiet) if openings else []), who.uid if who else None


def _present(settings: Settings, *, check: bool, ask: bool) -> Outcome:
    outcome = Outcome()
    who = host.user(settings.user)
    last = read_settings()
    if last is not None:
        outcome.previous = list(last.endpoints)
    endpoints, outcome.refused = _parse(settings)
    outcome.backend, outcome.reason = choose(wanted=settings.backend, look=look)
    if outcome.backend != "none":
        backend = backend_for(outcome.backend, settings)
        if not backend.filters():
            others = look().filtering
            if others:
                raise FirewallError(
                    "wrong_backend",
                    f"{outcome.backend} filters no output on this host, but {' and '.join(others)} does",
                )
            outcome.backend, outcome.reason = "none", "open_output"
    if outcome.backend == "none":
        outcome.changed, outcome.before = _close_others("", last, check=check)
        known = _addresses(endpoints, settings, who, outcome, ask=ask, now=time.time())
        _describe(outcome, settings, endpoints, known)
        outcome.changed = _keep(None, None, check=check) or outcome.changed
        return outcome

    backend.check_site()
    outcome.before = backend.now()
    outcome.per_user = backend.per_user and who is not None
    uid = who.uid if who is not None else None
    resolvers = _resolvers(settings, outcome)
    early = False
    try:
        if resolvers and ask and endpoints and not check:
            # Names can be asked for only once the way to the name servers is open.
            known = _addresses(endpoints, settings, who, Outcome(), ask=False, now=time.time())
            early = backend.plan([*_openings(endpoints, known), *resolvers], uid)
            if early:
                backend.apply()
        known = _addresses(endpoints, settings, who, outcome, ask=ask, now=time.time())
        _describe(outcome, settings, endpoints, known)
        openings = _openings(endpoints, known)
        if openings:
            openings += resolvers
        outcome.after = sorted(item.line for item in openings)
        live_differs = backend.plan(openings, uid)
        if not openings:
            outcome.reason = "nothing_to_open"
        else:
            lost = backend.after_restart(openings, uid)
            if lost:
                outcome.warn("not_after_restart", f"the opening will not come back by itself after a restart: {lost}")
        elsewhere = False
        if ask:
            elsewhere, lines = _close_others(outcome.backend, last, check=check)
            outcome.before += lines
        kept = replace(
            settings,
            backend=outcome.backend,
            endpoints=[
                {"host": item.host, "port": item.port}
                for item in sorted(endpoints, key=lambda one: (one.host, one.port))  # their order is no change
                if item.address is None or item.name in known  # an address that is forbidden today stays forbidden
            ],
        )
        files_differ = _change(backend if live_differs else None, kept, known, check=check)
    except FirewallError:
        if early and backend.plan(*_last(last)):
            backend.apply()
        raise
    # What was open for a moment only, on the way here, is no change.
    rules_differ = outcome.before != outcome.after if early else live_differs
    outcome.changed = files_differ or rules_differ or elsewhere
    return outcome


def _needed_by(settings: Settings, endpoint: Endpoint) -> list[str]:
    """The certificates that name the endpoint, for the people who run the perimeter firewall."""
    found: set[str] = set()
    for item in settings.endpoints:
        if not isinstance(item, dict) or parse_host(item.get("host")) != endpoint.host:
            continue
        if parse_port(item.get("port", 80)) == endpoint.port and isinstance(item.get("needed_by"), list):
            found |= {str(name) for name in item["needed_by"] if _FINGERPRINT.match(str(name))}
    return sorted(found)


def _describe(
    outcome: Outcome, settings: Settings, endpoints: t.Sequence[Endpoint], known: t.Mapping[str, Known]
) -> None:
    for endpoint in endpoints:
        addresses = [str(item) for item in parse_addresses(known.get(endpoint.name, Known()).addresses)]
        if not addresses:
            continue
        outcome.endpoints.append(
            {
                "host": endpoint.host,
                "port": endpoint.port,
                "protocol": "tcp",
                "addresses": addresses,
                "needed_by": _needed_by(settings, endpoint),
            }
        )
        if endpoint.port != 80:
            outcome.warn("unusual_port", f"{endpoint.name}: responders usually listen on port 80")


def _keep(settings: Settings | None, known: t.Mapping[str, Known] | None, *, check: bool) -> bool:
    """Write or remove our two files, only where they differ."""
    changed = False
    wanted = {
        host.SETTINGS_FILE: settings.as_json() if settings and settings.endpoints else None,
        host.ADDRESSES_FILE: _known_json(known) if known else None,
    }
    for path, content in wanted.items():
        if host.read(path) != content:
            changed = True
            if not check:
                host.put_back(path, content)
    return changed


def _change(backend: Backend | None, settings: Settings, known: t.Mapping[str, Known], *, check: bool) -> bool:
    """Files first, then the rules; when the rules fail, the files are put back."""
    before = {path: host.read(path) for path in (host.SETTINGS_FILE, host.ADDRESSES_FILE)}
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
