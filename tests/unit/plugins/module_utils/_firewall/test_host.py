# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError


def test_a_tool_is_run_to_its_end() -> None:
    done = host.run(["/bin/sh", "-c", "cat; echo wrong >&2; exit 3"], stdin="given")
    assert (done.rc, done.out, done.message) == (3, "given", "wrong")
    assert host.run(["/bin/sh", "-c", "exit 5"]).message == "exit code 5"


def test_a_tool_that_does_not_end_is_an_error() -> None:
    with pytest.raises(FirewallError) as caught:
        host.run(["/bin/sh", "-c", "sleep 60"], timeout=0.3)
    assert caught.value.code == "tool_hangs"


def test_a_tool_that_cannot_be_run_is_an_error() -> None:
    with pytest.raises(FirewallError) as caught:
        host.run(["/no/such/tool"])
    assert caught.value.code == "no_firewall_tool"


def test_a_tool_is_found_where_administrators_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert host.find("sh") in ("/usr/bin/sh", "/bin/sh")
    assert host.find("no-such-tool") is None


def test_a_user_has_a_number() -> None:
    root = host.user("root")
    assert root is not None and (root.uid, root.gid) == (0, 0)
    assert host.user("") is None
    for name in ("no-such-user", "nul\0"):
        with pytest.raises(FirewallError) as caught:
            host.user(name)
        assert caught.value.code == "unknown_user"


def test_only_root_may_change_a_firewall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    host.require_root()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(FirewallError) as caught:
        host.require_root()
    assert caught.value.code == "not_root"


def test_writing_keeps_the_mode_and_removing_takes_the_empty_directory_along(tmp_path: Path) -> None:
    path = tmp_path / "own" / "file"
    host.write(str(path), "1")
    path.chmod(0o640)
    host.write(str(path), "2")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [item.name for item in path.parent.iterdir()] == ["file"]
    host.remove(str(path))
    assert not path.parent.exists()
    host.remove(str(path))


def test_a_directory_that_is_not_empty_stays(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "other").touch()
    host.write(str(tmp_path / "own" / "file"), "1")
    host.put_back(str(tmp_path / "own" / "file"), None)
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["other"]


def test_a_read_only_file_system_has_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(host.tempfile, "mkstemp", refuse)
    with pytest.raises(FirewallError) as caught:
        host.write(str(tmp_path / "file"), "x")
    assert caught.value.code == "read_only"


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        host.write(str(tmp_path / "file"), "\ud800")
    assert (tmp_path / "file").read_text() == "old"


def test_a_missing_file_is_none_and_an_unreadable_one_an_error(tmp_path: Path) -> None:
    assert host.read(str(tmp_path / "file")) is None
    assert host.read(str(tmp_path / "file" / "below")) is None
    with pytest.raises(FirewallError) as caught:
        host.read(str(tmp_path))
    assert caught.value.code == "unreadable"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5"])
def test_a_damaged_file_counts_as_absent(tmp_path: Path, text: str) -> None:
    host.write(str(tmp_path / "file"), text)
    assert host.read_json(str(tmp_path / "file")) == {}


def test_the_lock_is_held_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "LOCK_FILE", str(tmp_path / "lock"))
    code = f"import fcntl; fcntl.flock(open({str(tmp_path / 'lock')!r}, 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    attempt = [sys.executable, "-c", code]
    with host.locked():
        assert subprocess.run(attempt, capture_output=True, check=False).returncode != 0
    assert subprocess.run(attempt, capture_output=True, check=False).returncode == 0


def test_a_lock_that_cannot_be_made_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "LOCK_FILE", str(tmp_path / "missing" / "lock"))
    with pytest.raises(FirewallError) as caught, host.locked():
        pass
    assert caught.value.code == "unwritable"
