# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a fleet up, and take it away."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from .cgroup import systemd_options
from .containers import Container, ensure_container, lab_containers, lab_networks
from .docker import File, docker, try_docker
from .engine import ensure_engine, locked
from .errors import LabError
from .firewall import Firewall, site_firewall
from .httpd_config import Served, httpd_files
from .images import FIREWALL_PACKAGES, HOST_IMAGES, KNOWN, ensure_image, ensure_with_packages, layout_of
from .infra import ensure_infra, fleet_names, ipv6_options, write_names
from .inventory import write_inventory
from .network import DNS, Network, ensure_network
from .paths import COMPILED, HOSTS, LAB_ID, STATE, agent_directory, object_name, state_directory
from .pki import Pki
from .spec import Fleet, Host, Vhost, fleet_data, read_fleet, with_addresses

FLEET_FILE = "fleet.yml"
_PACKAGES = "/usr/lib/python3/dist-packages"  # of the Python of every image
_READY = "/etc/lab/ready"  # on a host: everything that the fleet file asks for was done
_BOOT_SECONDS = 60
_WORKERS = 6
_PLAIN = ["--cap-add", "NET_ADMIN"]  # options of `docker create` for hosts without systemd


@dataclass(frozen=True)
class Scene:
    """What all hosts of a fleet share."""

    fleet: Fleet
    network: Network
    pki: Pki
    systemd: list[str]


def up(path: Path, group: str | None = None) -> Path:
    """Bring up what the fleet file describes; return the path of its inventory, where `group` holds every host."""
    fleet = read_fleet(path, HOST_IMAGES)
    ensure_engine()
    directory = state_directory(fleet.name)
    directory.mkdir(parents=True, exist_ok=True)
    with locked(f"fleet_{fleet.name}"):
        images = _images(fleet)
        pki = Pki(directory / "pki", fleet.issuer_key)
        (directory / "ca.pem").write_bytes(pki.root_pem)
        (directory / FLEET_FILE).write_text(yaml.safe_dump(fleet_data(path), sort_keys=False), encoding="utf-8")
        network = ensure_network(fleet.name, list(fleet.hosts), directory / "addresses.json", ipv6=fleet.ipv6)
        fleet = with_addresses(fleet, network.hosts)
        served = {name: [serve(pki, host, vhost) for vhost in host.all_vhosts()] for name, host in fleet.hosts.items()}
        pki.save()
        vhost_names = {name: [item.vhost.name for item in items] for name, items in served.items()}
        names = fleet_names(network, vhost_names, fleet.names)
        write_names(fleet.name, names)
        ensure_infra(fleet.name, network, ensure_image("infra"), pki, names)
        scene = Scene(fleet, network, pki, systemd_options())
        with ThreadPoolExecutor(_WORKERS) as pool:
            jobs = [
                pool.submit(_ensure_host, scene, host, images[name], served[name]) for name, host in fleet.hosts.items()
            ]
            for job in jobs:
                job.result()
        _remove_others(fleet)
        return write_inventory(directory, fleet, network, served, group)


def down(fleet: str | None) -> list[str]:
    """Remove a fleet, or all of this checkout's, with everything that the lab has made for it."""
    containers, networks = lab_containers(fleet), lab_networks(fleet)
    if containers:
        docker("rm", "-f", "-v", *containers, timeout=120 + 5 * len(containers))
    for network in networks:
        _remove_network(network)
    for directory in [state_directory(fleet)] if fleet else STATE.glob("*/"):
        if (directory / "pki").is_dir():
            shutil.rmtree(directory)
    return [*containers, *networks]


def _remove_network(name: str) -> None:
    """Remove a network, once it is free of containers.

    A busy engine calls containers removed some time before their network is free of them. Now and then it miscounts
    them for good, and keeps an empty network until it is restarted.
    """
    for _attempt in range(20):
        found = try_docker("network", "rm", name)
        if found.returncode == 0 or b"active endpoints" not in found.stderr:
            break
        time.sleep(1)
    if found.returncode != 0:
        message = found.stderr.decode(errors="replace").strip()
        left = try_docker("network", "inspect", "--format", "{{len .Containers}}", name)
        if left.stdout.strip() != b"0":
            raise LabError(f"docker network rm: {message}")
        print(f"lab: {name} is empty, and the engine keeps it: {message}", file=sys.stderr)


def fleets() -> list[str]:
    """Return the fleets of this checkout that are up."""
    listed = docker(
        "network", "ls", "--filter", f"label=stapling-lab={LAB_ID}", "--format", '{{.Label "stapling-lab.fleet"}}'
    )
    return sorted(set(listed.split()))


def _images(fleet: Fleet) -> dict[str, str]:
    needed = {name: (host.image, tuple(_packages(host))) for name, host in fleet.hosts.items()}
    tags = {key: ensure_with_packages(key[0], list(key[1])) for key in sorted(set(needed.values()))}
    return {name: tags[key] for name, key in needed.items()}


def _packages(host: Host) -> list[str]:
    return sorted({*host.packages, *(FIREWALL_PACKAGES[host.firewall] if host.firewall else [])})


def serve(pki: Pki, host: Host, vhost: Vhost, *, renew: bool = False) -> Served:
    """Return a vhost with its certificates, one per key type."""
    leaves = {
        key_type: pki.leaf(
            label=f"{host.name}-{vhost.name}-{key_type}",
            names=[vhost.name, *vhost.aliases],
            key_type=key_type,
            uris=vhost.uris(),
            must_staple=vhost.must_staple,
            days=(vhost.not_before_days, vhost.not_after_days),
            shared=host.name if vhost.reuse_keys else None,
            renew=renew,
        )
        for key_type in vhost.keys
    }
    return Served(vhost, leaves)


def _ensure_host(scene: Scene, host: Host, image: str, served: list[Served]) -> None:
    resolver = scene.network.infra(DNS)
    firewall = site_firewall(host.firewall, resolver) if host.firewall else Firewall([], [])
    files = [
        File("/etc/lab/resolv.conf", f"nameserver {resolver}\nsearch lab.test\n".encode()),
        *(_compile_once() if scene.fleet.compile_once else []),
        *firewall.files,
        *(httpd_files(host, served, scene.pki) if host.httpd else []),
        *(File(path, text.encode()) for path, text in host.files.items()),
    ]
    script = _script(host, firewall)
    digest = hashlib.sha256(repr([image, script, scene.systemd, files]).encode()).hexdigest()
    name = object_name(scene.fleet.name, host.name)
    address = scene.network.hosts[host.name]
    agent = agent_directory(scene.fleet.name, host.name)
    agent.mkdir(parents=True, exist_ok=True)
    COMPILED.mkdir(exist_ok=True)
    (agent / "none").unlink(missing_ok=True)  # left by the connection if the host could not run its agent
    options = [
        *(scene.systemd if KNOWN[host.image].init.systemd else _PLAIN),
        *ipv6_options(scene.network, address),
        *("-v", f"{agent}:/lab-agent"),
        *(("-v", f"{COMPILED}:/var/cache/lab-python") if scene.fleet.compile_once else ()),
    ]
    container = Container(name, scene.fleet.name, image, scene.network.name, address, digest, options)
    made = ensure_container(container, lambda: files)
    _wait_for_boot(name, host)
    if not made and try_docker("exec", name, "test", "-e", _READY).returncode == 0:
        return
    if not made:  # an earlier run ended half-way: its commands may not work a second time
        docker("rm", "-f", "-v", name)
        ensure_container(container, lambda: files)
        _wait_for_boot(name, host)
    if script:
        docker("exec", name, "sh", "-ec", script, timeout=300)
    if host.httpd:
        _check_httpd(name, host)
    docker("exec", name, "touch", _READY)


def _compile_once() -> list[File]:
    return [
        File(f"{_PACKAGES}/lab_compiled.py", (HOSTS / "lab_compiled.py").read_bytes()),
        File(f"{_PACKAGES}/lab_compiled.pth", b"import lab_compiled\n"),
    ]


def _script(host: Host, firewall: Firewall) -> str:
    lines, layout = [], layout_of(host.image)
    if host.without:
        lines.append(f"dpkg --purge --force-depends {shlex.join(host.without)}")
    if host.modules and layout.enabled is not None:
        lines += [f"a2enmod -q {shlex.join(host.modules)}", _command(host, "restart")]
    if not host.httpd:
        lines.append(_command(host, "disable"))
    return "\n".join([*lines, *firewall.commands, *host.run])


def _command(host: Host, what: str) -> str:
    """Return the shell command by which the host's own init does this to httpd."""
    command: str = getattr(KNOWN[host.image].init, what)
    if not command:
        raise LabError(f"host {host.name}: nothing can {what} httpd on image {host.image}")
    return command.format(service=layout_of(host.image).service)


def _wait_for_boot(name: str, host: Host) -> None:
    deadline = time.monotonic() + _BOOT_SECONDS
    while time.monotonic() < deadline:
        if _asks(name, _command(host, "booted")):
            return
        time.sleep(0.2)
    raise LabError(f"{name} has not started after {_BOOT_SECONDS} seconds: {_last_words(name)}")


def _check_httpd(name: str, host: Host) -> None:
    if not _asks(name, _command(host, "active")):
        log = try_docker("exec", name, "sh", "-c", _command(host, "log")).stdout.decode(errors="replace")
        raise LabError(f"{name}: httpd does not run: {' / '.join(log.strip().splitlines())}")


def _asks(name: str, command: str) -> bool:
    return try_docker("exec", name, "sh", "-c", command, timeout=_BOOT_SECONDS).returncode == 0


def _last_words(name: str) -> str:
    logged = try_docker("logs", "--tail", "3", name)
    return (logged.stdout + logged.stderr).decode(errors="replace").strip()


def _remove_others(fleet: Fleet) -> None:
    """Remove the containers of hosts that the fleet file no longer has."""
    expected = {object_name(fleet.name, name) for name in (*fleet.hosts, "dns", "ocsp", "responder")}
    others = [name for name in lab_containers(fleet.name) if name not in expected]
    if others:
        docker("rm", "-f", "-v", *others)
