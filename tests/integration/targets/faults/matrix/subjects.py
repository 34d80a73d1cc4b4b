# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which behaviour is on which host, and what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ENGINES = {"mod_ssl": "ssl", "mod_md": "md"}
IMAGES = {"debian12": "12", "debian13": "13"}
# What httpd may staple although no client must believe it, and what every client believes.
ON_BOTH = ("fine", "content", "form")
ELSEWHERE = {"mod_ssl": "debian12", "mod_md": "debian13"}
RESPONDER = "http://responder.lab.test"


@dataclass(frozen=True)
class Subject:
    """One virtual host: a behaviour, with an engine, on a distribution."""

    behaviour: str
    engine: str
    image: str
    group: str
    asked: str
    served: str
    moments: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        return f"{self.group}-{ENGINES[self.engine]}{IMAGES[self.image]}"

    @property
    def name(self) -> str:
        return f"{self.behaviour.replace('_', '-')}.{self.host}.lab.test"

    @property
    def path(self) -> str:
        return f"/host/{self.name}"

    @property
    def fine(self) -> bool:
        """Whether the role must be content."""
        return self.asked == "ok"

    @property
    def harmless(self) -> bool:
        """Whether what httpd makes of it is good, whatever the role's own question finds."""
        return self.served == "ok"

    @property
    def slow(self) -> bool:
        """Whether this is good in the end: what hangs is only slow to mod_md, which waits in the background."""
        return self.behaviour == "hang" and self.engine == "mod_md"

    def at(self, moment: str) -> bool:
        """Tell whether this behaviour takes part at a moment; else the responder is good to this virtual host."""
        return not self.moments or moment in self.moments

    @property
    def reason(self) -> str:
        """The word that the sentence must have once httpd depends on the responder."""
        return self.asked if self.served == "no_staple" else self.served


def read_subjects(expected: Path, *, behaviours: set[str], everything: bool) -> list[Subject]:
    """Return every behaviour with both engines, the dangerous ones and the fine ones on both distributions.

    `everything`: all on both distributions, with a host for each.
    """
    described: dict[str, dict[str, Any]] = yaml.safe_load(expected.read_text(encoding="utf-8"))
    if set(described) != behaviours:
        missing = ", ".join(sorted(set(described) ^ behaviours))
        raise SystemExit(f"{expected}: the scripted responder and this file do not know the same behaviours: {missing}")
    subjects = []
    for image in IMAGES:
        for engine in ENGINES:
            for behaviour, entry in described.items():
                asked = entry["asked"] if isinstance(entry["asked"], str) else entry["asked"][engine]
                group = entry.get("group")
                if isinstance(group, dict):
                    group = group.get(engine)
                if everything:
                    group = behaviour.replace("_", "-")
                elif group is None or (group not in ON_BOTH and ELSEWHERE[engine] != image):
                    continue
                moments = tuple(entry.get("moments", ()))
                subjects.append(Subject(behaviour, engine, image, group, asked, entry[engine], moments))
    return subjects


def fleet(name: str, subjects: list[Subject]) -> dict[str, Any]:
    """Return the lab's description of the hosts."""
    hosts: dict[str, Any] = {}
    for subject in subjects:
        host = hosts.setdefault(
            subject.host,
            {
                "image": subject.image,
                "groups": [subject.engine],
                "vars": {"ocsp_stapling_engine": subject.engine},
                "vhosts": [],
            },
        )
        host["vhosts"].append({"name": subject.name, "keys": ["ecdsa"], "responder": [RESPONDER + subject.path]})
    return {
        "name": name,
        "hosts": hosts,
        "vars": {
            "ocsp_stapling_egress": "none",
            "ocsp_stapling_manage_packages": False,
            "ocsp_stapling_responder_timeout": 3,
        },
    }
