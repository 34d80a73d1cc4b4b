# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own services: name server, `openssl ocsp`, scripted responder; and their controls."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .containers import Container, ensure_container
from .docker import File, copy_into, docker
from .errors import LabError
from .network import DNS, OCSP, RESPONDER, Network
from .paths import object_name, state_directory
from .pki import Pki

_CALL_CONTROL = """
import sys, urllib.error, urllib.request
method, path = sys.argv[1:]
try:
    body = sys.stdin.buffer.read() or None
    request = urllib.request.Request("http://127.0.0.1:8081" + path, data=body, method=method)
    print(urllib.request.urlopen(request, timeout=10).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
"""
_AUTHORITY_FILES = (
    "root.pem", "issuing.pem", "issuing.key", "delegated.pem", "delegated.key", "delegated-without-eku.pem",
    "delegated-without-eku.key", "impostor.pem", "impostor.key", "padding.pem", "index.txt", "index.txt.attr",
)  # fmt: skip


def ensure_infra(fleet: str, network: Network, image: str, pki: Pki, names: dict[str, list[str]]) -> None:
    """Bring the three services up, and tell them the present names and certificates."""
    material = [_material(pki, name) for name in _AUTHORITY_FILES]
    hosts = File("/lab/hosts", _hosts_text(names))
    judged_by = [_material(pki, name) for name in ("root.pem", "issuing.pem")]
    jobs = [(DNS, [hosts, *judged_by]), (OCSP, material), (RESPONDER, material)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        made = list(pool.map(lambda job: _ensure_service(fleet, network, image, *job), jobs))
    if not made[0]:
        _tell_names(object_name(fleet, DNS), hosts)
    if pki.has_issued and not all(made):
        tell_issued(fleet, pki)


def tell_issued(fleet: str, pki: Pki) -> None:
    """Let the responders know of certificates that were issued since."""
    for service in (OCSP, RESPONDER):
        copy_into(object_name(fleet, service), [_material(pki, "index.txt")])


def _material(pki: Pki, name: str) -> File:
    return File(f"/lab/{name}", (pki.directory / name).read_bytes(), mode=0o600)


def move_name(fleet: str, name: str, addresses: list[str]) -> None:
    """Let a name stand for other addresses at once, or for none."""
    names = {**read_names(fleet), name: addresses}
    write_names(fleet, names)
    _tell_names(object_name(fleet, DNS), File("/lab/hosts", _hosts_text(names)))


def switch_service(fleet: str, service: str, action: str) -> None:
    """Stop one of the services, as an outage does, or start it again with the address that it had."""
    if service not in (DNS, OCSP, RESPONDER):
        raise LabError(f"no service {service!r}; there are {DNS}, {OCSP}, {RESPONDER}")
    docker(action, object_name(fleet, service))


def call_responder(fleet: str, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
    """Call the scripted responder's control port once, and return its answer."""
    command = ["python3", "-c", _CALL_CONTROL, method, path]
    answer = docker("exec", "-i", object_name(fleet, RESPONDER), *command, stdin=body)
    summary: dict[str, Any] = json.loads(answer)
    return summary


def fleet_names(
    network: Network, vhost_names: dict[str, list[str]], more: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Return every name of the lab: the services, the hosts, their vhosts, and those of the fleet file."""
    names = {f"{service}.lab.test": network.both(network.infra(service)) for service in (DNS, OCSP, RESPONDER)}
    for host, address in network.hosts.items():
        names[f"{host}.lab.test"] = network.both(address)
        names.update({name: network.both(address) for name in vhost_names[host] if name != address})
    for name, addresses in more.items():
        names[name] = [address for word in addresses for address in _addresses(word, network)]
    return names


def ipv6_options(network: Network, address: str) -> list[str]:
    """Return options of `docker create` for the IPv6 address that goes with an IPv4 address."""
    ipv6 = network.ipv6(address)
    # No wait for other owners of an address that nobody else can have.
    return ["--ip6", ipv6, "--sysctl", "net.ipv6.conf.all.accept_dad=0"] if ipv6 else []


def _addresses(word: str, network: Network) -> list[str]:
    if word == "spares":
        return [found for address in network.spares() for found in network.both(address)]
    if word in (DNS, OCSP, RESPONDER):
        return network.both(network.infra(word))
    if "/" in word:
        return [str(address) for address in ipaddress.ip_network(word).hosts()]
    return network.both(network.hosts[word]) if word in network.hosts else [word]


def _ensure_service(fleet: str, network: Network, image: str, service: str, files: list[File]) -> bool:
    lasting = [file for file in files if not file.path.endswith((".txt", "/hosts"))]
    digest = hashlib.sha256(repr([image, network.subnet, network.subnet6, lasting]).encode()).hexdigest()
    options = ["--restart", "always", "--init", "--cap-add", "NET_ADMIN", "--stop-timeout", "2"]
    options += ["-e", f"LAB_LISTEN={'::' if network.subnet6 else '0.0.0.0'}"]
    if service == RESPONDER:
        spares = [found for address in network.spares() for found in network.both(address)]
        lengths = {4: network.subnet.prefixlen, 6: 64}
        listed = " ".join(f"{address}/{lengths[ipaddress.ip_address(address).version]}" for address in spares)
        options += ["-e", f"LAB_ADDRESSES={listed}"]
    name, address = object_name(fleet, service), network.infra(service)
    options += ipv6_options(network, address)
    container = Container(name, fleet, image, network.name, address, digest, options, [service])
    return ensure_container(container, lambda: files)


def _tell_names(container: str, hosts: File) -> None:
    copy_into(container, [hosts])
    docker("exec", container, "pkill", "-HUP", "-x", "dnsmasq")


def _hosts_text(names: dict[str, list[str]]) -> bytes:
    bad = [name for name in names if not name or any(character.isspace() for character in name)]
    if bad:
        raise LabError(f"not a host name: {bad[0]!r}")
    return "".join(f"{address} {name}\n" for name, addresses in names.items() for address in addresses).encode()


def read_names(fleet: str) -> dict[str, list[str]]:
    """Return the names as they are now."""
    names: dict[str, list[str]] = json.loads((state_directory(fleet) / "names.json").read_text(encoding="utf-8"))
    return names


def write_names(fleet: str, names: dict[str, list[str]]) -> None:
    """Keep the names, for moves later."""
    (state_directory(fleet) / "names.json").write_text(json.dumps(names, indent=1), encoding="utf-8")
