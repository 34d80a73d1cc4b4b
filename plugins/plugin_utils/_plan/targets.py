# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a plan to the handshakes that prove it: one target per virtual host and address on which it can be reached."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from collections.abc import Mapping, Sequence, Set

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError, Observed, Vhost, read_info

_ANY = {"*": "127.0.0.1", "_default_": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
# All of 127.0.0.0/8 is the host itself.
_SPARE = tuple(f"127.0.0.{number}" for number in range(2, 100))
_KEY_TYPES = ("rsa", "ecdsa", "ed25519", "ed448")
_TLS_VERSIONS = ("TLSv1.2", "TLSv1.3")
_DEFAULT_PORT = 443
# Stands for whatever a wildcard covers; nobody else would choose it.
_LABEL = "stapling-check"


def targets_of_plan(
    info: t.Any, plan: t.Any, *, address: str | None = None, every: bool = False
) -> list[dict[str, t.Any]]:
    """Return the targets for what a plan staples, out of the data that the plan was made of.

    `every` adds the virtual hosts that the plan does not staple: of these only the handshake is looked at.
    """
    if not isinstance(plan, Mapping) or not isinstance(plan.get("vhosts"), Sequence):
        raise InfoError("the plan is not a result of stapling_plan: it has no list of vhosts")
    stapled = {
        str(vhost["id"]): tuple(str(fingerprint) for fingerprint in vhost.get("stapled_certificates") or ())
        for vhost in plan["vhosts"]
        if vhost.get("action") == words.STAPLE
    }
    return make_targets(read_info(info), stapled, address=address, every=every)


def make_targets(
    observed: Observed, stapled: Mapping[str, Sequence[str]], *, address: str | None = None, every: bool = False
) -> list[dict[str, t.Any]]:
    """Return the targets for stapled_response_info.

    `stapled` has the fingerprints of the certificates for which a staple is due, by virtual host. `address` takes the
    place of wildcard addresses (default: loopback). `every` adds the virtual hosts for which no staple is due.
    """
    claimed = _claimed(observed)
    taken: dict[tuple[str, int], _Taken] = {}
    targets: list[dict[str, t.Any]] = []
    for vhost in observed.vhosts:
        for listening, port in _addresses(vhost, observed):
            name = _reachable_as(vhost, taken.setdefault((listening, port), _Taken()))
            place = _connect_to(listening, port, observed, claimed, address)
            if name is not False and place is not None and (every or vhost.id in stapled):
                targets.append(
                    {
                        "address": place,
                        "port": port,
                        "server_name": name,
                        "id": vhost.id,
                        **_versions(vhost),
                        "proxy_protocol": vhost.proxy_protocol,
                        "proxy_protocol_exceptions": list(vhost.proxy_exceptions),
                        **_expectation(vhost, stapled.get(vhost.id)),
                    }
                )
    return targets


def warn_of_what_stands_in_front(observed: Observed, *, notes: Notes) -> None:
    """Warn where clients can hardly be those of httpd: it serves TLS on loopback only, or not on their port."""
    places = {place for vhost in observed.vhosts for place in _sockets(vhost, observed)}
    shown = ", ".join(sorted(f"{host}:{port}" for host, port in places))
    if places and all(_is_loopback(host) for host, _port in places):
        notes.warn(
            words.CLIENTS_ELSEWHERE,
            f"httpd serves TLS on loopback only ({shown}): if something in front of it ends TLS, clients get what that "
            "staples",
        )
    elif places and _DEFAULT_PORT not in {port for _host, port in places}:
        notes.warn(
            words.CLIENTS_ELSEWHERE,
            f"httpd serves no TLS on port {_DEFAULT_PORT} ({shown}): if something else there ends TLS, clients get "
            "what that staples",
        )


def _sockets(vhost: Vhost, observed: Observed) -> list[tuple[str, int]]:
    """Return the addresses and ports at which httpd accepts connections for this virtual host."""
    found: list[tuple[str, int]] = []
    for listening, port in _addresses(vhost, observed):
        sockets = [socket.strip("[]").lower() for socket, number in observed.listen if number == port]
        found += [(socket, port) for socket in sockets] if listening in _ANY and sockets else [(listening, port)]
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _addresses(vhost: Vhost, observed: Observed) -> list[tuple[str, int]]:
    """Return where the virtual host listens, each place once; for a wildcard port, the first that httpd listens on."""
    places: dict[tuple[str, int], None] = {}
    for raw, port in vhost.addresses:
        listening = raw.strip("[]").lower()
        number = _port(port) or next((number for _address, number in observed.listen), _DEFAULT_PORT)
        places[("*" if listening == "_default_" else listening, number)] = None
    return list(places)


def _port(value: t.Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= 65535 else None


def _connect_to(
    listening: str, port: int, observed: Observed, claimed: Set[tuple[str, int | None]], address: str | None
) -> str | None:
    """Return where to connect to.

    A virtual host for all addresses is reached on any of those that httpd listens on and that no other virtual host
    has for itself; None if there is none left.
    """
    if listening not in _ANY:
        return listening

    def is_claimed(host: str) -> bool:
        return (host, port) in claimed or (host, None) in claimed

    sockets = [socket.strip("[]").lower() for socket, number in observed.listen if number == port]
    if sockets and not any(socket in _ANY for socket in sockets):
        return next((socket for socket in sockets if not is_claimed(socket)), None)
    if address is not None:
        return address
    return next((host for host in (_ANY[listening], *_SPARE) if not is_claimed(host)), None)


def _claimed(observed: Observed) -> frozenset[tuple[str, int | None]]:
    """Return the addresses that virtual hosts have for themselves, each with its port, or None for any."""
    return frozenset((host.strip("[]").lower(), _port(port)) for host, port in observed.claimed)


class _Taken:
    """The names and patterns of the virtual hosts so far on one address, of which httpd serves the first that fits."""

    def __init__(self) -> None:
        self.empty = True
        self._names: set[str] = set()
        self._patterns: list[re.Pattern[str]] = []

    def has(self, name: str) -> bool:
        """Tell whether the name leads to one of them."""
        return name in self._names or any(pattern.fullmatch(name) for pattern in self._patterns)

    def add(self, names: Sequence[str]) -> None:
        """Enter one more virtual host. * and ? stand for anything, as in ServerAlias."""
        self.empty = False
        for name in names:
            if "*" in name or "?" in name:
                expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in name)
                self._patterns.append(re.compile(expression))
            else:
                self._names.add(name)


def _reachable_as(vhost: Vhost, taken: _Taken) -> str | t.Literal[False] | None:
    """Return the name under which clients get to this virtual host; None without a name, False if none leads there.

    The very first of an address is served to those who send no name.
    """
    found: str | t.Literal[False] | None = None if taken.empty else False
    own = [name.rstrip(".").lower() for name in vhost.names]
    for name in reversed(own):
        sent = _sendable(name)
        if sent is not None and not taken.has(sent):
            found = sent
    taken.add(own)
    return found


def _sendable(name: str) -> str | None:
    """Return the name as a client sends it, or None for what none sends: an address, or anything but ASCII."""
    name = name.replace("*", _LABEL).replace("?", "x")
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name if name and name.isascii() else None
    return None


def _expectation(vhost: Vhost, stapled: Sequence[str] | None) -> dict[str, t.Any]:
    """Return whether a staple is due, and key types and fingerprints of the certificates for which it is.

    Where none is due, they are all certificates of the virtual host, of which the server chooses. A server with one
    type of key needs no forcing to it, and forcing has its limits with old libraries.
    """
    if stapled is None:
        known = [found.fingerprint for found in vhost.certificates]
        fingerprints = [] if None in known else [str(fingerprint) for fingerprint in dict.fromkeys(known)]
        return {"staple": False, "key_types": [], "expected_fingerprints": fingerprints}
    due = [certificate for certificate in vhost.certificates if certificate.fingerprint in frozenset(stapled)]
    several = len({certificate.key_type for certificate in vhost.certificates}) > 1
    return {
        "staple": True,
        "key_types": list(dict.fromkeys(str(found.key_type) for found in due if found.key_type in _KEY_TYPES))
        if several
        else [],
        "expected_fingerprints": list(dict.fromkeys(str(found.fingerprint) for found in due)),
    }


def _versions(vhost: Vhost) -> dict[str, t.Any]:
    """Return the one TLS version that SSLProtocol leaves; with two of them both sides take the better one.

    Where it leaves neither, there is nothing to look at: clients of today offer no older version.
    """
    allowed: dict[str, bool] = {}
    for word in vhost.protocols:
        sign = word[0] if word[0] in "+-" else ""
        name = word.lstrip("+-").lower()
        if not sign:
            allowed = {}
        for version in _TLS_VERSIONS if name == "all" else (name,):
            allowed[version.lower()] = sign != "-"
    left = [version for version in _TLS_VERSIONS if allowed.get(version.lower())]
    return {"tls_versions": left if len(left) == 1 else [], "old_tls_only": bool(vhost.protocols) and not left}
