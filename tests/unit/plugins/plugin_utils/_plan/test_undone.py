# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.undone import undone


def entry(code: str) -> dict[str, str]:
    return {"code": code, "message": f"the sentence of {code}", "severity": "problem"}


def test_only_what_others_have_undone() -> None:
    info = {"problems": [entry("managed_file_missing"), entry("several_caches"), entry("must_staple_off")]}
    found = undone(info, [entry("off_missing"), entry("cache_too_small")])
    assert [item["code"] for item in found] == ["managed_file_missing", "must_staple_off", "off_missing"]
    assert found[0] == {"code": "managed_file_missing", "message": "the sentence of managed_file_missing"}


def test_of_a_host_without_problems() -> None:
    assert undone({}, []) == []
