# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import gzip
import json

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_rows import COLUMNS, HIDDEN, make_rows, pack
from ansible_collections.stapling.httpd.tests.unit.support import reports


def rows_by_name(document: dict) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, row)) for row in make_rows(document)]


def test_packed_rows_come_out_as_they_went_in() -> None:
    rows = make_rows(reports.fleet())
    data = json.loads(gzip.decompress(base64.b64decode(pack(rows))))
    columns = data["columns"].values()
    cells = [
        [column["values"][index if column["codes"] is None else column["codes"][index]] for column in columns]
        for index in range(data["rows"])
    ]
    assert cells == rows
    assert list(data["columns"]) == list(COLUMNS)
    assert {*data["shown"], *HIDDEN} == set(COLUMNS)


@pytest.mark.parametrize(
    "next_update, name",
    [
        ("2026-11-27T23:59:59Z", "over"),
        ("2026-11-28T00:00:00Z", "under 4 hours"),
        ("2026-11-28T04:00:00Z", "under 1 day"),
        ("2026-11-29T00:00:00Z", "under 3 days"),
        ("2026-12-01T00:00:00Z", "3 days or more"),
        (None, "-"),
    ],
)
def test_the_time_left_is_counted_from_the_report(next_update: str | None, name: str) -> None:
    seen = reports.handshake(next_update=next_update)
    (row,) = rows_by_name(reports.document(reports.entry("a", reports.vhost("a.example", seen))))
    assert row["time_left"] == name


def test_each_row_says_its_reason_in_one_word() -> None:
    reasons = {(row["host"], row["name"], row["key"]): row["reason"] for row in rows_by_name(reports.fleet())}
    assert reasons["web1", "free.example", "-"] == "no_ocsp_uri"
    assert reasons["web1", "good.example", "rsa"] == "ok"
    assert reasons["web1", "good.example", "ecdsa"] == "runs_out"
    assert reasons["web2", "revoked.example", "rsa"] == "revoked"
    assert reasons["web8", "-", "-"] == "unreachable"
    assert reasons["web7", "later.example", "-"] == "not_confirmed"
