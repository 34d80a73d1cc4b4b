# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that write show of their changes; files that are no text included."""

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import AFTER, Target
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.host import diff_of


def test_diff() -> None:
    targets = [
        Target("/same", b"x", {AFTER: b"x"}),
        Target("/new", None, {AFTER: b"y\xff"}),
        Target("/gone", b"z", {AFTER: None}),
    ]
    shown = [(one["before_header"], one["before"], one["after"]) for one in diff_of(targets)]
    assert shown[1] == ("/gone", "z", "")
    assert shown[0][:2] == ("/new", "") and shown[0][2].startswith("y")
    assert len(shown) == 2
