# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of a fleet, and what tests need to know about its vhosts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import yaml

from .httpd_config import TLS_DIRECTORY, Served, certificate_path
from .images import KNOWN, layout_of
from .network import DNS, OCSP, RESPONDER, Network
from .paths import LAB, agent_directory, object_name
from .spec import Fleet


def write_inventory(
    directory: Path, fleet: Fleet, network: Network, served: dict[str, list[Served]], group: str | None
) -> Path:
    """Write inventory.yml, and vhosts.json with every vhost (the inventory leaves out the bulk)."""
    described = {name: [describe(item) for item in items] for name, items in served.items()}
    (directory / "vhosts.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
    hosts: dict[str, Any] = {}
    groups: dict[str, Any] = {"web": {"hosts": {}}}
    for name, host in fleet.hosts.items():
        hosts[name] = {
            "ansible_host": network.hosts[name],
            # The connection's own name for the host; ansible_host stays the address that others reach it at.
            "ansible_docker_host": object_name(fleet.name, name),
            "lab_agent_directory": str(agent_directory(fleet.name, name)),
            **({"lab_ipv6": network.ipv6(network.hosts[name])} if fleet.ipv6 else {}),
            "lab_service": layout_of(host.image).service,
            "lab_init": _init_of(host.image),
            "lab_vhosts": described[name][: len(host.vhosts)],
            **host.vars,
        }
        for member_of in [*(["web"] if host.httpd else []), *host.groups, *([group] if group else [])]:
            groups.setdefault(member_of, {"hosts": {}})["hosts"][name] = None
    variables = {
        "ansible_connection": _connection(),
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_pipelining": True,
        "lab_directory": str(directory),
        "lab_ca_file": str(directory / "ca.pem"),
        "lab_issuer_file": str(directory / "pki" / "issuing.pem"),
        "lab_fleet": fleet.name,
        "lab_dns_address": network.infra(DNS),
        "lab_ocsp_address": network.infra(OCSP),
        "lab_responder_address": network.infra(RESPONDER),
        "lab_responder_spare_addresses": network.spares(),
        **(_ipv6_of_services(network) if fleet.ipv6 else {}),
        # The root as a file on every host: the machine that confirms is the host itself unless told otherwise.
        "ocsp_stapling_ca_file": f"{TLS_DIRECTORY}/root.pem",
        **fleet.vars,
    }
    path = directory / "inventory.yml"
    content = {"all": {"vars": variables, "hosts": hosts, "children": groups}}
    path.write_text("---\n" + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def _connection() -> str:
    """Return the connection through the hosts' agents where Ansible will find it, as in the tests; else a stock one."""
    known = os.environ.get("ANSIBLE_CONNECTION_PLUGINS", "").split(os.pathsep)
    return "lab_agent" if str(LAB / "agent" / "connection") in known else "community.docker.docker"


def _init_of(image: str) -> dict[str, str]:
    """Return the name of what looks after httpd, and the commands by which it does so."""
    init, service = KNOWN[image].init, layout_of(image).service
    commands = {"status": init.status, "reload": init.reload, "restart": init.restart}
    return {"name": init.name, **{word: command.format(service=service) for word, command in commands.items()}}


def _ipv6_of_services(network: Network) -> dict[str, Any]:
    services = {"dns": DNS, "ocsp": OCSP, "responder": RESPONDER}
    return {f"lab_{word}_ipv6": network.ipv6(network.infra(service)) for word, service in services.items()}


def replace_vhost(directory: Path, host: str, description: dict[str, Any]) -> None:
    """Replace the description of one vhost in what write_inventory has written."""
    inventory = yaml.safe_load((directory / "inventory.yml").read_text(encoding="utf-8"))
    described = json.loads((directory / "vhosts.json").read_text(encoding="utf-8"))
    for vhosts in (described[host], inventory["all"]["hosts"][host]["lab_vhosts"]):
        vhosts[:] = [description if vhost["name"] == description["name"] else vhost for vhost in vhosts]
    (directory / "vhosts.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
    (directory / "inventory.yml").write_text("---\n" + yaml.safe_dump(inventory, sort_keys=False), encoding="utf-8")


def describe(item: Served) -> dict[str, Any]:
    """Return what tests need to know of a vhost and its certificates."""
    vhost = item.vhost
    return {
        "name": vhost.name,
        "aliases": vhost.aliases,
        "port": vhost.port,
        "protocols": vhost.protocols,
        # What a judge of staples has to try: every certificate in every TLS version.
        "handshakes": [f"{vhost.name} {key} {tls}" for key in item.leaves for tls in vhost.tls_versions()],
        "must_staple": vhost.must_staple,
        "chain": vhost.chain,
        "responders": vhost.uris(),
        "certificates": [
            {
                "key_type": key_type,
                "path": certificate_path(vhost, key_type),
                "local_path": str(leaf.certificate),
                "serial_number": f"{leaf.serial_number:X}",
            }
            for key_type, leaf in item.leaves.items()
        ],
    }
