# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual hosts there are: each kind on an enabled host, each answer on a host that staples whatever it gets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

NAME = "it-clients"
SHORT_LIVED = "short-lived"  # the kind that is looked at for some time
HOSTS = {"mod_ssl": ("ssl12", "debian12"), "mod_md": ("md13", "debian13")}
# As the role would do it, but for all its questions: these hosts have to staple what is wrong.
_BY_HAND = {
    "mod_ssl": {
        "/etc/apache2/conf-enabled/stapling.conf": (
            "SSLUseStapling on\n"
            "SSLStaplingCache shmcb:logs/stapling_cache(2097152)\n"
            "SSLStaplingResponderTimeout 10\n"
            "SSLStaplingStandardCacheTimeout 10\n"  # what is five seconds late has to stay so
            "SSLStaplingReturnResponderErrors off\n"
            "SSLStaplingFakeTryLater off\n"
        )
    },
    "mod_md": {"/etc/apache2/conf-enabled/stapling.conf": "MDStapling on\nMDStapleOthers on\n"},
}


@dataclass(frozen=True)
class Odd:
    """An answer that a host staples, and the clients that are known to refuse it."""

    label: str
    behaviour: str
    chain: str
    engine: str
    refuse: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the virtual host that staples it."""
        return f"{self.label.replace('_', '-').replace(', ', '-')}.{odd_host(self.engine)}.lab.test"


def odd_host(engine: str) -> str:
    """Return the host that staples odd answers by hand."""
    return f"odd-{HOSTS[engine][0]}"


def read_odd(path: Path) -> list[Odd]:
    """Read the list of answers."""
    described: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Odd(
            label=label,
            behaviour=entry.get("behaviour", label),
            chain=entry.get("chain", "inside"),
            engine=entry.get("engine", "mod_ssl"),
            refuse=tuple(entry.get("refuse", ())),
        )
        for label, entry in described.items()
    ]


def read_kinds(path: Path) -> dict[str, dict[str, Any]]:
    """Read the list of kinds of virtual hosts."""
    kinds: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return kinds


def describe(kinds: dict[str, dict[str, Any]], odd: list[Odd]) -> dict[str, Any]:
    """Return the lab's description of the fleet."""
    hosts: dict[str, Any] = {}
    for engine, (name, image) in HOSTS.items():
        modules = ["md"] if engine == "mod_md" else []
        hosts[name] = {
            "image": image,
            "groups": ["enabled"],
            "vars": {"ocsp_stapling_engine": engine},
            "vhosts": [_vhost(kind, fields, name) for kind, fields in kinds.items()],
        }
        hosts[odd_host(engine)] = {
            "image": image,
            "groups": ["odd"],
            "modules": modules,
            "files": _BY_HAND[engine],
            "vhosts": [
                {
                    "name": answer.name,
                    "keys": ["ecdsa"],
                    "responder": f"scripted/{answer.behaviour}",
                    "chain": answer.chain,
                    "protocols": ["TLSv1.3"],  # what is stapled is the same in both
                }
                for answer in odd
                if answer.engine == engine
            ],
        }
    return {
        "name": NAME,
        "hosts": hosts,
        "vars": {"ocsp_stapling_egress": "none", "ocsp_stapling_manage_packages": False},
    }


def _vhost(kind: str, fields: dict[str, Any], host: str) -> dict[str, Any]:
    described = {"name": f"{kind}.{host}.lab.test", "keys": ["ecdsa"], "responder": "scripted/good", **fields}
    described.pop("refuse", None)
    if "aliases" in described:
        described["aliases"] = [alias.replace("HOST", host) for alias in described["aliases"]]
    return described
