# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of a report: the states of a host, the outcomes of a virtual host, and how severe a finding is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.plugin_utils._result import STATES as RESULT_STATES

DISABLED = "disabled"
REFUSED = "refused"
ROLLED_BACK = "rolled_back"
FAILED = "failed"
UNREACHABLE = "unreachable"
NOT_REACHED = "not_reached"

# What a result of the role may say, and then what only a report can know.
STATES: Final = (*RESULT_STATES, FAILED, UNREACHABLE, NOT_REACHED)
RETRY_STATES: Final = (REFUSED, ROLLED_BACK, FAILED, UNREACHABLE, NOT_REACHED)

ACCEPTABLE = "acceptable"
NOT_ACCEPTABLE = "not_acceptable"
NOT_CONFIRMED = "not_confirmed"
LEFT = "left"
OUTCOMES: Final = (ACCEPTABLE, NOT_ACCEPTABLE, NOT_CONFIRMED, LEFT)

CRITICAL = "critical"
HIGH = "high"
MEDIUM = "medium"
LOW = "low"
INFO = "info"
SEVERITIES: Final = (CRITICAL, HIGH, MEDIUM, LOW, INFO)

# What the page says of its words.
MEANINGS: Final[Mapping[str, str]] = {
    "enabled": "The run got to its end on this host, and httpd staples.",
    DISABLED: "The run got to its end on this host, and stapling is off.",
    "nothing_to_do": "The run got to its end on this host, and nothing on it can be stapled.",
    REFUSED: "Something was found before the first write; nothing was changed.",
    ROLLED_BACK: "Something was found after the first write; the host has its former configuration.",
    FAILED: "A task failed.",
    UNREACHABLE: "Ansible could not reach the host.",
    NOT_REACHED: "The run ended before it had come to a result of this host.",
    ACCEPTABLE: "A strict client is content with every handshake.",
    NOT_ACCEPTABLE: "A strict client refuses at least one handshake.",
    NOT_CONFIRMED: "It can be stapled, and nobody has looked at what clients get.",
    LEFT: "It is left as it is.",
    CRITICAL: "A client that insists on a staple gets no good one, or the certificate is revoked.",
    HIGH: "A strict client refuses what it gets; or a host was refused, rolled back, failed or was not reachable.",
    MEDIUM: "There is no staple although there could be one; or the run did not come to a host.",
    LOW: "Less than a quarter of a response's time is left: httpd should have fetched a newer one.",
    INFO: "Left alone, not confirmed, or a warning of the plan.",
}

# Problems of a report that neither a handshake nor a plan has a word for.
NOT_ENABLED = "not_enabled"
RUNS_OUT = "runs_out"

REPORT_PROBLEMS: Final[Mapping[str, str]] = {
    NOT_ENABLED: "It can be stapled, and stapling is off.",
    RUNS_OUT: "Less than a quarter of the time that a response is made for is left.",
}
# What the page counts and shows, where the name of a column does not say it.
COLUMN_MEANINGS: Final[Mapping[str, str]] = {
    "row": "A handshake: a name, a key type, a TLS version. A virtual host or a host without any has one row.",
    "stapled": "Whether a response was stapled, good or bad.",
    "status": "What the stapled response says of the certificate: good, revoked or unknown.",
    "next update": "When the stapled response ends (nextUpdate, in UTC).",
    "time left": "From the moment of this report to the next update.",
    "must-staple": "Whether the certificate obliges clients to insist on a staple (RFC 7633).",
    "responder": "A server that a certificate names for OCSP. Its certificates are counted once each, by fingerprint.",
    "CIS 7.10/7.11": "Item of the CIS Apache HTTP Server 2.4 Benchmark, Level 2: Ensure OCSP Stapling Is Enabled.",
}

# How severe a problem is where the kind of finding does not decide it.
_OF_PROBLEM: Final[Mapping[str, str]] = {
    REFUSED: HIGH,
    ROLLED_BACK: HIGH,
    FAILED: HIGH,
    UNREACHABLE: HIGH,
    NOT_REACHED: MEDIUM,
    "revoked": CRITICAL,
    "no_staple": MEDIUM,
    NOT_ENABLED: MEDIUM,
    RUNS_OUT: LOW,
    NOT_CONFIRMED: INFO,
}
# How severe any other problem is, by the kind of finding.
_OF_KIND: Final[Mapping[str, str]] = {"host": HIGH, "handshake": HIGH, "vhost": INFO, "warning": INFO}
# A client that insists on a staple and gets no good one cannot connect, whatever the reason.
_MUST_STAPLE_EXEMPT: Final = (RUNS_OUT, NOT_CONFIRMED)


def severity(problem: str, kind: str, *, must_staple: bool = False) -> str:
    """Return one of SEVERITIES for a problem.

    `kind` is what was found to have it: `host`, `handshake`, `vhost` (which the plan leaves alone) or `warning`.
    """
    if must_staple and problem not in _MUST_STAPLE_EXEMPT:
        return CRITICAL
    return _OF_PROBLEM.get(problem, _OF_KIND[kind])


def outcome(vhost: Mapping[str, Any]) -> str:
    """Return one of OUTCOMES for a virtual host of a result."""
    if vhost["acceptable"] is not None:
        return ACCEPTABLE if vhost["acceptable"] else NOT_ACCEPTABLE
    return NOT_CONFIRMED if vhost["action"] == "staple" else LEFT


def name_of(vhost: Mapping[str, Any]) -> str:
    """Return the name that people know a virtual host by."""
    return str(next(iter(vhost["names"]), None) or vhost["id"])
