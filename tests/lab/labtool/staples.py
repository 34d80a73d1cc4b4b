# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every vhost of a fleet serves, in the judgement of the openssl command."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from .docker import docker
from .errors import LabError
from .network import DNS
from .paths import object_name, state_directory


def judge(fleet: str, hosts: list[str], *, plain: bool = False) -> list[dict[str, Any]]:
    """Return one entry per vhost, key type and TLS version, of all hosts where none is named."""
    asked = targets(fleet, hosts)
    answer = docker(
        *_command(fleet), *(["--plain"] if plain else []),
        stdin=json.dumps(asked).encode(), timeout=60 + 2 * len(asked),
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(answer)
    return found


def watch(fleet: str, hosts: list[str], *, seconds: float) -> list[dict[str, Any]]:
    """Judge again and again until stdin ends, and no longer than so many seconds; return one entry per change."""
    command = ["docker", *_command(fleet), "--watch", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(targets(fleet, hosts)) + "\n")
        process.stdin.flush()
        sys.stdin.read()
        answer = process.communicate()[0]
    if process.returncode:
        raise LabError(f"the judge has ended with exit status {process.returncode}")
    found: list[dict[str, Any]] = json.loads(answer)
    return found


def _command(fleet: str) -> list[str]:
    # In a container of the lab: the machine that runs the tests needs neither openssl nor a route to the fleet. Not in
    # that of a responder, whose part of the processor it would take while httpd waits for answers, and which an outage
    # ends.
    return [
        "exec", "-i", "-w", "/opt/lab", object_name(fleet, DNS),
        "python3", "-m", "judge", "--ca-file", "/lab/root.pem", "--issuer-file", "/lab/issuing.pem",
    ]  # fmt: skip


def targets(fleet: str, hosts: list[str]) -> list[dict[str, Any]]:
    """Return every vhost of these hosts, or of all where none is named, with what it takes to connect to it."""
    directory = state_directory(fleet)
    described = json.loads((directory / "vhosts.json").read_text(encoding="utf-8"))
    addresses = json.loads((directory / "addresses.json").read_text(encoding="utf-8"))
    unknown = sorted(set(hosts) - set(described))
    if unknown:
        raise LabError(f"fleet {fleet} has no host {unknown[0]}; it has {', '.join(described)}")
    return [
        {
            "host": host,
            "address": addresses[host],
            "name": vhost["name"],
            "aliases": vhost["aliases"],
            "port": vhost["port"],
            "protocols": vhost["protocols"],
            "key_types": [certificate["key_type"] for certificate in vhost["certificates"]],
        }
        for host in hosts or described
        for vhost in described[host]
    ]
