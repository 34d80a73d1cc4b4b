# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor import look as module
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import (
    look,
    look_from_data,
    stapled_only_until_reload,
    staples_of,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.settings import parse_settings
from ansible_collections.stapling.httpd.tests.unit.support.looks import missing, problem, seen, staple

INFO = {
    "vhosts": [
        {"id": "a", "names": ["shop.example.org", "www.example.org"], "key_types": ["rsa", "ecdsa"]},
        {"id": "b", "names": [], "key_types": ["ecdsa"]},
    ]
}
PLAN = {"vhosts": [{"id": "a", "must_staple": True}, {"id": "b", "must_staple": False}]}


def result(**more: t.Any) -> dict[str, t.Any]:
    given = {
        "id": "a",
        "port": 443,
        "server_name": "www.example.org",
        "requested_key_type": "rsa",
        "key_type": "rsa",
        "excused": False,
        "acceptable": True,
        "stapled": True,
        "this_update": "2026-03-01T12:00:00Z",
        "next_update": "2026-03-08T12:00:00Z",
        "problem": None,
        "message": None,
        "hint": None,
    }
    return {**given, **more}


def test_a_staple_has_the_first_name_and_seconds_since_1970() -> None:
    (found,) = staples_of([result()], INFO, PLAN)
    assert (found.server_name, found.port, found.key_type, found.required) == ("shop.example.org", 443, "rsa", True)
    assert (found.this_update, found.next_update) == (1772366400.0, 1772971200.0)


def test_of_several_addresses_and_versions_the_worst_counts() -> None:
    bad = result(acceptable=False, stapled=False, problem="no_staple", next_update=None, this_update=None)
    for given in ([result(), bad], [bad, result()]):
        (found,) = staples_of(given, INFO, PLAN)
        assert (found.acceptable, found.problem) == (False, "no_staple")
    (found,) = staples_of([result(), result(next_update="2026-03-02T00:00:00Z")], INFO, PLAN)
    assert found.next_update == 1772409600.0


def test_the_type_of_key_does_not_depend_on_whether_there_was_a_handshake() -> None:
    good = result(id="b", server_name=None, requested_key_type=None, key_type="ecdsa")
    lost = {**good, "key_type": None, "acceptable": False, "stapled": None, "problem": "refused"}
    for given in (good, lost):
        (found,) = staples_of([given], INFO, PLAN)
        assert (found.server_name, found.key_type) == ("", "ecdsa")


def test_what_is_excused_is_left_out() -> None:
    assert staples_of([result(excused=True, problem="address_elsewhere", acceptable=False)], INFO, PLAN) == ()


def test_a_look_goes_through_json_and_back() -> None:
    before = seen(staple(), missing(), problems=(problem("x"),), targets=({"address": "::1", "port": 443},))
    assert look_from_data(before.as_data()) == before


def test_without_a_library_the_look_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cryptography_at_least", lambda _minimum: False)
    with pytest.raises(StaplingError, match="python3-cryptography is missing"):
        look(parse_settings({"httpd": {}, "policy": {}, "handshake": {}}, path="x"))


def test_a_virtual_host_that_is_stapled_by_the_running_httpd_only() -> None:
    def info(*, enabled: bool, md: bool = False) -> dict[str, t.Any]:
        vhosts = [{"id": "a", "names": ["shop.example.org"], "stapling": {"enabled": enabled}}]
        return {"stapling": {"mod_md": {"stapling": md}}, "vhosts": vhosts}

    (found,) = stapled_only_until_reload(info(enabled=False), [result()])
    assert found.code == "managed_lines_missing" and "shop.example.org" in found.message
    assert stapled_only_until_reload(info(enabled=True), [result()]) == []
    assert stapled_only_until_reload(info(enabled=False), [result(stapled=False)]) == []
    assert stapled_only_until_reload(info(enabled=False, md=True), [result()]) == []
