# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import make_host
from ansible_collections.stapling.httpd.tests.unit.support import reports


def make(result: dict) -> dict:
    return make_host("web1", result, state="enabled", message=None, finished=reports.FINISHED)


def test_what_is_not_given_is_there_as_nothing() -> None:
    entry = make({"state": "enabled", "vhosts": [{"id": "a"}]})
    assert (entry["cause"], entry["endpoints"], entry["result_state"]) == (None, [], "enabled")
    assert entry["vhosts"][0]["acceptable"] is None and entry["vhosts"][0]["handshakes"] == []


@pytest.mark.parametrize(
    "result, words",
    [
        ({"vhosts": {}}, "vhosts is dict"),
        ({"vhosts": ["a"]}, "a virtual host is not an object with an id"),
        ({"vhosts": [{"id": "a", "acceptable": "yes"}]}, "virtual host 'a': acceptable is str"),
        ({"vhosts": [{"id": "a", "handshakes": [1]}]}, "a handshake is not an object"),
        ({"vhosts": [{"id": "a", "handshakes": [{"port": "443"}]}]}, "port is str"),
        ({"endpoints": [{"host": "a"}]}, "an endpoint is not an object with host and port"),
        ({"endpoints": [{"host": "a", "port": 80, "needed_by": 5}]}, "addresses and needed_by must be lists"),
        ({"changed": None}, "changed is NoneType"),
    ],
)
def test_a_result_of_the_wrong_shape_is_an_error_that_names_the_place(result: dict, words: str) -> None:
    with pytest.raises(ValueError, match=f"host 'web1'.*{words}"):
        make(result)


def test_a_state_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="state must be one of"):
        make_host("web1", {}, state="fine", message=None, finished=reports.FINISHED)
