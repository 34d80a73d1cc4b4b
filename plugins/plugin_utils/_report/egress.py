# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the perimeter firewall must let out: one line for each responder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import to_csv

COLUMNS = ("HOST", "PORT", "PROTOCOL", "ADDRESSES", "NEEDED BY HOSTS", "NEEDED BY CERTIFICATES")


def render_egress(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the responders of all hosts as CSV, with the hosts and certificates that need each."""
    needed: dict[tuple[str, int], tuple[set[str], set[str], set[str]]] = {}
    for host, result in results.items():
        for endpoint in result["endpoints"]:
            addresses, hosts, certificates = needed.setdefault(
                (str(endpoint["host"]), int(endpoint["port"])), (set(), set(), set())
            )
            addresses.update(map(str, endpoint.get("addresses", [])))
            hosts.add(host)
            certificates.update(map(str, endpoint.get("needed_by", [])))
    rows = [
        [host, port, "tcp", *(" ".join(sorted(names)) for names in needed[host, port])] for host, port in sorted(needed)
    ]
    return to_csv([COLUMNS, *rows])
