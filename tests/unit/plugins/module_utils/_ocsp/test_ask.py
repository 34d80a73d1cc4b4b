# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

pytest.importorskip("cryptography")

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.ask import ask_and_judge
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules


def test_what_cannot_be_asked_has_a_result_in_its_place(tmp_path):
    (tmp_path / "empty.pem").write_text("")
    given = [
        {"certificate": str(tmp_path / name), "issuer": None, "responder": "http://127.0.0.1:9/"}
        for name in ("none.pem", "empty.pem")
    ]
    found = ask_and_judge(given, engine="mod_ssl", rules=Rules(), timeout=1, total_timeout=1)
    assert [entry["certificate"] for entry in found] == [entry["certificate"] for entry in given]
    assert {entry["problem"] for entry in found} == {"certificate_unreadable"}
