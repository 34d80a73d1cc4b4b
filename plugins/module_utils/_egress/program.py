# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the systemd units of role ocsp_egress run: C(python3 -m stapling_egress._egress.program restore|refresh).

The module installs these files on the host as they are; nothing here needs Ansible.
"""

from __future__ import annotations

import sys
import typing as t

from .._firewall.errors import FirewallError
from . import engine

# What has to be copied to the host for it.
ROOMS = ("_errors", "_addresses", "_firewall", "_egress")


def main(arguments: t.Sequence[str]) -> int:
    """Open the path again, with names looked up for C(refresh), and return the exit code."""
    if list(arguments) not in (["restore"], ["refresh"]):
        sys.stderr.write("usage: restore | refresh\n")
        return 2
    try:
        # After a restart of the firewall there may be no DNS yet: the addresses known last are opened at once.
        outcome = engine.repeat(ask=list(arguments) == ["refresh"])
    except FirewallError as error:
        sys.stderr.write(f"{error.code}: {error.message}; the firewall is as the site made it\n")
        return 1
    if outcome is None:
        sys.stdout.write("nothing is to be opened on this host\n")
        return 0
    for line in sorted(set(outcome.after) - set(outcome.before)):
        sys.stdout.write(f"opened {line} ({outcome.backend})\n")
    for line in sorted(set(outcome.before) - set(outcome.after)):
        sys.stdout.write(f"closed {line} ({outcome.backend})\n")
    for item in outcome.refused:
        sys.stdout.write(f"refused {item.host}:{item.port}: {item.reason}: {item.detail}\n")
    for warning in outcome.warnings:
        sys.stdout.write(f"warning {warning['code']}: {warning['message']}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
