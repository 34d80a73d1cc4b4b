# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a lab host: keeps a description of all that the collection may touch there, or compares the host with one.

Files with mode, owner and digest, links, units of systemd, and the firewall's rules. What changes by itself, and what
the collection has no business with, is left out.

`keep FILE` writes the description; `compare FILE` ends with 1, and prints the lines that differ, if the host is not
what it was then.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

TREES = (
    "/etc",
    "/usr/local",
    "/var/lib/apache2",
    "/var/lib/ocsp-egress",
    "/var/lib/ocsp-stapling",
    "/var/lib/ocsp-stapling-monitor",
    "/var/lib/systemd/deb-systemd-helper-enabled",
)
# Rewritten by the system at any time; and what httpd, mod_md and Python keep for themselves.
PASSING = re.compile(r"/etc/(resolv\.conf|ld\.so\.cache|\.pwd\.lock|.*-)\Z")
PRIVATE = re.compile(r"/usr/local/apache2/logs|.*/(md|__pycache__)\Z")
FEWEST_LINES = 500  # a host has more: with fewer, the description itself has failed
SERVICES = ("apache2", "httpd", "tinyproxy", "ocsp-proxy", "nftables", "netfilter-persistent")


def output(*command: str, check: bool = True) -> str:
    """Return what a command prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, check=check, text=True).stdout


def describe(path: str) -> str:
    """Return a line about a file or a link."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        content = f"-> {os.readlink(path)}"
    elif stat.S_ISREG(found.st_mode):
        with open(path, "rb") as file:
            content = hashlib.blake2b(file.read(), digest_size=16).hexdigest()  # fetched faster than OpenSSL's digests
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


def snapshot() -> list[str]:
    """Return the description, line by line."""
    return (files() + units() + ruleset()).splitlines()


def keep(path: Path) -> None:
    """Write the description to a file that only root can read."""
    os.umask(0o077)
    path.write_text("".join(f"{line}\n" for line in snapshot()), encoding="utf-8", errors="surrogateescape")


def compare(path: Path, besides: str, in_any_order: bool) -> None:
    """End with 1 and print the difference if the host is not what the file says; `besides` matches lines left out."""
    then = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    before, now = ([line for line in lines if not re.search(besides, line)] for lines in (then, snapshot()))
    if in_any_order:
        before, now = sorted(before), sorted(now)
    if len(now) <= FEWEST_LINES:
        sys.exit(f"only {len(now)} lines describe this host")
    if now != before:
        sys.exit("\n".join(difflib.unified_diff(before, now, str(path), "now", n=0, lineterm="")))


def main() -> None:
    """Keep or compare, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["keep", "compare"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--besides", default="(?!)", metavar="PATTERN")
    parser.add_argument("--in-any-order", action="store_true")
    arguments = parser.parse_args()
    if arguments.action == "keep":
        keep(arguments.file)
    else:
        compare(arguments.file, arguments.besides, arguments.in_any_order)


if __name__ == "__main__":
    main()
