# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.words import WORDS
from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words


@pytest.mark.parametrize("word", sorted(PROBLEMS))
def test_every_problem_of_a_handshake_has_a_severity(word: str) -> None:
    expected = {"revoked": words.CRITICAL, "no_staple": words.MEDIUM}.get(word, words.HIGH)
    assert words.severity(word, "handshake") == expected
    assert words.severity(word, "handshake", must_staple=True) == words.CRITICAL


@pytest.mark.parametrize("word", sorted(WORDS))
def test_what_a_plan_leaves_alone_is_information_unless_clients_insist(word: str) -> None:
    assert words.severity(word, "vhost") == words.INFO
    assert words.severity(word, "vhost", must_staple=True) == words.CRITICAL


@pytest.mark.parametrize("must_staple", [True, False])
def test_what_nobody_has_looked_at_alarms_nobody(must_staple: bool) -> None:
    assert words.severity(words.NOT_CONFIRMED, "vhost", must_staple=must_staple) == words.INFO


def test_the_states_that_need_another_run_are_all_but_the_good_ones() -> None:
    assert set(words.STATES) - set(words.RETRY_STATES) == {"enabled", "disabled", "nothing_to_do"}
