# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look names up as a user of this host, all at once and within one limit of time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

from .._firewall import host

# Becomes httpd's user, so that what is resolved is what httpd will see. It does so itself and not before it is started:
# the kernel then keeps other processes of that user, which an attacker may have, from tracing it and so from choosing
# what is opened. All names are asked at once, since a dead resolver takes its full time for each.
_RESOLVER = """
import concurrent.futures.thread, encodings.idna, json, os, socket, sys
names, identity = json.load(sys.stdin)
if identity:
    os.setgroups([])
    os.setresgid(*[identity[1]] * 3)
    os.setresuid(*[identity[0]] * 3)
def ask(name):
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return name, [], str(error)
    return name, sorted({item[4][0] for item in found}), ""
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    json.dump(list(pool.map(ask, names)), sys.stdout)
"""


def resolve(names: t.Sequence[str], *, who: host.User | None, timeout: float) -> dict[str, tuple[list[str], str]]:
    """Return the addresses of each name, and the reason where it has none.

    `timeout` is the number of seconds for all names together.
    """
    if not names:
        return {}
    identity = (who.uid, who.gid) if who is not None and os.geteuid() == 0 else None
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _RESOLVER],
            input=json.dumps([list(names), identity]),
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd="/",
            check=False,
        )
        found = {name: (addresses, reason) for name, addresses, reason in json.loads(done.stdout)}
    except subprocess.TimeoutExpired:
        return {name: ([], f"no answer within {timeout:.0f} s") for name in names}
    except (OSError, ValueError, TypeError) as error:
        return {name: ([], f"the resolver could not be run: {error}") for name in names}
    return {name: found.get(name, ([], "no answer")) for name in names}


def nameservers(path: str = "/etc/resolv.conf") -> list[str]:
    """Return the name servers that the resolver asks, at most three as resolv.conf(5) has it."""
    text = host.read(path) or ""
    found = [line.split()[1] for line in text.splitlines() if line.startswith("nameserver") and len(line.split()) > 1]
    return found[:3]
