# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of an OCSP response, and what was found out about it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import MOD_SSL_LARGEST_RESPONSE

# NSS takes no response from the future; a clock that NTP keeps may be off by as much.
CLOCK_ERROR = 5
FIREFOX_MAXIMUM_AGE = 10 * 86400

# What a site may accept knowingly, because not all clients refuse it (untrusted: none that knows the site's CA).
MAY_BE_ACCEPTED = ("no_next_update", "weak_signature", "too_old", "untrusted")

# A word of the table of problems, and the details of this one case.
Note = tuple[str, str]


@dataclass(frozen=True)
class Rules:
    """What is asked of a response, beyond what every client asks; a limit of 0 is none.

    max_skew is how many seconds thisUpdate may lie ahead of our clock, max_age how many it may lie back whatever
    nextUpdate says. nextUpdate gets no such grace: a client whose clock is right gives none. min_validity is how many
    seconds have to be left, max_size how many bytes the response may have. The problems in `accepted` become warnings.
    ignore_rest is about bytes after the end of the response, which httpd does not hand on.
    """

    max_skew: int = CLOCK_ERROR
    max_age: int = FIREFOX_MAXIMUM_AGE
    min_validity: int = 0
    max_size: int = MOD_SSL_LARGEST_RESPONSE
    accepted: frozenset[str] = frozenset()
    ignore_rest: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a response says, as far as it could be read, the first thing that is wrong with it, and warnings."""

    response_status: str | None = None
    certificate_status: str | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    produced_at: datetime | None = None
    revocation_time: datetime | None = None
    revocation_reason: str | None = None
    signature_valid: bool | None = None
    signer: str | None = None
    signer_subject: str | None = None
    certid_hash: str | None = None
    nonce: bool = False
    size: int = 0
    problem: str | None = None
    detail: str = ""
    warnings: tuple[Note, ...] = ()

    @property
    def acceptable(self) -> bool:
        """Whether every client takes the response, but for what the warnings name."""
        return self.problem is None


@dataclass
class Findings:
    """Collects what is wrong. The first problem is reported, so the order of the checks matters."""

    accepted: frozenset[str] = frozenset()
    problem: str | None = None
    detail: str = ""
    warnings: list[Note] = field(default_factory=list)

    def add(self, word: str, detail: str = "") -> None:
        """Note a problem; one that the site accepts is a warning."""
        if word in self.accepted:
            self.warn(word, detail)
        elif self.problem is None:
            self.problem, self.detail = word, detail

    def warn(self, word: str, detail: str = "") -> None:
        """Note something that does not make the response unacceptable, each word once."""
        if all(word != known for known, _detail in self.warnings):
            self.warnings.append((word, detail))


@lru_cache(maxsize=256)
def format_time(moment: datetime | None) -> str | None:
    """Return a moment as modules return it, in ISO 8601 with a Z."""
    # strftime() does not pad years before 1000.
    return None if moment is None else moment.isoformat()[:19] + "Z"


def verdict_fields(verdict: Verdict | None) -> dict[str, t.Any]:
    """Return the part of a module's result that says what stands in the response."""
    found = verdict or Verdict()
    return {
        "response_status": found.response_status,
        "certificate_status": found.certificate_status,
        "this_update": format_time(found.this_update),
        "next_update": format_time(found.next_update),
        "revocation_time": format_time(found.revocation_time),
        "revocation_reason": found.revocation_reason,
        "signature_valid": found.signature_valid,
        "signer": found.signer,
        "signer_subject": found.signer_subject,
        "certid_hash": found.certid_hash,
        "response_size": verdict.size if verdict else None,
    }
