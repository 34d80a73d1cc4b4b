# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet file: read, checked and completed."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .errors import LabError

FIREWALLS = ("nftables", "iptables", "ufw", "firewalld")
KEYS = ("rsa", "ecdsa", "ed25519")
CHAINS = ("inside", "deep", "file", "missing")
OWN_ADDRESS = "address"  # instead of a name: the address of the host
TLS_VERSIONS = ("1.2", "1.3")
RESPONDERS = {"plain": "http://ocsp.lab.test/", "scripted": "http://responder.lab.test/"}
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Vhost:
    """One TLS virtual host."""

    name: str
    aliases: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=lambda: ["rsa"])
    responder: str | list[str] = "plain"
    protocols: list[str] = field(default_factory=list)
    must_staple: bool = False
    chain: str = "inside"
    port: int = 443
    not_before_days: int = -1  # positive: not valid yet
    not_after_days: int = 90  # negative: expired
    reuse_keys: bool = False  # share the host's one key per type: certificates stay distinct
    config: str = ""  # further lines for the block

    def tls_versions(self) -> list[str]:
        """Return the TLS versions that this vhost speaks."""
        return [version for version in TLS_VERSIONS if not self.protocols or f"TLSv{version}" in self.protocols]

    def uris(self) -> list[str]:
        """Return the OCSP URIs for the certificates of this vhost."""
        if isinstance(self.responder, list):
            return self.responder
        if self.responder == "none":
            return []
        base, _slash, behaviour = self.responder.partition("/")
        return [RESPONDERS[base] + (f"as/{behaviour}" if behaviour else "")]


@dataclass(frozen=True)
class Host:
    """One machine of the fleet."""

    name: str
    image: str
    vhosts: list[Vhost] = field(default_factory=list)
    count: int = 0
    bulk: dict[str, Any] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    vars: dict[str, Any] = field(default_factory=dict)
    firewall: str | None = None
    packages: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    httpd: bool = True
    files: dict[str, str] = field(default_factory=dict)
    run: list[str] = field(default_factory=list)
    repeats: bool = False  # proves the same as another host, on another distribution: left out if LAB_SHORT is set

    def bulk_vhosts(self) -> list[Vhost]:
        """Return the `count` vhosts, all alike, as the `bulk` field describes them."""
        options = {"keys": ["ecdsa"], "responder": "scripted", "reuse_keys": True, **self.bulk}
        return [
            _build(Vhost, {"name": f"bulk{number:05d}.{self.name}.lab.test", **options}, f"host {self.name}: bulk")
            for number in range(1, self.count + 1)
        ]

    def all_vhosts(self) -> list[Vhost]:
        """Return those written one by one, then the bulk."""
        return [*self.vhosts, *self.bulk_vhosts()]


@dataclass(frozen=True)
class Fleet:
    """All of a fleet file."""

    name: str
    hosts: dict[str, Host]
    names: dict[str, list[str]] = field(default_factory=dict)
    vars: dict[str, Any] = field(default_factory=dict)
    issuer_key: str = "rsa"
    ipv6: bool = False
    compile_once: bool = True  # see hosts/lab_compiled.py


def read_fleet(path: Path, known_images: tuple[str, ...]) -> Fleet:
    """Read a fleet file and what it stands on; LabError names the place that is wrong."""
    data = fleet_data(path)
    _need(isinstance(data.get("hosts"), dict) and bool(data["hosts"]), f"{path}: needs `name` and `hosts`")
    hosts = {str(name): _host(str(name), value, known_images) for name, value in data["hosts"].items()}
    fleet = _build(Fleet, {**data, "hosts": hosts}, str(path))
    _need(_NAME.fullmatch(str(fleet.name)) is not None, f"{path}: name {fleet.name!r} is not a plain lower-case word")
    _need(fleet.issuer_key in KEYS, f"{path}: issuer_key is one of {', '.join(KEYS)}")
    return fleet


def fleet_data(path: Path) -> dict[str, Any]:
    """Return the content of a fleet file and its bases, without the hosts that repeat others if LAB_SHORT is set."""
    data = _with_bases(path)
    hosts = data.get("hosts")
    if os.environ.get("LAB_SHORT") and isinstance(hosts, dict):
        data["hosts"] = {name: host for name, host in hosts.items() if not (host or {}).get("repeats")}
    return data


def _with_bases(path: Path) -> dict[str, Any]:
    """Return the content of a fleet file, merged into that of the file which it names as its `base`."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise LabError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise LabError(f"{path}: not a mapping")
    base = data.pop("base", None)
    return data if base is None else _merged(_with_bases(path.parent / str(base)), data)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return both mappings as one; where both have a key, mappings are merged, and anything else is replaced."""
    both = {
        key: _merged(base[key], value) if isinstance(base.get(key), dict) and isinstance(value, dict) else value
        for key, value in changes.items()
    }
    return {**base, **both}


def with_addresses(fleet: Fleet, addresses: Mapping[str, str]) -> Fleet:
    """Return the fleet with the address of its host as the name of each vhost that asks for it."""
    return dataclasses.replace(
        fleet, hosts={name: _with_address(host, addresses[name]) for name, host in fleet.hosts.items()}
    )


def _with_address(host: Host, address: str) -> Host:
    vhosts = [dataclasses.replace(vhost, name=address) if vhost.name == OWN_ADDRESS else vhost for vhost in host.vhosts]
    return dataclasses.replace(host, vhosts=vhosts)


def changed_vhost(vhost: Vhost, changes: dict[str, Any]) -> Vhost:
    """Return the same vhost with other certificates."""
    allowed = ("keys", "responder", "must_staple", "not_after_days", "chain")
    place = f"vhost {vhost.name}"
    _need(set(changes) <= set(allowed), f"{place}: a renewal changes only {', '.join(allowed)}")
    changed = dataclasses.replace(vhost, **changes)
    _check_vhost(changed, place)
    _need(len(changed.keys) == len(vhost.keys), f"{place}: a renewal keeps the number of certificates")
    return changed


def _host(name: str, data: Any, known_images: tuple[str, ...]) -> Host:
    place = f"host {name}"
    _need(_NAME.fullmatch(name) is not None, f"{place}: not a plain lower-case word")
    _need(isinstance(data, dict), f"{place}: not a mapping")
    vhosts = [_vhost(item, place) for item in data.get("vhosts", [])]
    host = _build(Host, {**data, "name": name, "vhosts": vhosts}, place)
    _need(host.image in known_images, f"{place}: image {host.image!r} is not one of {', '.join(known_images)}")
    _need(host.firewall is None or host.firewall in FIREWALLS, f"{place}: firewall {host.firewall!r} is unknown")
    for vhost in host.bulk_vhosts()[:1]:
        _check_vhost(vhost, place)
    return host


def _vhost(data: Any, place: str) -> Vhost:
    _need(isinstance(data, dict) and isinstance(data.get("name"), str), f"{place}: each vhost needs a name")
    vhost = _build(Vhost, data, f"{place}: vhost {data['name']}")
    _check_vhost(vhost, place)
    return vhost


def _check_vhost(vhost: Vhost, place: str) -> None:
    place = f"{place}: vhost {vhost.name}"
    _need(bool(vhost.keys) and set(vhost.keys) <= set(KEYS), f"{place}: keys are of {', '.join(KEYS)}")
    allowed = [f"TLSv{version}" for version in TLS_VERSIONS]
    _need(set(vhost.protocols) <= set(allowed), f"{place}: protocols are of {', '.join(allowed)}")
    _need(vhost.chain in CHAINS, f"{place}: chain is one of {', '.join(CHAINS)}")
    if isinstance(vhost.responder, str):
        base = vhost.responder.partition("/")[0]
        _need(base in (*RESPONDERS, "none"), f"{place}: responder {vhost.responder!r} is unknown")


def _build(kind: type[_T], data: dict[str, Any], place: str) -> _T:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(data) - known)
    _need(not unknown, f"{place}: unknown field {', '.join(map(str, unknown))}; known: {', '.join(sorted(known))}")
    try:
        return kind(**data)
    except TypeError as error:
        raise LabError(f"{place}: {error}") from error


def _need(condition: bool, message: str) -> None:
    if not condition:
        raise LabError(message)
