# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a lab host: tries by curl what each user reaches, and by openssl whether httpd staples.

Reads JSON: `doors`, a list of {user, expect, urls, relay, tunnel}, and `staples`, a list of names of virtual hosts.
`expect` is a regular expression for the status of an answer, or for `rcN` where curl ends with N: 28 when nobody
answers, which is what a firewall that drops looks like, 56 when a proxy refuses a tunnel. Ends with 1 and says what is
different if anything is.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def attempt(door: dict[str, Any], url: str) -> str | None:
    """Try one URL as one user; return what is wrong, if anything is."""
    options = ["-x", door["relay"]] if door.get("relay") else []
    options += ["-p"] if door.get("tunnel") else []
    command = ["runuser", "-u", door["user"], "--", "curl", "-sS", "-m", "4", "-o", "/dev/null"]
    done = subprocess.run([*command, "-w", "%{http_code}", *options, url], capture_output=True, check=False, text=True)
    found = done.stdout if done.returncode == 0 else f"rc{done.returncode}"
    if re.fullmatch(door["expect"], found):
        return None
    return f"{door['user']} {' '.join([*options, url])}: {found}, not {door['expect']}"


def staples(name: str, seconds: float) -> bool:
    """Return whether httpd staples a virtual host within so many seconds."""
    deadline = time.monotonic() + seconds
    command = ["openssl", "s_client", "-connect", "127.0.0.1:443", "-servername", name, "-status"]
    while True:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if b"OCSP Response Status: successful" in done.stdout:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)


def main() -> None:
    """Try everything; most doors take their time to say nothing, so they are tried at once."""
    given = json.load(sys.stdin)
    attempts = [(door, url) for door in given["doors"] for url in door["urls"]]
    with ThreadPoolExecutor(len(attempts)) as pool:
        wrong = [found for found in pool.map(lambda pair: attempt(*pair), attempts) if found]
    wrong += [f"{name} does not staple" for name in given["staples"] if not staples(name, 5)]
    print(*wrong, f"{len(attempts)} doors tried", sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
