# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.findings import KEYS
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.outputs import render_findings
from ansible_collections.stapling.httpd.tests.unit.support import reports


def test_every_kind_of_finding_has_its_severity_and_a_hint() -> None:
    rows = list(csv.DictReader(io.StringIO(render_findings(reports.fleet()))))
    assert list(rows[0]) == list(KEYS)
    assert [(row["host"], row["server_name"], row["problem"], row["severity"]) for row in rows] == [
        ("web2", "must.example", "no_staple", "critical"),
        ("web2", "revoked.example", "revoked", "critical"),
        ("web2", "", "failed", "high"),
        ("web2", "bad.example", "bad_signature", "high"),
        ("web5", "", "refused", "high"),
        ("web6", "", "rolled_back", "high"),
        ("web6", "old.example", "stale", "high"),
        ("web8", "", "unreachable", "high"),
        ("web3", "off.example", "not_enabled", "medium"),
        ("web9", "", "not_reached", "medium"),
        ("web1", "good.example", "runs_out", "low"),
        ("web1", "free.example", "no_ocsp_uri", "info"),
        ("web1", "", "cache_exists", "info"),
        ("web7", "later.example", "not_confirmed", "info"),
    ]
    assert all(row["hint"] and row["message"] for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_finding_keeps_its_id_when_only_its_sentence_changes() -> None:
    def ids(message: str) -> list[str]:
        seen = reports.handshake("stale", message=message)
        document = reports.document(reports.entry("web1", reports.vhost("a.example", seen)))
        return [finding["id"] for finding in document["hosts"]["web1"]["findings"]]

    assert ids("stale: since yesterday.") == ids("stale: since the day before yesterday.")


def test_versions_of_tls_with_the_same_problem_are_one_finding() -> None:
    seen = [reports.handshake("stale", tls_version=version) for version in ("TLSv1.2", "TLSv1.3")]
    document = reports.document(reports.entry("web1", reports.vhost("a.example", *seen)))
    assert document["totals"]["findings"]["total"] == 1
