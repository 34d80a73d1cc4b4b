# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One docker network per fleet, with addresses that stay the same when a container is started again."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .docker import docker, inspect
from .errors import LabError
from .paths import LAB_ID, object_name

DNS, OCSP, RESPONDER = "dns", "ocsp", "responder"
_FIXED = {DNS: 2, OCSP: 3, RESPONDER: 4}
_SPARE = range(20, 24)  # further addresses of the responder, for names that move
_FIRST_HOST = 100


@dataclass(frozen=True)
class Network:
    """A fleet's network and who has which address on it."""

    name: str
    subnet: ipaddress.IPv4Network
    hosts: dict[str, str]
    subnet6: ipaddress.IPv6Network | None = None

    def infra(self, service: str) -> str:
        """Return the address of one of the lab's services."""
        return str(self.subnet[_FIXED[service]])

    def spares(self) -> list[str]:
        """Return further addresses at which the scripted responder listens."""
        return [str(self.subnet[number]) for number in _SPARE]

    def ipv6(self, address: str) -> str | None:
        """Return the IPv6 address that goes with an IPv4 address, in a fleet that has IPv6."""
        if self.subnet6 is None:
            return None
        return str(self.subnet6[int(ipaddress.IPv4Address(address)) - int(self.subnet.network_address)])

    def both(self, address: str) -> list[str]:
        """Return an address, and in a fleet that has IPv6 the one that goes with it."""
        return [found for found in (address, self.ipv6(address)) if found is not None]


def ensure_network(fleet: str, host_names: list[str], memory: Path, *, ipv6: bool) -> Network:
    """Make the network if it is not there, and give every host an address that it keeps."""
    name = object_name(fleet)
    described = inspect("network", name) or _create(name, fleet, _ipv6_options(name) if ipv6 else [])
    subnets = [ipaddress.ip_network(entry["Subnet"]) for entry in described["IPAM"]["Config"]]
    subnet = next(found for found in subnets if isinstance(found, ipaddress.IPv4Network))
    subnet6 = next((found for found in subnets if isinstance(found, ipaddress.IPv6Network)), None)
    if ipv6 != (subnet6 is not None):
        raise LabError(f"fleet {fleet} is up {'without' if ipv6 else 'with'} IPv6: take it down first")
    known = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}
    hosts = {
        host: known[host] for host in host_names if known.get(host) and ipaddress.IPv4Address(known[host]) in subnet
    }
    free = (str(subnet[number]) for number in range(_FIRST_HOST, subnet.num_addresses - 1))
    for host in host_names:
        if host not in hosts:
            hosts[host] = next(address for address in free if address not in hosts.values())
    memory.write_text(json.dumps(hosts, indent=1), encoding="utf-8")
    return Network(name, subnet, hosts, subnet6)


def _ipv6_options(name: str) -> list[str]:
    # A range for local use, told apart by what the network's name is told apart by.
    digits = hashlib.sha256(name.encode()).hexdigest()
    return ["--ipv6", "--subnet", f"fd{digits[:2]}:{digits[2:6]}:{digits[6:10]}::/64"]


def _create(name: str, fleet: str, options: list[str]) -> dict[str, Any]:
    # The engine knows which range is free, but grants fixed addresses only in a range that was asked for by name.
    labels = ["--label", f"stapling-lab={LAB_ID}", "--label", f"stapling-lab.fleet={fleet}"]
    for _attempt in range(5):
        docker("network", "create", *labels, name)
        found = inspect("network", name)
        docker("network", "rm", name)
        if found is None:
            continue
        subnet = found["IPAM"]["Config"][0]["Subnet"]
        try:
            docker("network", "create", *labels, "--subnet", subnet, *options, name)
        except LabError as error:
            if "overlap" not in str(error):
                raise
            continue  # another lab took the range in between
        created = inspect("network", name)
        if created is not None:
            return created
    raise LabError("docker gives no free range of addresses for a network")
