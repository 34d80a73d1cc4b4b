# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clients of Debian 12 and of Debian 13, asked side by side."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .fleet import NAME

LAB = Path(__file__).resolve().parents[4] / "lab" / "lab"
# For the answers, of which there are many: the others judge by the same libraries.
ONE_OF_EACH = ("curl", "curl-gnutls", "gnutls-cli", "nss", "java", "go", "firefox")
# Firefox ESR has the same version on both.
ALL_OF_13 = ("openssl", "java", "nss", "gnutls-cli", "git", "wget", "curl", "curl-gnutls", "go")
# One that demands a staple, and two that take none which is a second too old.
WATCHERS = ("openssl", "gnutls-cli", "wget")


def ask_clients(hosts: list[str], chosen: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return what the clients of both releases say, those that are chosen or all."""
    of_13 = tuple(client for client in ALL_OF_13 if not chosen or client in chosen)
    with ThreadPoolExecutor(2) as pool:
        older = pool.submit(_ask, hosts, "clients", chosen)
        newer = pool.submit(_ask, hosts, "clients13", of_13)
        return [_both(entry, other) for entry, other in zip(older.result(), newer.result())]


def watch(hosts: list[str], names: list[str], seconds: float) -> list[dict[str, Any]]:
    """Return what the clients say of these names, looked at again and again."""
    options = [word for name in names for word in ("--name", name)]
    return _ask(hosts, "clients", WATCHERS, *options, "--watch", str(seconds))


def lab(*command: str) -> str:
    """Return what a command of the lab prints."""
    done = subprocess.run(
        [str(LAB), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=1800, check=False
    )
    if done.returncode:
        raise SystemExit(f"lab {command[0]}: exit status {done.returncode}")
    return done.stdout.strip()


def _ask(hosts: list[str], image: str, chosen: tuple[str, ...], *options: str) -> list[dict[str, Any]]:
    only = [word for client in chosen for word in ("--only", client)]
    printed = lab("clients", *hosts, "--image", image, *only, *options, "--json", "--fleet", NAME)
    found: list[dict[str, Any]] = json.loads(printed)
    return found


def _both(older: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    """Return the verdicts of both: a client refuses if it does so on one of them, and `only` says on which."""
    if older["name"] != newer["name"]:
        raise SystemExit(f"the clients were asked about {older['name']} and {newer['name']}")
    verdicts, only = {}, {}
    for client, reason in older["verdicts"].items():
        other = newer["verdicts"].get(client, reason)
        verdicts[client] = reason or (other and f"{other} [Debian 13]")
        if bool(reason) != bool(other):
            only[client] = "12" if reason else "13"
    return {**older, "verdicts": verdicts, "only": only}
