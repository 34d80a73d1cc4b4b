# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

from ansible_collections.stapling.httpd.plugins.plugin_utils._version import collection_version
from ansible_collections.stapling.httpd.tests.unit.support.checkout import ROOT


def test_the_version_of_a_checkout() -> None:
    version = collection_version()
    assert version is not None and re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert f"\nversion: {version}\n" in (ROOT / "galaxy.yml").read_text(encoding="utf-8")
