# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.egress import render_egress


def test_the_egress_list_is_data_as_well() -> None:
    endpoint = {"host": "\t=cmd", "port": 80, "needed_by": ["\r+1"], "addresses": [" @SUM(A1)\n"]}
    rows = list(csv.reader(io.StringIO(render_egress({"-web": {"endpoints": [endpoint]}}))))
    assert rows[1:] == [["\\t=cmd", "80", "tcp", "' @SUM(A1)\\n", "'-web", "\\r+1"]]


def test_the_egress_list_joins_hosts_and_certificates_per_responder() -> None:
    def endpoint(host: str, *needed_by: str) -> dict:
        return {"host": host, "port": 80, "needed_by": list(needed_by), "addresses": ["192.0.2.7"]}

    text = render_egress(
        {
            "web2": {"endpoints": [endpoint("ocsp.example", "bb")]},
            "web1": {"endpoints": [endpoint("ocsp.example", "aa"), endpoint("also.example", "cc")]},
        }
    )
    assert list(csv.reader(io.StringIO(text)))[1:] == [
        ["also.example", "80", "tcp", "192.0.2.7", "web1", "cc"],
        ["ocsp.example", "80", "tcp", "192.0.2.7", "web1 web2", "aa bb"],
    ]
