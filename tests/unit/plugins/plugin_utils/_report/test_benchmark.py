# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.benchmark import MEANINGS, STATUSES, benchmark
from ansible_collections.stapling.httpd.tests.unit.support import reports

GOOD = reports.vhost("good.example", reports.handshake())
BAD = reports.vhost("bad.example", reports.handshake("stale"))
UNSEEN = reports.vhost("later.example")
LEFT = reports.vhost("free.example", action="leave", reason="no_ocsp_uri")


@pytest.mark.parametrize(
    "status, entry",
    [
        ("pass", reports.entry("a", GOOD)),
        ("pass", reports.entry("a", GOOD, LEFT)),
        ("fail", reports.entry("a", GOOD, BAD)),
        ("fail", reports.entry("a", BAD, cause="stale: it is.")),
        ("fail", reports.entry("a", UNSEEN, LEFT, state="disabled")),
        ("unknown", reports.entry("a", GOOD, UNSEEN)),
        # The handshakes are those with the configuration that has been taken back since.
        ("unknown", reports.entry("a", BAD, state="rolled_back", cause="stale: it is.")),
        ("unknown", reports.entry("a", UNSEEN, state="refused", cause="httpd does not run.")),
        ("unknown", reports.lost("a", "failed")),
        ("unknown", reports.lost("a", "unreachable")),
        ("not_applicable", reports.entry("a", LEFT)),
        ("not_applicable", reports.entry("a", LEFT, state="disabled")),
        ("not_applicable", reports.entry("a", state="nothing_to_do")),
    ],
)
def test_a_host_passes_only_if_clients_have_been_seen_to_get_good_staples(status: str, entry: dict) -> None:
    found = benchmark(entry)
    assert (found["status"], found["items"]) == (status, ["7.10", "7.11"])
    assert found["message"].endswith(".")


def test_every_status_has_a_meaning() -> None:
    assert tuple(MEANINGS) == STATUSES
