# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import (
    render_csv,
    render_egress,
    render_html,
    render_text,
)


def result_of(*vhosts: dict, endpoints: tuple[dict, ...] = (), cause: str | None = None) -> dict:
    return {"state": "enabled", "changed": True, "cause": cause, "vhosts": list(vhosts), "endpoints": list(endpoints)}


def vhost(name: str, *handshakes: dict, action: str = "staple", reason: str = "ok") -> dict:
    stapled = all(one["problem"] is None for one in handshakes) if handshakes else None
    return {
        "id": "x",
        "names": [name],
        "action": action,
        "reason": reason,
        "stapled": stapled,
        "handshakes": list(handshakes),
    }


def seen(key_type: str, problem: str | None = None) -> dict:
    return {
        "key_type": key_type,
        "stapled": problem is None,
        "certificate_status": None if problem else "good",
        "next_update": None if problem else "2026-12-01T00:00:00Z",
        "problem": problem,
    }


def test_the_table_has_a_line_per_key_type_and_a_closing_line_per_host() -> None:
    result = result_of(
        vhost("a.example", seen("rsa"), seen("ecdsa")), vhost("old.example", action="leave", reason="no_ocsp_uri")
    )
    lines = render_text({"web1": result}).splitlines()
    assert [line.split()[:4] for line in lines[1:4]] == [
        ["web1", "a.example", "rsa", "yes"],
        ["web1", "a.example", "ecdsa", "yes"],
        ["web1", "old.example", "-", "no"],
    ]
    assert lines[-1] == "web1: enabled, changed; 1 of 2 virtual hosts stapled, 1 left as they are (no_ocsp_uri)"


def test_what_nobody_has_looked_at_is_said_to_be_unconfirmed() -> None:
    assert "not confirmed" in render_text({"web1": result_of(vhost("a.example"))})


def test_a_hostile_name_cannot_drive_the_terminal() -> None:
    table = render_text({"web1": result_of(vhost("a\x1b[2J.example", action="leave", reason="excluded"))})
    assert "\x1b" not in table
    assert "a\\x1b[2J.example" in table


def test_a_host_without_vhosts_still_has_a_line() -> None:
    text = render_text({"web1": result_of(cause="httpd -t failed.")})
    assert text == "web1: enabled, changed; 0 of 0 virtual hosts stapled. httpd -t failed."


def test_csv_cells_are_data_and_no_formulas() -> None:
    text = render_csv({"web1": result_of(vhost('=cmd|"x",y', seen("rsa")))})
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][1] == '\'=cmd|"x",y'
    assert [len(row) for row in rows] == [7, 7]


def test_the_egress_list_is_data_as_well() -> None:
    endpoint = {"host": "\t=cmd", "port": 80, "needed_by": ["\r+1"], "addresses": [" @SUM(A1)\n"]}
    rows = list(csv.reader(io.StringIO(render_egress({"-web": result_of(endpoints=(endpoint,))}))))
    assert rows[1:] == [["\\t=cmd", "80", "tcp", "' @SUM(A1)\\n", "'-web", "\\r+1"]]


def test_html_is_escaped() -> None:
    page = render_html({"<b>web</b>": result_of(vhost("<script>alert(1)</script>", seen("rsa")))})
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_egress_list_joins_hosts_and_certificates_per_responder() -> None:
    def endpoint(host: str, *needed_by: str) -> dict:
        return {"host": host, "port": 80, "needed_by": list(needed_by), "addresses": ["192.0.2.7"]}

    text = render_egress(
        {
            "web2": result_of(endpoints=(endpoint("ocsp.example", "bb"),)),
            "web1": result_of(endpoints=(endpoint("ocsp.example", "aa"), endpoint("also.example", "cc"))),
        }
    )
    assert list(csv.reader(io.StringIO(text)))[1:] == [
        ["also.example", "80", "tcp", "192.0.2.7", "web1", "cc"],
        ["ocsp.example", "80", "tcp", "192.0.2.7", "web1 web2", "aa bb"],
    ]
