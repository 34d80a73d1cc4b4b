# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of copies: what is left of a run that was killed is known by them."""

from __future__ import annotations

import contextlib
import os
import subprocess

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import Target
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.leftovers import is_copy_name, leftovers
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.write import copy_file, copy_name, restore, tidy

DROP_IN = b"# Managed by stapling.httpd (x)\nSSLUseStapling on\n"


@pytest.mark.parametrize("managed, content", [(True, DROP_IN), (False, b"Listen 80\n")])
def test_a_copy_is_known_by_the_next_run(tmp_path, managed, content):
    path = tmp_path / "zz-ocsp-stapling.conf"
    path.write_bytes(content)
    copy = copy_name(Target(str(path), content, {}, managed=managed))
    with open(copy, "wb") as stream:
        stream.write(content)
    assert is_copy_name(copy)
    assert [(leftover.path, leftover.backup_file) for leftover in leftovers([str(path)], main=None)] == [
        (str(path), copy)
    ]
    if managed:
        # All that is left of the drop-in may be its copy.
        path.unlink()
        assert [leftover.path for leftover in leftovers([str(tmp_path / "other.conf")], main=None)] == [str(path)]


def test_a_file_that_was_not_there_goes_and_one_that_is_gone_is_no_failure(tmp_path):
    path = tmp_path / "x.conf"
    path.write_bytes(b"x")
    copies = [{"path": str(path), "backup_file": None}]
    assert restore(copies) == [] and not path.exists()
    assert restore(copies) == []
    assert tidy(copies) == ([], [])


def test_a_copy_has_owner_mode_and_extended_attributes_but_no_attributes_of_chattr(tmp_path):
    path, copy = tmp_path / "x.conf", tmp_path / ".x.conf.1.2026-01-01@00:00:00~"
    path.write_bytes(b"x")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12, 34)
    with contextlib.suppress(OSError):
        os.setxattr(path, "user.note", b"kept")
    chattr = subprocess.run(["chattr", "+A", str(path)], capture_output=True, check=False)
    copy_file(str(path), str(copy))
    before, after = path.stat(), copy.stat()
    assert (before.st_mode, before.st_uid, before.st_gid, before.st_mtime_ns) == (
        after.st_mode,
        after.st_uid,
        after.st_gid,
        after.st_mtime_ns,
    )
    assert os.listxattr(copy) == os.listxattr(path)
    assert copy.read_bytes() == b"x"
    if chattr.returncode == 0:
        listed = subprocess.run(["lsattr", str(path), str(copy)], capture_output=True, text=True, check=True).stdout
        assert ["A" in line.split()[0] for line in listed.splitlines()] == [True, False]


def test_a_copy_that_cannot_be_removed_is_named(tmp_path):
    """A directory stands for it, which no user can remove as a file."""
    stays, goes = (tmp_path / f".x.conf.{number}.2026-01-01@00:00:00~" for number in (1, 2))
    stays.mkdir()
    goes.touch()
    removed, failed = tidy([{"path": "x", "backup_file": str(copy)} for copy in (stays, goes)])
    assert removed == [str(goes)] and not goes.exists()
    assert len(failed) == 1 and str(stays) in failed[0]
