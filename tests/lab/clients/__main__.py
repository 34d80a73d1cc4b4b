# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let every client judge every server: both come in as JSON, and so do the verdicts go out.

In: {"root": PEM, "issuer": PEM, "clients": [NAME...], "targets": [TARGET...]}, with the fields of `Target`.
Out: {NAME: [REASON...]}, one reason for each target, empty where the client is content.
With "seconds": N and "every": N it looks again and again for so long, and tells the first reason and when that was.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .commands import CURL, GIT, GNUTLS, WGET
from .firefox import Firefox, trust_root
from .gnutls_curl import GnutlsCurl
from .nss import Nss
from .openssl import Openssl
from .programs import GO, JAVA
from .target import ISSUER_FILE, NSS_DIRECTORY, ROOT_FILE, Client, Target

# The slowest first.
CLIENTS: dict[str, Client] = {
    "firefox": Firefox(require=True),
    "openssl": Openssl(),
    "java": JAVA,
    "nss": Nss(),
    "gnutls-cli": GNUTLS,
    "git": GIT,
    "wget": WGET,
    "curl": CURL,
    "curl-gnutls": GnutlsCurl(),
    "go": GO,
}
_AT_ONCE = 3


def main() -> None:
    """Read the request, and print the verdicts."""
    request = json.load(sys.stdin)
    targets = [_target(entry) for entry in request["targets"]]
    chosen = request.get("clients") or list(CLIENTS)
    unknown = sorted(set(chosen) - set(CLIENTS))
    if unknown:
        sys.exit(f"no client {unknown[0]!r}; known: {', '.join(CLIENTS)}")
    _isolate(targets)
    ROOT_FILE.write_text(request["root"], encoding="ascii")
    ISSUER_FILE.write_text(request["issuer"], encoding="ascii")
    NSS_DIRECTORY.mkdir(exist_ok=True)
    trust_root(NSS_DIRECTORY)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        span = float(request.get("seconds", 0)), float(request.get("every", 10))
        jobs = {name: pool.submit(_watch, name, targets, *span) for name in CLIENTS if name in chosen}
        print(json.dumps({name: job.result() for name, job in jobs.items()}))


def _watch(name: str, targets: list[Target], seconds: float, every: float) -> list[str]:
    """Judge until the time is over, at least once, and return the first reason for each target."""
    began = time.monotonic()
    found = _judge(name, targets)
    looks = 1
    while (due := looks * every) <= seconds:
        time.sleep(max(0.0, began + due - time.monotonic()))
        after = time.monotonic() - began
        more = [reason and f"{reason} (after {after:.0f} s)" for reason in _judge(name, targets)]
        found = [first or reason for first, reason in zip(found, more)]
        looks += 1
    return found


def _judge(name: str, targets: list[Target]) -> list[str]:
    started = time.monotonic()
    reasons = CLIENTS[name].judge(targets)
    print(f"{name}: {len(targets)} servers in {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)
    return reasons


def _target(entry: dict[str, Any]) -> Target:
    return Target(**{**entry, "key_types": tuple(entry["key_types"]), "protocols": tuple(entry["protocols"])})


def _isolate(targets: list[Target]) -> None:
    """Let names stand for the targets and nothing else: no client can ask a responder, or anybody outside."""
    lines = ["127.0.0.1 localhost", *(f"{target.address} {target.name}" for target in targets)]
    # Both are mounted into the container: they can be written, but not replaced.
    Path("/etc/hosts").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    Path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="ascii")


if __name__ == "__main__":
    main()
