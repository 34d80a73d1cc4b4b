# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._result import build_result


def plan_of(*vhosts: dict) -> dict:
    return {
        "engine": "mod_ssl",
        "scope": "global",
        "cache": None,
        "vhosts": list(vhosts),
        "endpoints": [],
        "warnings": [],
    }


def vhost(name: str, action: str = "staple", reason: str = "ok") -> dict:
    return {"id": f"{name}:443", "names": [name], "action": action, "reason": reason, "detail": "because"}


def seen(name: str, key_type: str, *, problem: str | None = None, next_update: str = "2026-12-01T00:00:00Z") -> dict:
    return {
        "id": f"{name}:443",
        "server_name": name,
        "key_type": key_type,
        "stapled": problem != "no_staple",
        "acceptable": problem is None,
        "certificate_status": None if problem == "no_staple" else "good",
        "next_update": None if problem == "no_staple" else next_update,
        "problem": problem,
    }


def shown(*handshakes: dict) -> tuple:
    """Return `stapled`, `acceptable` and `problem` of a virtual host that these handshakes were made with."""
    result = build_result(plan_of(vhost("a.example")), state="enabled", changed=True, confirmed=handshakes)
    (only,) = result["vhosts"]
    return only["stapled"], only["acceptable"], only["problem"]


def test_a_vhost_is_acceptable_only_when_every_handshake_was() -> None:
    assert shown(seen("a.example", "rsa"), seen("a.example", "ecdsa")) == (True, True, None)
    assert shown(seen("a.example", "rsa"), seen("a.example", "ecdsa", problem="no_staple")) == (
        False,
        False,
        "no_staple",
    )


def test_a_bad_response_is_stapled_all_the_same() -> None:
    assert shown(seen("a.example", "rsa", problem="revoked")) == (True, False, "revoked")


def test_a_handshake_that_failed_does_not_say_whether_a_response_is_stapled() -> None:
    failed = {"id": "a.example:443", "stapled": None, "acceptable": False, "problem": "refused"}
    assert shown(failed) == (None, False, "refused")
    assert shown(failed, seen("a.example", "rsa")) == (None, False, "refused")


def test_what_nobody_has_looked_at_is_neither_stapled_nor_acceptable_nor_the_opposite() -> None:
    assert shown() == (None, None, None)


def test_the_next_update_of_a_vhost_is_the_earliest() -> None:
    dates = ("2026-12-02T00:00:00Z", "2026-12-01T00:00:00Z", None)
    handshakes = [{"id": "a.example:443", "next_update": date} for date in dates]
    result = build_result(plan_of(vhost("a.example")), state="enabled", changed=True, confirmed=handshakes)
    assert result["vhosts"][0]["next_update"] == "2026-12-01T00:00:00Z"


def test_an_unknown_state_is_an_error() -> None:
    with pytest.raises(ValueError, match="state must be one of"):
        build_result(plan_of(), state="fine", changed=False)


def test_endpoints_get_the_addresses_that_were_opened() -> None:
    plan = {**plan_of(), "endpoints": [{"host": "a.example", "port": 80}, {"host": "b.example", "port": 80}]}
    opened = [
        {"host": "a.example", "port": 80, "addresses": ["192.0.2.1"]},
        {"host": "a.example", "port": 81, "addresses": ["x"]},
    ]
    result = build_result(plan, state="enabled", changed=False, opened=opened)
    assert [endpoint["addresses"] for endpoint in result["endpoints"]] == [["192.0.2.1"], []]


def test_a_handshake_that_could_not_be_made_before_either_is_told_and_not_judged() -> None:
    unreached = {**seen("a.example", "rsa", problem="refused"), "stapled": None, "excused": True}
    assert shown(unreached) == (None, None, "refused")
    # One at another address was made, and counts.
    assert shown(unreached, seen("a.example", "rsa")) == (True, True, None)
    assert shown(unreached, seen("a.example", "rsa", problem="revoked")) == (True, False, "revoked")


def test_where_no_staple_is_due_only_what_went_wrong_is_told() -> None:
    fine = {**seen("a.example", "rsa"), "stapled": False, "staple": False}
    assert shown(fine) == (None, None, None)
    assert shown({**fine, "stapled": None, "acceptable": False, "problem": "closed"}) == (None, False, "closed")


@pytest.mark.parametrize(
    "state, expected",
    [
        ("disabled", ["kept"]),
        ("nothing_to_do", ["kept"]),
        ("rolled_back", ["undone"]),
        ("enabled", []),
        ("refused", []),
    ],
)
def test_what_is_left_behind(state: str, expected: list) -> None:
    plan = {**plan_of(vhost("a.example")), "left_behind": ["kept"], "httpd": {"left_by_undo": ["undone"]}}
    assert build_result(plan, state=state, changed=True)["left_behind"] == expected
