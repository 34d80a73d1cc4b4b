# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.tracker import Tracker
from ansible_collections.stapling.httpd.plugins.plugin_utils._result import build_result

RESULT = build_result({}, state="enabled", changed=True)
ROLLED_BACK = build_result({}, state="rolled_back", changed=False, cause="no_staple: it is.")


class Watched(Tracker):
    """A tracker of two hosts, and the states in which they got to their end."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str, str | None]] = []
        super().__init__(lambda entry: self.ends.append((entry["host"], entry["state"], entry["message"])))
        self.add(["web1", "web2"])


def test_a_failure_that_is_rescued_waits_for_the_result() -> None:
    tracker = Watched()
    tracker.failed("web1", "first", rescued=True, decisive=True)
    assert tracker.ends == []
    tracker.result("web1", ROLLED_BACK)
    tracker.failed("web1", "the task that only tells", rescued=False, decisive=False)
    tracker.batch_over()
    assert tracker.ends == [("web1", "rolled_back", "no_staple: it is.")]


def test_a_failure_that_nothing_comes_after_is_the_last_word_when_the_batch_is_over() -> None:
    tracker = Watched()
    tracker.failed("web1", "first", rescued=True, decisive=True)
    tracker.batch_over()
    assert tracker.ends == [("web1", "failed", "first")]


def test_a_host_that_dies_while_it_is_rolled_back_is_not_called_rolled_back() -> None:
    tracker = Watched()
    tracker.result("web1", ROLLED_BACK)
    tracker.unreachable("web1", "gone", decisive=True)
    tracker.result("web2", ROLLED_BACK)
    tracker.failed("web2", "httpd does not start.", rescued=False, decisive=True)
    assert tracker.ends[1::2] == [("web1", "unreachable", "gone"), ("web2", "failed", "httpd does not start.")]
    assert [entry["result_state"] for entry in tracker.entries] == ["rolled_back", "rolled_back"]


def test_what_other_tasks_of_the_site_do_later_does_not_belie_the_result() -> None:
    tracker = Watched()
    tracker.result("web1", RESULT)
    tracker.failed("web1", "another role", rescued=False, decisive=False)
    tracker.unreachable("web1", "another role", decisive=False)
    assert tracker.ends == [("web1", "enabled", None)]


def test_a_result_after_a_failure_keeps_the_failure() -> None:
    tracker = Watched()
    tracker.failed("web1", "first", rescued=False, decisive=True)
    tracker.result("web1", RESULT)
    assert tracker.ends[-1] == ("web1", "failed", "first")


def test_a_result_of_the_wrong_shape_fails_its_host_and_no_other() -> None:
    tracker = Watched()
    tracker.result("web1", {"state": "enabled", "vhosts": 5})
    tracker.result("web2", RESULT)
    assert [end[:2] for end in tracker.ends] == [("web1", "failed"), ("web2", "enabled")]
    assert "vhosts is int" in str(tracker.ends[0][2])


def test_closing_says_why_there_is_no_word() -> None:
    tracker = Watched()
    tracker.at("web2", lambda: "Reload httpd")
    tracker.close(interrupted=True)
    assert tracker.ends == [
        ("web1", "not_reached", "The run was interrupted before it came to this host."),
        (
            "web2",
            "not_reached",
            "The run was interrupted before this host had a result; its last task was 'Reload httpd'.",
        ),
    ]
    assert (tracker.done, tracker.total) == (2, 2)


def test_a_message_without_end_is_cut() -> None:
    tracker = Watched()
    tracker.failed("web1", "x" * 100_000, rescued=False, decisive=True)
    assert len(str(tracker.ends[0][2])) == 4000
