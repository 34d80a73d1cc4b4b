# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._file_state import file_state, may_keep_mode


def test_a_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"SSLUseStapling on\n")
    path.chmod(0o640)
    assert file_state(str(path)) == {
        "path": str(path),
        "sha256": hashlib.sha256(b"SSLUseStapling on\n").hexdigest(),
        "mode": "0640",
        "uid": os.getuid(),
        "gid": os.stat(path).st_gid,
    }


def test_nothing(tmp_path: Path) -> None:
    assert file_state(str(tmp_path / "x")) is None
    assert file_state(str(tmp_path / "x" / "y")) is None


def test_what_is_no_plain_file_is_never_what_a_template_would_write(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    (tmp_path / "link").symlink_to("x")
    (tmp_path / "dangling").symlink_to("y")
    for name in ("link", "dangling", "."):
        found = file_state(str(tmp_path / name))
        assert found is not None and found["sha256"] is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o600, 0o444, 0o400])
def test_hardening_may_take_rights_from_others(mode: int) -> None:
    assert may_keep_mode(mode)


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o755, 0o4644, 0o200, 0o044])
def test_nobody_may_write_it_and_its_owner_has_to_read_it(mode: int) -> None:
    assert not may_keep_mode(mode)
