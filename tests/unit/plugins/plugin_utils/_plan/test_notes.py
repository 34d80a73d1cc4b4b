# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals and warnings: each is entered once, as a sentence."""

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes, sentence


def test_each_is_entered_once() -> None:
    notes = Notes()
    for vhost in ("a:443", "a:443", "b:443"):
        notes.refuse(words.EXPIRED, "it has expired", vhost=vhost)
        notes.warn(words.EXPIRED, "it has expired", vhost=vhost)
    assert [entry["vhost"] for entry in notes.refused] == ["a:443", "b:443"]
    assert [entry["vhost"] for entry in notes.warnings] == ["a:443", "b:443"]


def test_a_sentence_has_one_full_stop_and_the_capitals_that_it_came_with() -> None:
    assert sentence("www.example.com is fine") == sentence("www.example.com is fine.") == "www.example.com is fine."
