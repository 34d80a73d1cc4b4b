# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an interrupted run has left: which copies are nobody's, and which files httpd has not read yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.leftovers import leftovers, unread

SITE = b"<VirtualHost *:443>\n    SSLEngine on\n</VirtualHost>\n"
EDITED = (
    b"<VirtualHost *:443>\n    SSLEngine on\n"
    b"    # BEGIN stapling.httpd\n    SSLUseStapling off\n    # END stapling.httpd\n</VirtualHost>\n"
)
OURS = b"# Managed by stapling.httpd (role ocsp_stapling).\nSSLUseStapling on\n"
INCLUDE = (
    b'# BEGIN stapling.httpd\nIncludeOptional "/usr/local/apache2/conf/zz-ocsp-stapling.conf"\n# END stapling.httpd\n'
)
DATE = "2026-11-22@12:53:28~"


def found(root: Path, *, main: str = "httpd.conf") -> list[tuple[str, str]]:
    files = [str(path) for path in root.rglob("*") if not path.name.endswith("~")]
    return [
        (os.path.relpath(leftover.path, root), os.path.relpath(leftover.backup_file, root))
        for leftover in leftovers(files, main=str(root / main))
    ]


@pytest.mark.parametrize(
    ("name", "content", "copy", "copied", "managed"),
    [
        ("a.conf", EDITED, f".a.conf.12.{DATE}", SITE, True),
        ("a.conf", SITE, f".a.conf.12.{DATE}", EDITED, True),
        ("a.conf", SITE, f".a.conf.12.{DATE}", SITE, True),
        # It holds what the file does not: a person's change, or one that was lost.
        ("a.conf", EDITED, f".a.conf.12.{DATE}", SITE.replace(b"SSLEngine", b"SSLOptions"), False),
        ("a.conf", EDITED, f".a.conf.12.{DATE}", b"", False),
        # Not names that the collection gives.
        ("a.conf", EDITED, f"a.conf.12.{DATE}", SITE, False),
        ("a.conf", EDITED, ".a.conf.12.2026-11-22~", SITE, False),
        ("a.conf", EDITED, f".a.conf.{DATE}", SITE, False),
        ("a.conf", EDITED, ".a.conf~", SITE, False),
        ("a.conf", EDITED, "a.conf.dpkg-old", SITE, False),
        # Of the main file, and of our own, the copies are Ansible's.
        ("httpd.conf", SITE + INCLUDE, f"httpd.conf.12.{DATE}", SITE, True),
        ("httpd.conf", SITE, f"httpd.conf.12.{DATE}", SITE + INCLUDE, True),
        ("httpd.conf", SITE + b"\n" + INCLUDE, f"httpd.conf.12.{DATE}", SITE.rstrip(b"\n"), True),
        ("httpd.conf", SITE + INCLUDE, f"httpd.conf.12.{DATE}", SITE + b"Listen 81\n", False),
        ("zz.conf", OURS, f"zz.conf.12.{DATE}", OURS + b"# older\n", True),
    ],
)
def test_a_copy_is_left_over_if_nothing_is_lost_with_it(
    tmp_path: Path, name: str, content: bytes, copy: str, copied: bytes, managed: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / copy).write_bytes(copied)
    assert found(tmp_path) == ([(name, copy)] if managed else [])


def test_the_copy_of_a_file_that_was_taken_out_is_found_beside_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "other.conf").touch()
    (tmp_path / f"zz.conf.12.{DATE}").write_bytes(OURS)
    assert found(tmp_path) == [("zz.conf", f"zz.conf.12.{DATE}")]


def test_links_lead_to_the_directory_where_the_copies_are(tmp_path: Path) -> None:
    enabled, available = tmp_path / "enabled", tmp_path / "available"
    enabled.mkdir()
    available.mkdir()
    (available / "a.conf").write_bytes(EDITED)
    (available / f".a.conf.12.{DATE}").write_bytes(SITE)
    (enabled / "a.conf").symlink_to("../available/a.conf")
    copies = leftovers([str(enabled / "a.conf")], main=None)
    assert [(leftover.path, leftover.backup_file) for leftover in copies] == [
        (str(available / "a.conf"), str(available / f".a.conf.12.{DATE}"))
    ]


def test_a_copy_that_is_a_link_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(EDITED)
    (tmp_path / "kept").write_bytes(SITE)
    (tmp_path / f".a.conf.12.{DATE}").symlink_to("kept")
    assert found(tmp_path) == []


def test_the_newest_comes_first_whatever_its_process(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(EDITED)
    names = [f".a.conf.{pid}.2026-11-2{day}@00:00:00~" for pid, day in ((9, 1), (10, 3), (8, 2))]
    for name in names:
        (tmp_path / name).write_bytes(SITE)
    assert [copy for _file, copy in found(tmp_path)] == [names[1], names[2], names[0]]


@pytest.mark.parametrize(("written", "expected"), [(-1, False), (0, False), (1, True)])
def test_a_file_is_unread_if_it_is_newer_than_the_pid_file(tmp_path: Path, written: int, expected: bool) -> None:
    pid_file, managed = tmp_path / "pid", tmp_path / "zz.conf"
    pid_file.touch()
    managed.touch()
    taken_up = pid_file.stat().st_mtime_ns
    os.utime(managed, ns=(taken_up, taken_up + written * 1_000_000))
    assert unread([str(managed)], pid_file=str(pid_file)) == ([str(managed)] if expected else [])


def test_without_a_pid_file_or_a_file_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "zz.conf").touch()
    assert unread([str(tmp_path / "zz.conf")], pid_file=None) == []
    assert unread([str(tmp_path / "zz.conf")], pid_file=str(tmp_path / "none")) == []
    (tmp_path / "pid").touch()
    assert unread([str(tmp_path / "none")], pid_file=str(tmp_path / "pid")) == []
