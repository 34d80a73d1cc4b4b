# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client is asked about, and what every client is."""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT_FILE = Path("/tmp/root.pem")
ISSUER_FILE = Path("/tmp/issuer.pem")
NSS_DIRECTORY = Path("/tmp/nss")
SECONDS = 60  # that a client may take for one server; only a busy machine needs more than one
NO_VERDICT = "no verdict"  # how the reason begins of a client that has not judged


@dataclass(frozen=True)
class Target:
    """A server: where it listens, and the name that its certificate must cover."""

    address: str
    port: int
    name: str
    key_types: tuple[str, ...] = ("rsa",)
    protocols: tuple[str, ...] = ()

    @property
    def is_address(self) -> bool:
        """Whether the name is an IP address."""
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(self.name)
            return True
        return False

    @property
    def url(self) -> str:
        """The URL as a user writes it: an internationalised name in its own script."""
        host = self.name
        if "xn--" in host:
            host = host.encode("ascii").decode("idna")
        return f"https://{host}:{self.port}/"


class Client(Protocol):
    """A TLS client that looks at staples."""

    def judge(self, targets: list[Target]) -> list[str]:
        """Return for each target why the client refuses it; an empty text where it is content."""
