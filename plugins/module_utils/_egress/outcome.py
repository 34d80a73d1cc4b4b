# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an opening has come to, for the module and for the log of the unit."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .policy import EgressEndpoint, Known, Refused, parse_addresses, parse_host, parse_port

_FINGERPRINT = re.compile(r"[0-9A-Za-z:._-]{1,128}\Z")


@dataclass
class EgressOutcome:
    """The result; `before` and `after` have a line for each opening, `previous` the endpoints of the last request."""

    changed: bool = False
    backend: str = "none"
    reason: str = "opened"
    per_user: bool = False
    endpoints: list[dict[str, t.Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    previous: list[t.Any] = field(default_factory=list)

    def warn(self, code: str, message: str) -> None:
        """Add a warning: a stable word and a sentence."""
        self.warnings.append({"code": code, "message": message})

    def describe(
        self, requested: t.Sequence[t.Any], endpoints: t.Sequence[EgressEndpoint], known: t.Mapping[str, Known]
    ) -> None:
        """Add each endpoint that has an address, and the certificates that name it in the request."""
        for endpoint in endpoints:
            addresses = [str(item) for item in parse_addresses(known.get(endpoint.name, Known()).addresses)]
            if not addresses:
                continue
            self.endpoints.append(
                {
                    "host": endpoint.host,
                    "port": endpoint.port,
                    "protocol": "tcp",
                    "addresses": addresses,
                    "needed_by": _needed_by(requested, endpoint),
                }
            )
            if endpoint.port != 80:
                self.warn("unusual_port", f"{endpoint.name}: responders usually listen on port 80")


def _needed_by(requested: t.Sequence[t.Any], endpoint: EgressEndpoint) -> list[str]:
    """Return the fingerprints that came with the endpoint, for the people who run the perimeter firewall."""
    found: set[str] = set()
    for item in requested:
        if not isinstance(item, dict) or parse_host(item.get("host")) != endpoint.host:
            continue
        if parse_port(item.get("port", 80)) == endpoint.port and isinstance(item.get("needed_by"), list):
            found |= {str(name) for name in item["needed_by"] if _FINGERPRINT.match(str(name))}
    return sorted(found)
