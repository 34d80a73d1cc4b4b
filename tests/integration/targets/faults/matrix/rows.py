# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One row of the table, and what must hold in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .lab import Seen
from .playbook import Said
from .subjects import Subject

# A hanging responder answers after 30 seconds; httpd waits for 3, once per handshake. The rest is for busy machines.
LONGEST_HANDSHAKE = 15.0
LONGEST_PLAIN_HANDSHAKE = 10.0


@dataclass
class Row:
    """A behaviour at a moment, with an engine, on a distribution."""

    moment: str
    subject: Subject
    served: str
    said: str
    alive: bool
    same: bool
    plain: bool
    seconds: float
    plain_seconds: float
    wrong: list[str] = field(default_factory=list)

    def check(self, holds: bool, complaint: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.wrong.append(complaint)

    def cells(self) -> list[str]:
        """As it is printed."""
        return [
            self.subject.behaviour,
            self.moment,
            self.subject.engine,
            self.subject.image,
            self.served,
            self.said,
            "yes" if self.alive else "NO",
            "yes" if self.same else "no",
            f"{self.plain_seconds * 1000:.0f} ms" if self.plain else "FAIL",
            f"{self.seconds * 1000:.0f} ms",
            "; ".join(self.wrong) or "as it must be",
        ]


HEADLINE = [
    "BEHAVIOUR",
    "MOMENT",
    "ENGINE",
    "ON",
    "SERVED",
    "THE ROLE SAID",
    "ALIVE",
    "SAME BYTES",
    "NOT ASKING",
    "ASKING",
    "",
]


def make_row(
    moment: str, subject: Subject, *, runs: list[Said], found: list[dict[str, Any]], before: Seen, after: Seen
) -> Row:
    """A row with the checks that hold at every moment."""
    said = ", then ".join(f"{run.state}: {run.problem(subject.name)}" for run in runs)
    row = Row(
        moment=moment,
        subject=subject,
        served=_served(found),
        said=said,
        alive=after.alive,
        same=after.sums == before.sums,
        plain=bool(found) and all(item["plain"] for item in found),
        seconds=max((item["seconds"] for item in found), default=0.0),
        plain_seconds=max((item["plain_seconds"] for item in found), default=0.0),
    )
    row.check(len(found) == 2, "not judged in two TLS versions")
    row.check(row.alive, "httpd is dead")
    row.check(all(item["handshake"] and item["trusted"] for item in found), "a handshake that asks fails")
    row.check(row.plain, "a handshake that does not ask fails")
    row.check(row.plain_seconds < LONGEST_PLAIN_HANDSHAKE, "clients that do not ask wait")
    row.check(row.seconds < LONGEST_HANDSHAKE, "clients that ask wait")
    if runs[-1].green or runs[0].green:
        unacceptable = [item for item in found if not item["acceptable"]]
        row.check(not unacceptable, "green, and a strict client refuses")
    return row


def _served(found: list[dict[str, Any]]) -> str:
    words = []
    for item in found:
        if not item["stapled"]:
            words.append("nothing")
        elif item["acceptable"]:
            words.append("good")
        elif not item.get("signature_valid") and item.get("response_status") == "successful":
            words.append("signature wrong")
        elif item.get("signature_valid") and not item.get("times_valid"):
            words.append("times wrong")
        else:
            words.append(str(item.get("certificate_status") or item.get("response_status") or "unreadable"))
    return " / ".join(sorted(set(words)))
