# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.run import TASK, describe, new_id, timestamp


def test_a_run_says_with_what_it_was_made() -> None:
    run = describe(TASK, limit="web1")
    assert (run["collection"], run["written_by"], run["limit"]) == ("1.0.0", "task", "web1")
    assert run["id"] == describe(TASK)["id"]


def test_two_runs_have_two_identities() -> None:
    assert new_id() != new_id()


def test_moments_sort_as_texts() -> None:
    assert timestamp() <= timestamp()
    assert timestamp().endswith("Z") and len(timestamp()) == 27
