# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line that includes the drop-in in somebody else's file, and what stands against writing one."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import (
    RefusedError,
    Target,
    drop_in_target,
    edit_targets,
    refuse_unwritable,
    with_include,
)
from ansible_collections.stapling.httpd.tests.unit.support.mounts import mounted

PATH = "/usr/local/apache2/conf/zz-ocsp-stapling.conf"
BLOCK = f'# BEGIN stapling.httpd\nIncludeOptional "{PATH}"\n# END stapling.httpd\n'.encode()
VHOST = b"# BEGIN stapling.httpd\nSSLUseStapling off\n# END stapling.httpd\n"


@pytest.mark.parametrize(
    "before, after",
    [
        pytest.param(b"Listen 80\n", b"Listen 80\n" + BLOCK, id="at the end"),
        pytest.param(b"Listen 80", b"Listen 80\n" + BLOCK[:-1], id="after a line without an end"),
        pytest.param(b"", BLOCK, id="empty file"),
        pytest.param(b"a\n" + BLOCK + b"b\n", b"a\n" + BLOCK + b"b\n", id="there already"),
        pytest.param(b"a\n" + BLOCK.replace(b"Optional", b"") + b"b\n", b"a\n" + BLOCK + b"b\n", id="another Include"),
        pytest.param(VHOST, VHOST + BLOCK, id="a block of another kind"),
    ],
)
def test_written(before, after):
    assert with_include(before, PATH) == after
    assert with_include(after, PATH) == after


@pytest.mark.parametrize(
    "before, after",
    [
        pytest.param(b"a\n" + BLOCK + b"b\n", b"a\nb\n", id="in the middle"),
        pytest.param(b"a\n", b"a\n", id="not there"),
        pytest.param(b"a\n" + BLOCK[:-1], b"a", id="after a line that had no end"),
        pytest.param(BLOCK[:-1], b"", id="the whole of it"),
        pytest.param(VHOST + BLOCK, VHOST, id="after a block of another kind"),
        pytest.param(BLOCK.replace(b"# END", b"Listen 81\n# END"), b"Listen 81\n", id="somebody else's line inside"),
        pytest.param(b"# BEGIN stapling.httpd\nListen 80\n", b"# BEGIN stapling.httpd\nListen 80\n", id="never closed"),
    ],
)
def test_taken_out(before, after):
    assert with_include(before, None) == after


def test_edits_on_both_sides_count_the_same_lines(tmp_path):
    """The first edit moves the second section down, which must not matter."""
    path = tmp_path / "site.conf"
    path.write_bytes(b"<VirtualHost *>\n</VirtualHost>\n<VirtualHost *>\n</VirtualHost>\n")
    edits = [{"file": str(path), "line": line, "state": state} for line, state in ((1, "off"), (3, "on"))]
    (target,) = edit_targets(edits[:1], edits[1:])
    assert b"Stapling off" in target.contents["before"] and b"Stapling on" not in target.contents["before"]
    assert target.contents["after"].count(b"SSLUseStapling") == 2
    assert target.changes


def test_a_drop_in_that_is_there_already(tmp_path):
    path = tmp_path / "x.conf"
    path.write_bytes(b"x")
    path.chmod(0o644)
    assert not drop_in_target(str(path), b"x").changes
    assert drop_in_target(str(path), b"y").changes and drop_in_target(str(path), None).changes
    path.chmod(0o640)
    assert not drop_in_target(str(path), b"x").changes
    path.chmod(0o664)
    assert drop_in_target(str(path), b"x").changes


@pytest.mark.parametrize(
    "name, reason", [("relative", "not_absolute"), ("directory", "not_a_file"), ("link", "is_a_link")]
)
def test_a_drop_in_that_is_refused(tmp_path, name, reason):
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("directory")
    with pytest.raises(RefusedError) as refused:
        drop_in_target(name if name == "relative" else str(tmp_path / name), b"x")
    assert refused.value.code == reason


def target(path):
    return Target(str(path), None, {"after": b"x"})


def test_what_can_be_written(tmp_path):
    refuse_unwritable([target(tmp_path / "x.conf")])


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(RefusedError, match="is not a directory"):
        refuse_unwritable([target(tmp_path / "x.conf"), target(tmp_path / "nowhere" / "x.conf")])
    with pytest.raises(RefusedError):
        refuse_unwritable([target("/proc/1/x.conf")])
    refuse_unwritable([Target("/proc/1/x.conf", b"x", {"after": b"x"})])


def test_a_file_that_is_mounted_by_itself(tmp_path):
    """As in a container, below a directory with a blank in its name, which the kernel writes as digits."""
    folder = tmp_path / "a site"
    folder.mkdir()
    (folder / "x.conf").touch()
    (tmp_path / "link").symlink_to(folder)
    mounted("--bind", str(folder / "x.conf"), str(folder / "x.conf"))
    try:
        with pytest.raises(OSError):
            os.rename(folder / "x.conf", folder / "y.conf")
        for place in (folder, tmp_path / "link"):
            with pytest.raises(RefusedError, match=r"single file.*mount its directory"):
                refuse_unwritable([target(place / "x.conf")])
        refuse_unwritable([target(folder / "y.conf")])
    finally:
        subprocess.run(["umount", str(folder / "x.conf")], check=True)


def test_a_file_system_that_is_mounted_read_only(tmp_path):
    mounted("-t", "tmpfs", "-o", "ro", "none", str(tmp_path))
    try:
        with pytest.raises(RefusedError, match="read-only"):
            refuse_unwritable([target(tmp_path / "x.conf")])
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_name_that_is_not_utf_8_is_told_from_a_file_that_is_not_there(tmp_path):
    edit = {"file": f"{tmp_path}/caf\\udce9.conf", "line": 1, "state": "on"}
    with pytest.raises(RefusedError, match="is not UTF-8"):
        edit_targets([edit])
    with pytest.raises(RefusedError, match="does not exist"):
        edit_targets([{**edit, "file": f"{tmp_path}/cafe.conf"}])
