# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One row of the table, and what must hold in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .lab import Seen
from .playbook import HostResult
from .subjects import Subject

# A hanging responder answers after 30 seconds; httpd waits for 3, once per handshake. The rest is for busy machines.
LONGEST_HANDSHAKE = 15.0
LONGEST_PLAIN_HANDSHAKE = 10.0
# What the openssl command must find where the role must find this. It does not know what mod_ssl can cache, and finds
# the statement about its certificate wherever it stands.
_SEEN = {
    "ok": "good",
    "no_staple": "nothing",
    "not_ocsp": "unreadable",
    "revoked": "revoked",
    "unknown": "unknown",
    "stale": "times wrong",
    "future": "times wrong",
    "bad_signature": "signature wrong",
    "wrong_signer": "signature wrong",
    "signer_not_authorized": "signature wrong",
    "signer_expired": "signature wrong",
    "no_next_update": "no nextUpdate",
    "too_large": "good",
    "not_first": "good",
}


@dataclass
class Row:
    """A behaviour at a moment, with an engine, on a distribution."""

    moment: str
    subject: Subject
    served: str
    states: str
    serves: bool
    same: bool
    plain: bool
    seconds: float
    plain_seconds: float
    # What an observer was served while the role ran, one word per change.
    watched: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def check(self, holds: bool, complaint: str) -> None:
        """Note the complaint unless the condition holds."""
        if not holds:
            self.wrong.append(complaint)

    def cells(self) -> list[str]:
        """Return the texts of its columns."""
        return [
            self.subject.behaviour,
            self.moment,
            self.subject.engine,
            self.subject.image,
            ", then ".join([*self.watched, *([self.served] if self.served not in self.watched[-1:] else [])]),
            self.states,
            "yes" if self.serves else "NO",
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


# What openssl reports about a server that does not listen, or goes before it has sent anything.
_CUT_OFF = ("Connection refused", "Connection reset", "unexpected eof", "no certificate was served")


def make_row(
    moment: str,
    subject: Subject,
    *,
    runs: list[HostResult],
    found: list[dict[str, Any]],
    watched: list[dict[str, Any]] | None,
    before: Seen,
    after: Seen,
) -> Row:
    """Return a row with the checks that hold at every moment; `watched` is what was served while the role ran."""
    states = ", then ".join(f"{run.state}: {run.problem(subject.name)}" for run in runs)
    row = Row(
        moment=moment,
        subject=subject,
        served=" / ".join(sorted({_served(item) for item in found})),
        states=states,
        serves=after.serves,
        same=after.sums == before.sums,
        plain=bool(found) and all(item["plain"] for item in found),
        seconds=max((item["seconds"] for item in found), default=0.0),
        plain_seconds=max((item["plain_seconds"] for item in found), default=0.0),
        watched=[word for word, _same in groupby(map(_served, watched or []))],
    )
    row.check(len(found) == 2, "not judged in two TLS versions")
    row.check(row.serves, "httpd is dead")
    row.check(all(item["handshake"] and item["trusted"] for item in found), "a handshake that asks fails")
    row.check(row.plain, "a handshake that does not ask fails")
    row.check(row.plain_seconds < LONGEST_PLAIN_HANDSHAKE, "clients that do not ask wait")
    row.check(row.seconds < LONGEST_HANDSHAKE, "clients that ask wait")
    if runs[-1].green or runs[0].green:
        unacceptable = [item for item in [*found, *(watched or [])[-1:]] if not item["acceptable"]]
        row.check(not unacceptable, "green, and a strict client refuses")
    if watched is not None:
        _check_watched(row, watched, rolled_back=runs[-1].state == "rolled_back")
    return row


def _check_watched(row: Row, watched: list[dict[str, Any]], *, rolled_back: bool) -> None:
    """Check that clients were served what the role must have found while it ran, and that no handshake failed."""
    must = _SEEN[row.subject.served]
    row.check(must in row.watched, f"nobody was served: {must}")
    may = {"nothing", must}
    if row.subject.slow:
        may.add("good")
    if rolled_back and row.subject.engine == "mod_ssl":
        # Only a restart rids httpd of mod_ssl's cache: for a moment it does not listen, as the role's README.md says,
        # and whoever is connected already is cut off. One look may fall into that moment; on a busy machine, two.
        may.add("cut off")
        looks = sum(item["looks"] for item in watched if _served(item) == "cut off")
        row.check(looks <= 2, f"clients were cut off {looks} times")
    row.check(set(row.watched) <= may, "clients were served something else")


def _served(item: dict[str, Any]) -> str:
    if not (item["handshake"] and item["trusted"]):
        return "cut off" if any(words in item["detail"] for words in _CUT_OFF) else "no handshake"
    if not item["stapled"]:
        return "nothing"
    if item["acceptable"]:
        return "good"
    if not item["signature_valid"] and item["certificate_status"] is None:
        return str(item["response_status"] if item["response_status"] != "successful" else "unreadable")
    if not item["signature_valid"]:
        return "signature wrong"
    if not item["times_valid"]:
        return "times wrong"
    return str(item["certificate_status"] if item["certificate_status"] != "good" else "no nextUpdate")
