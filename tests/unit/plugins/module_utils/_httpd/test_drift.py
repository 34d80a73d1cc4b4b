# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.drift import drift

LOST, REWRITTEN = "/etc/apache2/conf-enabled/zz.conf", "/etc/httpd/conf.d/zz.conf"


@pytest.mark.parametrize(
    ("running", "taken_up", "has_cache", "outlook"),
    [
        (True, False, False, "a reload would end it"),
        (True, True, False, "to have it back, or disable_stapling"),
        (True, False, True, "to have it back, or disable_stapling"),
        (False, False, False, "starts httpd"),
    ],
)
def test_each_file_is_named_with_what_comes_of_it(running, taken_up, has_cache, outlook):
    lost, rewritten = drift([LOST], [REWRITTEN], running=running, taken_up=taken_up, has_cache=has_cache)
    assert (lost["code"], rewritten["code"]) == ("managed_file_missing", "managed_lines_missing")
    for found, path in ((lost, LOST), (rewritten, REWRITTEN)):
        assert path in found["message"] and outlook in found["message"] and "enable_stapling" in found["message"]
        # A fatal one would keep enable_stapling from mending it.
        assert found["severity"] == "problem"


def test_where_nothing_is_missing_nothing_is_told():
    assert drift([], [], running=True, taken_up=False, has_cache=False) == []
