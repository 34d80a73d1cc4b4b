# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a lab host: prints all that the collection may touch there, for a later look to be compared with.

Files with mode, owner and digest, links, units of systemd, and the firewall's rules. What changes by itself, and what
the collection has no business with, is left out.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TREES = (
    "/etc",
    "/usr/local",
    "/var/lib/apache2",
    "/var/lib/ocsp-egress",
    "/var/lib/ocsp-stapling",
    "/var/lib/systemd/deb-systemd-helper-enabled",
)
# Rewritten by the system at any time; and what httpd, mod_md and Python keep for themselves.
PASSING = re.compile(r"/etc/(resolv\.conf|ld\.so\.cache|\.pwd\.lock|.*-)\Z")
PRIVATE = re.compile(r"/usr/local/apache2/logs|.*/(md|__pycache__)\Z")
SERVICES = ("apache2", "httpd", "tinyproxy", "ocsp-proxy", "nftables", "netfilter-persistent")


def output(*command: str, check: bool = True) -> str:
    """Return what a command prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, check=check, text=True).stdout


def describe(path: str) -> str:
    """Return a line about a file or a link."""
    found = os.lstat(path)
    if os.path.islink(path):
        content = f"-> {os.readlink(path)}"
    elif os.path.isfile(path):
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    else:
        content = "neither file nor link"
    return f"{path} {found.st_mode:o} {found.st_uid} {found.st_gid} {content}\n"


def files() -> str:
    """Describe every file and link of the trees, and name the directories that are not in /etc."""
    lines = []
    for tree in TREES:
        for directory, below, names in os.walk(tree):
            paths = [os.path.join(directory, name) for name in below]
            below[:] = [os.path.basename(path) for path in paths if not PRIVATE.match(path)]
            links = [path for path in paths if os.path.islink(path)]
            if tree != "/etc":
                lines += [f"{directory}/{name}/\n" for name in below]
            found = [os.path.join(directory, name) for name in names] + links
            lines += [describe(path) for path in found if not PASSING.match(path)]
    return "".join(sorted(lines))


def units() -> str:
    """List the services and timers that there are, and say which of those at stake run."""
    if not shutil.which("systemctl"):
        return "no systemd\n"
    listed = output("systemctl", "list-unit-files", "--no-legend", "--type=service,timer", check=False)
    states = output("systemctl", "is-active", *SERVICES, check=False).split()
    active = [f"{name} is {state}\n" for name, state in zip(SERVICES, states)]
    return "".join([*sorted(listed.splitlines(keepends=True)), *active])


def ruleset() -> str:
    """Print the firewall's rules, without what counts by itself."""
    text = _nft_ruleset()
    for tool in ("iptables-save", "ip6tables-save"):
        if shutil.which(tool):
            lines = output(tool, "-t", "filter").splitlines()
            text += "".join(re.sub(r" \[[0-9:]*\]$", "", line) + "\n" for line in lines if not line.startswith("#"))
    text = re.sub(r"counter packets \d+ bytes \d+", "counter", text)
    # The engine's own name server has other ports after each start of the container.
    return re.sub(r"(127\.0\.0\.11\b.*? sport|dnat to 127\.0\.0\.11:?) ?\d+", r"\1", text)


def _nft_ruleset() -> str:
    tool = shutil.which("nft") or shutil.which("/usr/sbin/nft.away")
    if tool:
        text = output(tool, "list", "ruleset")
    else:
        # Hosts with nft's library only: firewalld of Debian brings it.
        listing = "import nftables; print(nftables.Nftables().cmd('list ruleset')[1])"
        command = ["/usr/bin/python3", "-c", listing]
        text = subprocess.run(command, capture_output=True, check=False, text=True).stdout
    # Each reload of firewalld makes its table again, so that tables change places.
    return "".join(sorted(block.strip() + "\n" for block in re.split(r"(?m)^(?=table )", text)))


PARTS = {"files": files, "units": units, "ruleset": ruleset}


if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        sys.stdout.write(PARTS[part]())
