# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be opened: endpoints, and the policy on the addresses that they resolve to. Pure, no I/O.

Endpoints come from certificates, so they are hostile until proven otherwise. Nothing that was read from one goes
into a rule: a host name is resolved, and only addresses that the ipaddress module has parsed, and integers, leave here.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
import typing as t
from dataclasses import dataclass, field

from .._addresses import AddressError, IPAddress, IPNetwork, canonical, forbidden_network, unmapped
from .._addresses import parse_networks as _parse_networks
from .._firewall.errors import FirewallError

REASONS: dict[str, str] = {
    "not_an_endpoint": "an endpoint is a mapping with a host and a port",
    "bad_host": "this is neither a host name nor an IP address",
    "bad_port": "a port is a number from 1 to 65535",
    "host_not_allowed": "the host matches none of the allowed hosts",
    "destination_forbidden": "the host leads into a forbidden network",
    "name_not_resolved": "the name has no address on this host",
    "too_many_addresses": "the name has more addresses than one responder may have",
    "too_many_endpoints": "there are more endpoints than one host may have",
}

# A name longer than this cannot be in the DNS.
_NAME_MAX = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
# "127.1", "0x7f.1" and "2130706433" are addresses to the resolver, though not to a reader.
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")


@dataclass(frozen=True, order=True)
class EgressEndpoint:
    """A responder to be reached: a host name or an address, and a port."""

    host: str
    port: int

    @property
    def name(self) -> str:
        """Return C(HOST:PORT), with brackets around an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def address(self) -> IPAddress | None:
        """Return the address; None where the host is a name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


@dataclass(frozen=True)
class Refused:
    """An endpoint that is left out: what it was called, a stable word, and a sentence."""

    host: str
    port: str
    reason: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        """Return what the module returns of it."""
        return {"host": self.host, "port": self.port, "reason": self.reason, "detail": self.detail}


@dataclass(frozen=True)
class AddressPolicy:
    """What may be opened at all."""

    forbidden: tuple[IPNetwork, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    max_addresses: int = 32


@dataclass(frozen=True, order=True)
class Opening:
    """One destination, as it goes into a rule."""

    version: int
    address: str
    port: int
    protocol: str = "tcp"

    @property
    def line(self) -> str:
        """Return the line that shows it in a diff or a log."""
        shown = f"[{self.address}]" if self.version == 6 else self.address
        return f"{self.protocol} {shown}:{self.port}"


def opening(*, address: IPAddress, port: int, protocol: str = "tcp") -> Opening:
    """Return the opening to an address."""
    return Opening(version=address.version, address=str(address), port=port, protocol=protocol)


@dataclass
class Known:
    """The addresses of one endpoint, each with the time at which it left the DNS, or None while it is there."""

    addresses: dict[str, float | None] = field(default_factory=dict)


def _shown(value: object) -> str:
    """Return a hostile value, safe to print on one line."""
    text = str(value)
    text = "".join(c if c.isprintable() and c.isascii() else "?" for c in text[:80])
    return text if len(str(value)) <= 80 else text + "..."


def _refuse(reason: str, *, host: object, port: object, detail: str | None = None) -> Refused:
    return Refused(host=_shown(host), port=_shown(port), reason=reason, detail=detail or REASONS[reason])


def parse_host(value: object) -> str | None:
    """Return a host name or an address in its plain form, None for what is neither."""
    if not isinstance(value, str):
        return None
    text = str(value)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
        if ":" not in text:
            return None
    if ":" in text:
        # A zone ("%eth0") is parsed by ipaddress, but it is no business of a certificate.
        if "%" in text:
            return None
        try:
            return canonical(ipaddress.IPv6Address(text))
        except ValueError:
            return None
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        pass
    name = text.lower()
    if name.endswith("."):
        name = name[:-1]
    if not name or len(name) > _NAME_MAX:
        return None
    labels = name.split(".")
    if not all(_LABEL.match(label) for label in labels) or _NUMBER.match(labels[-1]):
        return None
    return name


def parse_port(value: object) -> int | None:
    """Return a port that came as a number or as its digits, None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not re.match(r"[0-9]{1,5}\Z", value):
            return None
        value = int(value)
    if not isinstance(value, int) or not 1 <= value <= 65535:
        return None
    return int(value)


def parse_endpoints(
    *, endpoints: t.Sequence[object], policy: AddressPolicy, maximum: int
) -> tuple[list[EgressEndpoint], list[Refused]]:
    """Return the endpoints that can be used, and the others with the word for what is wrong."""
    good: dict[EgressEndpoint, None] = {}
    refused: list[Refused] = []
    for item in endpoints:
        if not isinstance(item, t.Mapping) or "host" not in item:
            refused.append(_refuse("not_an_endpoint", host=item, port=""))
            continue
        raw_host, raw_port = item["host"], item.get("port", 80)
        host, port = parse_host(raw_host), parse_port(raw_port)
        if host is None:
            refused.append(_refuse("bad_host", host=raw_host, port=raw_port))
        elif port is None:
            refused.append(_refuse("bad_port", host=raw_host, port=raw_port))
        elif policy.allowed_hosts and not any(
            fnmatch.fnmatchcase(host, pattern.lower()) for pattern in policy.allowed_hosts
        ):
            refused.append(_refuse("host_not_allowed", host=host, port=port))
        elif len(good) >= maximum and EgressEndpoint(host, port) not in good:
            refused.append(
                _refuse("too_many_endpoints", host=host, port=port, detail=f"one host may have {maximum} endpoints")
            )
        else:
            good[EgressEndpoint(host, port)] = None
    return list(good), refused


def parse_networks(values: t.Sequence[str]) -> tuple[IPNetwork, ...]:
    """Return the forbidden networks, or raise FirewallError for one that is not a network."""
    try:
        return _parse_networks(values)
    except AddressError as error:
        raise FirewallError(error.code, f"forbidden network: {error.message}") from error


def parse_addresses(values: t.Iterable[str]) -> list[IPAddress]:
    """Return addresses as a resolver gave them, each once, IPv4 first; what is none is left out."""
    found: set[IPAddress] = set()
    for value in values:
        try:
            address: IPAddress = ipaddress.ip_address(value)
        except ValueError:
            continue
        address = unmapped(address)
        if "%" in str(address):
            continue
        found.add(address)
    return sorted(found, key=lambda item: (item.version, int(item)))


def judge_addresses(
    *, endpoint: EgressEndpoint, addresses: t.Sequence[IPAddress], policy: AddressPolicy
) -> Refused | None:
    """Return why an answer of the DNS is refused, or None.

    One forbidden address refuses all of it: who made that one up is not to be trusted with the rest.
    """
    if not addresses:
        return _refuse("name_not_resolved", host=endpoint.host, port=endpoint.port)
    for address in addresses:
        network = forbidden_network(address, policy.forbidden)
        if network is not None:
            detail = f"{address} is in the forbidden network {network}"
            return _refuse("destination_forbidden", host=endpoint.host, port=endpoint.port, detail=detail)
    if len(addresses) > policy.max_addresses:
        detail = f"{len(addresses)} addresses, and {policy.max_addresses} are allowed"
        return _refuse("too_many_addresses", host=endpoint.host, port=endpoint.port, detail=detail)
    return None


def merge_addresses(
    *, known: Known, answer: t.Sequence[IPAddress], policy: AddressPolicy, now: float, grace: float, accepted: bool
) -> Known:
    """Return the addresses to keep open: those of an accepted answer, and older ones for a while.

    An answer that was not accepted (no answer at all, or one that policy refuses) changes nothing, so that a dead or
    hostile DNS neither closes nor opens anything. AddressPolicy itself is applied to the old addresses again each time.
    """
    kept: dict[str, float | None] = {}
    for text, gone in known.addresses.items():
        parsed = parse_addresses([text])
        if not parsed or forbidden_network(parsed[0], policy.forbidden) is not None:
            continue
        kept[str(parsed[0])] = gone
    if not accepted:
        return Known(kept)
    current = [str(address) for address in answer]
    merged: dict[str, float | None] = dict.fromkeys(current)
    old = []
    for text, gone in kept.items():
        if text in merged:
            continue
        since = now if gone is None else gone
        # A clock that was set back must not keep an address for ever.
        if 0 <= now - since < grace:
            old.append((since, text))
    # A responder that rotates through many addresses is bounded too: the longest gone go first.
    old.sort(reverse=True)
    for since, text in old[: max(0, policy.max_addresses - len(current))]:
        merged[text] = since
    return Known(merged)
