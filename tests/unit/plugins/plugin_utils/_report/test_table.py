# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import render_csv, render_text
from ansible_collections.stapling.httpd.plugins.plugin_utils._result import build_result


def result_of(*vhosts: dict, endpoints: tuple[dict, ...] = (), cause: str | None = None) -> dict:
    return {"state": "enabled", "changed": True, "cause": cause, "vhosts": list(vhosts), "endpoints": list(endpoints)}


def vhost(name: str, *handshakes: dict, action: str = "staple", reason: str = "ok") -> dict:
    planned = {"id": "x", "names": [name], "action": action, "reason": reason}
    confirmed = [{"id": "x", **handshake} for handshake in handshakes]
    (joined,) = build_result({"vhosts": [planned]}, state="enabled", changed=True, confirmed=confirmed)["vhosts"]
    return joined


def seen(key_type: str, problem: str | None = None) -> dict:
    silent = problem == "no_staple"
    return {
        "key_type": key_type,
        "stapled": not silent,
        "acceptable": problem is None,
        "certificate_status": None if silent else problem or "good",
        "next_update": None if silent else "2026-12-01T00:00:00Z",
        "problem": problem,
    }


def test_the_table_has_a_line_per_key_type_and_a_closing_line_per_host() -> None:
    result = result_of(
        vhost("a.example", seen("rsa"), seen("ecdsa")), vhost("old.example", action="leave", reason="no_ocsp_uri")
    )
    lines = render_text({"web1": result}).splitlines()
    assert [line.split()[:5] for line in lines[1:4]] == [
        ["web1", "a.example", "rsa", "yes", "yes"],
        ["web1", "a.example", "ecdsa", "yes", "yes"],
        ["web1", "old.example", "-", "-", "-"],
    ]
    assert lines[-1] == "web1: enabled, changed; 1 of 2 virtual hosts stapled, 1 left as they are (no_ocsp_uri)"


def test_the_table_and_the_closing_line_agree_on_a_bad_response_that_is_stapled() -> None:
    line, closing = render_text({"web1": result_of(vhost("a.example", seen("rsa", "revoked")))}).splitlines()[1:]
    assert line.split()[3:] == ["yes", "no", "revoked", "2026-12-01T00:00:00Z", "revoked"]
    assert closing == ("web1: enabled, changed; 1 of 1 virtual hosts stapled, 1 not acceptable to a strict client")


def test_the_table_and_the_closing_line_agree_on_a_missing_response() -> None:
    line, closing = render_text({"web1": result_of(vhost("a.example", seen("rsa", "no_staple")))}).splitlines()[1:]
    assert line.split()[3:] == ["no", "no", "-", "-", "no_staple"]
    assert closing == ("web1: enabled, changed; 0 of 1 virtual hosts stapled, 1 not acceptable to a strict client")


def test_what_nobody_has_looked_at_is_not_confirmed_and_nothing_else() -> None:
    line, closing = render_text({"web1": result_of(vhost("a.example"))}).splitlines()[1:]
    assert line.split()[3:] == ["-", "-", "-", "-", "not", "confirmed"]
    assert closing == "web1: enabled, changed; 0 of 1 virtual hosts stapled, 1 not confirmed"


def test_what_stays_and_the_first_warnings_follow_the_closing_line() -> None:
    warnings = [{"code": "file_rendered", "message": f"file {number}\x1b"} for number in range(7)]
    result = {**result_of(vhost("a.example")), "left_behind": ["SSLStaplingCache x"], "warnings": warnings}
    lines = render_text({"web1": result}).splitlines()[3:]
    assert lines[0] == "web1: left behind, harmless, until a run may restart httpd: SSLStaplingCache x"
    assert lines[1:-1] == [f"web1: warning: file {number}\\x1b" for number in range(5)]
    assert lines[-1] == "web1: and 2 more warnings"


def test_a_hostile_name_cannot_drive_the_terminal() -> None:
    table = render_text({"web1": result_of(vhost("a\x1b[2J.example", action="leave", reason="excluded"))})
    assert "\x1b" not in table
    assert "a\\x1b[2J.example" in table


def test_a_host_without_vhosts_still_has_a_line() -> None:
    text = render_text({"web1": result_of(cause="httpd -t failed.")})
    assert text == "web1: enabled, changed. httpd -t failed."


def test_csv_cells_are_data_and_no_formulas() -> None:
    text = render_csv({"web1": result_of(vhost('=cmd|"x",y', seen("rsa")))})
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][1] == '\'=cmd|"x",y'
    assert [len(row) for row in rows] == [8, 8]
