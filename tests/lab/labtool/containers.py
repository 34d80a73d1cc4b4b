# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers: made once, kept while they are what the fleet file asks for, and replaced when they are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .docker import File, copy_into, docker, inspect
from .paths import LAB_ID


@dataclass(frozen=True)
class Container:
    """Everything that `docker create` needs, and a digest of all that the container is made from."""

    name: str
    fleet: str
    image: str
    network: str
    address: str
    digest: str
    options: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def ensure_container(container: Container, files: Callable[[], list[File]]) -> bool:
    """Bring a container up; return True if it was made now, with the files in place before its first process starts."""
    found = inspect("container", container.name)
    if found is not None and found["Config"]["Labels"].get("stapling-lab.digest") == container.digest:
        if not found["State"]["Running"]:
            docker("start", container.name)
        return False
    if found is not None:
        docker("rm", "-f", "-v", container.name)
    docker(
        "create",
        "--name", container.name,
        "--hostname", container.name.rpartition("-")[2],
        "--network", container.network,
        "--ip", container.address,
        "--label", f"stapling-lab={LAB_ID}",
        "--label", f"stapling-lab.fleet={container.fleet}",
        "--label", f"stapling-lab.digest={container.digest}",
        *container.options,
        container.image,
        *container.command,
    )  # fmt: skip
    copy_into(container.name, files())
    docker("start", container.name)
    return True


def lab_containers(fleet: str | None = None) -> list[str]:
    """Return the names of this checkout's containers, of one fleet or of all."""
    return _listed("ps", "-a", "--format", "{{.Names}}", fleet=fleet)


def lab_networks(fleet: str | None = None) -> list[str]:
    """Return the names of this checkout's networks, of one fleet or of all."""
    return _listed("network", "ls", "--format", "{{.Name}}", fleet=fleet)


def _listed(*command: str, fleet: str | None) -> list[str]:
    filters = ["--filter", f"label=stapling-lab={LAB_ID}"]
    if fleet is not None:
        filters += ["--filter", f"label=stapling-lab.fleet={fleet}"]
    return docker(*command, *filters).split()
