# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the systemd unit of role ocsp_proxy runs after each start of the site's firewall.

The module installs these files on the host as they are; nothing here needs Ansible.
"""

from __future__ import annotations

import sys

from .._firewall.errors import FirewallError
from . import redirect

# What has to be copied to the host for it, and where it lives there.
ROOMS = ("_errors", "_addresses", "_firewall", "_egress", "_proxy")
LIBRARY = "/usr/local/lib/ocsp-proxy"
PACKAGE = "stapling_proxy"


def main() -> int:
    """Redirect again, and return the exit code."""
    try:
        outcome = redirect.repeat()
    except FirewallError as error:
        sys.stderr.write(f"{error.code}: {error.message}; the firewall is as the site made it\n")
        return 1
    if outcome is None:
        sys.stdout.write("nothing is to be redirected on this host\n")
    elif outcome.changed:
        sys.stdout.write(f"output goes to the relay again ({outcome.backend})\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
