# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every vhost of a fleet serves, in the judgement of the openssl command."""

from __future__ import annotations

import json
from typing import Any

from .docker import docker
from .errors import LabError
from .network import RESPONDER
from .paths import object_name, state_directory


def judge(fleet: str, hosts: list[str], *, plain: bool = False) -> list[dict[str, Any]]:
    """One entry per vhost, key type and TLS version; all hosts where none is named."""
    directory = state_directory(fleet)
    described = json.loads((directory / "vhosts.json").read_text(encoding="utf-8"))
    addresses = json.loads((directory / "addresses.json").read_text(encoding="utf-8"))
    unknown = sorted(set(hosts) - set(described))
    if unknown:
        raise LabError(f"fleet {fleet} has no host {unknown[0]}; it has {', '.join(described)}")
    targets = [
        {
            "host": host,
            "address": addresses[host],
            "name": vhost["name"],
            "port": vhost["port"],
            "protocols": vhost["protocols"],
            "key_types": [certificate["key_type"] for certificate in vhost["certificates"]],
        }
        for host in hosts or described
        for vhost in described[host]
    ]
    # In a container of the lab: the machine that runs the tests needs neither openssl nor a route to the fleet.
    answer = docker(
        "exec", "-i", "-w", "/opt/lab", object_name(fleet, RESPONDER),
        "python3", "-m", "judge", "--ca-file", "/lab/root.pem", "--issuer-file", "/lab/issuing.pem",
        *(["--plain"] if plain else []),
        stdin=json.dumps(targets).encode(), timeout=60 + 2 * len(targets),
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(answer)
    return found
