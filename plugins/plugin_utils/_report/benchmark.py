# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each host stands to the CIS Apache HTTP Server 2.4 Benchmark, Level 2: "Ensure OCSP Stapling Is Enabled".

The recommendation is item 7.11 in version 1.5.0 of the benchmark, and 7.10 in 2.0.0 and 2.1.0. It
asks for two directives; here a host passes only if clients really get what those are there for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words

ITEMS: Final = ("7.10", "7.11")

PASS = "pass"
FAIL = "fail"
NOT_APPLICABLE = "not_applicable"
UNKNOWN = "unknown"
STATUSES: Final = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)

MEANINGS: Final[Mapping[str, str]] = {
    PASS: "CIS 7.10/7.11: a strict client is content with every virtual host that can be stapled.",
    FAIL: "CIS 7.10/7.11: stapling is off where it could be on, or a strict client refuses what it gets.",
    NOT_APPLICABLE: "CIS 7.10/7.11: no virtual host of this host can be stapled.",
    UNKNOWN: "CIS 7.10/7.11: nobody has seen what clients of this host get now.",
}


def benchmark(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the benchmark's items, one of STATUSES for an entry of host.make_host, and why it is that."""
    status, message = _judge(entry)
    return {"items": list(ITEMS), "status": status, "message": message}


def _judge(entry: Mapping[str, Any]) -> tuple[str, str]:
    if entry["state"] in (words.REFUSED, words.ROLLED_BACK, words.UNREACHABLE, words.NOT_REACHED):
        return UNKNOWN, f"The host is {entry['state']}: nobody has seen what its clients get now."
    outcomes = [words.outcome(vhost) for vhost in entry["vhosts"]]
    able = [outcome for outcome in outcomes if outcome != words.LEFT]
    refused = outcomes.count(words.NOT_ACCEPTABLE)
    if refused:
        return FAIL, f"A strict client refuses {refused} of {len(able)} virtual hosts that can be stapled."
    if entry["state"] == words.DISABLED and able:
        return FAIL, f"Stapling is off, and {len(able)} of {len(outcomes)} virtual hosts can be stapled."
    if entry["state"] == words.FAILED and not able:
        return UNKNOWN, "The host has failed: nobody has seen what its clients get now."
    if not able:
        return NOT_APPLICABLE, f"None of {len(outcomes)} virtual hosts can be stapled."
    if words.NOT_CONFIRMED in able:
        count = able.count(words.NOT_CONFIRMED)
        return UNKNOWN, f"Nobody has looked at {count} of {len(able)} virtual hosts that can be stapled."
    return PASS, f"A strict client is content with all {len(able)} virtual hosts that can be stapled."
