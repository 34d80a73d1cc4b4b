# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.gather import gather
from ansible_collections.stapling.httpd.plugins.plugin_utils._result import build_result

RESULT = build_result({}, state="enabled", changed=True)
RED = build_result({}, state="enabled", changed=False, cause="no_staple: it is.")
VARIABLES = {
    "fine": {"ocsp_stapling_result": RESULT},
    "red": {"ocsp_stapling_result": RED},
    "gone": {"info": {"unreachable": True, "msg": "Failed to connect."}},
    "gone_later": {"ocsp_stapling_result": RESULT, "seen": {"unreachable": True, "msg": "Failed to connect."}},
    "broken": {"info": {"failed": True, "msg": "Task failed: Module failed: No httpd."}},
    "mended": {"ocsp_stapling_result": RESULT, "info": {"failed": True, "msg": "ignored"}},
    "dropped": {},
    "next": {},
}


def test_what_a_task_can_know_of_each_host() -> None:
    entries = gather(list(VARIABLES), [name for name in VARIABLES if name != "dropped"], VARIABLES.__getitem__)
    assert {entry["host"]: entry["state"] for entry in entries} == {
        "fine": "enabled",
        "red": "failed",
        "gone": "unreachable",
        "gone_later": "unreachable",
        "broken": "failed",
        "mended": "enabled",
        "dropped": "failed",
        "next": "not_reached",
    }
    messages = {entry["host"]: entry["message"] for entry in entries}
    assert messages["broken"] == "No httpd."
    assert messages["gone_later"] == "Failed to connect."
    assert "the callback stapling.httpd.stapling_report would say why" in messages["dropped"]
