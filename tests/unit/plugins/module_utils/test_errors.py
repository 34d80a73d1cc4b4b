# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the collection's errors."""

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError


def test_an_error_has_a_code_and_a_sentence() -> None:
    error = StaplingError("a_word", "A sentence.")
    assert (error.code, error.message, str(error)) == ("a_word", "A sentence.", "A sentence.")
