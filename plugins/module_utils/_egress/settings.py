# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an opening was asked for with. The host keeps it, so that a restart and a refresh can do the same again."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from .._firewall import host
from .policy import AddressPolicy, parse_networks

SETTINGS_FILE = "/etc/ocsp-egress/settings.json"


@dataclass(frozen=True)
class EgressSettings:
    """The request: which responders may be reached, by whom, and through which firewall."""

    endpoints: t.Sequence[t.Any] = ()
    user: str = ""
    backend: str = "auto"
    chain: str = ""
    forbidden_networks: t.Sequence[str] = ()
    allowed_hosts: t.Sequence[str] = ()
    max_endpoints: int = 50
    max_addresses: int = 32
    open_dns: bool = False
    grace: int = 86400
    timeout: int = 10

    def as_json(self) -> str:
        """Return the text of the file in which the host keeps the request."""
        return json.dumps(self.__dict__, indent=2, sort_keys=True) + "\n"

    @property
    def policy(self) -> AddressPolicy:
        """Return the policy on addresses; raise FirewallError for a network that is none."""
        return AddressPolicy(
            forbidden=parse_networks(self.forbidden_networks),
            allowed_hosts=tuple(self.allowed_hosts),
            max_addresses=self.max_addresses,
        )


def read_settings() -> EgressSettings | None:
    """Return the last request; None where there was none, or where the file is not as it was written."""
    value = host.read_json(SETTINGS_FILE)
    known = {}
    for name in EgressSettings.__dataclass_fields__:
        if name in value:
            default = getattr(EgressSettings(), name)
            if not isinstance(value[name], list if isinstance(default, tuple) else type(default)):
                return None
            known[name] = value[name]
    return EgressSettings(**known) if known else None
