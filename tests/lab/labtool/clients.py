# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real TLS clients think of every vhost of a fleet."""

from __future__ import annotations

import json
import os
from typing import Any

from .docker import docker
from .images import ensure_image
from .paths import LAB_ID, object_name, state_directory
from .staples import targets

_START_SECONDS = 120
_SECONDS_EACH = 15
_LOOK_AGAIN_SECONDS = 10


def ask_clients(
    fleet: str,
    hosts: list[str],
    clients: list[str],
    *,
    names: list[str] | None = None,
    seconds: float = 0,
    image: str = "clients",
) -> list[dict[str, Any]]:
    """Return an entry for each name of each vhost, with the reason of each client: empty where it is content.

    Without hosts, clients or names, all of them. With seconds, they look again every 10 seconds for so long.
    """
    directory = state_directory(fleet)
    entries = [entry for entry in _entries(fleet, hosts) if not names or entry["name"] in names]
    request = {
        "root": (directory / "ca.pem").read_text(encoding="ascii"),
        "issuer": (directory / "pki" / "issuing.pem").read_text(encoding="ascii"),
        "clients": clients,
        "targets": [{key: entry[key] for key in _TARGET} for entry in entries],
        "seconds": seconds,
        "every": _LOOK_AGAIN_SECONDS,
    }
    answer = docker(
        "run", "--rm", "-i", "--init", "--shm-size", "256m",
        "--name", object_name(fleet, f"{image}-{os.getpid()}"), "--network", object_name(fleet),
        "--label", f"stapling-lab={LAB_ID}", "--label", f"stapling-lab.fleet={fleet}",
        ensure_image(image),
        stdin=json.dumps(request).encode(), timeout=_START_SECONDS + _SECONDS_EACH * len(entries) + seconds,
    )  # fmt: skip
    verdicts: dict[str, list[str]] = json.loads(answer)
    return [
        {"host": entry["host"], **{key: entry[key] for key in _TARGET}, "verdicts": dict(zip(verdicts, reasons))}
        for entry, reasons in zip(entries, zip(*verdicts.values()))
    ]


def clients_table(found: list[dict[str, Any]]) -> list[str]:
    """Return a line per name, with a column for each client."""
    clients = list(found[0]["verdicts"]) if found else []
    rows = [["host", "name", *clients]]
    for entry in found:
        words = ["refuses" if entry["verdicts"][client] else "content" for client in clients]
        rows.append([entry["host"], entry["name"], *words])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


_TARGET = ("address", "port", "name", "key_types", "protocols")


def _entries(fleet: str, hosts: list[str]) -> list[dict[str, Any]]:
    return [
        {"host": target["host"], **{key: target[key] for key in _TARGET}, "name": name.replace("*", "any")}
        for target in targets(fleet, hosts)
        for name in (target["name"], *target["aliases"])
    ]
