# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.textfile import (
    WriteError,
    find_directory,
    remove,
    write_whole,
)


def exporter(proc: Path, pid: str, *arguments: str) -> None:
    (proc / pid).mkdir()
    (proc / pid / "cmdline").write_bytes("\0".join([*arguments, ""]).encode())


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    found = tmp_path / "proc"
    found.mkdir()
    (found / "meminfo").touch()
    exporter(found, "10", "/usr/sbin/apache2", "--collector.textfile.directory=/not/this")
    # A thread of the kernel.
    exporter(found, "2", "")
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ["/usr/bin/prometheus-node-exporter", "--collector.textfile.directory=/srv/text"],
        ["./node_exporter", "--web.listen-address=:9100", "--collector.textfile.directory", "/srv/text"],
        ["node_exporter", "-collector.textfile.directory=/srv/text"],
    ],
)
def test_the_directory_of_the_exporter_that_runs(proc: Path, arguments: list[str]) -> None:
    exporter(proc, "11", *arguments)
    assert find_directory(proc=str(proc), default=str(proc)) == "/srv/text"


def test_without_the_option_it_is_the_one_of_debian_if_there_is_one(proc: Path) -> None:
    exporter(proc, "11", "node_exporter")
    assert find_directory(proc=str(proc), default=str(proc)) == str(proc)
    assert find_directory(proc=str(proc), default=str(proc / "none")) is None


def test_a_file_is_replaced_as_a_whole_and_readable_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "x.prom"
    old = os.umask(0o077)
    try:
        write_whole(str(path), "one\n")
        write_whole(str(path), "two\n")
    finally:
        os.umask(old)
    assert path.read_text() == "two\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.prom"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "x.prom").symlink_to(tmp_path / "precious")
    write_whole(str(tmp_path / "x.prom"), "one\n")
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "x.prom").is_symlink()


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"none/x\.prom cannot be written: No such file"):
        write_whole(str(tmp_path / "none" / "x.prom"), "one\n")


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """The limit on the size of files stands in for a disk: a write ends with an error in the middle."""
    path = tmp_path / "x.prom"
    path.write_text("old\n")
    program = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"sys.path[:0] = {sys.path!r}\n"
        f"from {write_whole.__module__} import WriteError, write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        f"    write_whole({str(path)!r}, 'x' * 100000)\n"
        "except WriteError as error:\n"
        "    print(error.message)\n"
    )
    assert resource.RLIMIT_FSIZE is not None
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "cannot be written: File too large" in ran.stdout
    assert path.read_text() == "old\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.prom"]


def test_what_is_gone_already_is_removed(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    remove(str(tmp_path / "x"))
    remove(str(tmp_path / "x"))
    remove(str(tmp_path / "none" / "x"))
    with pytest.raises(WriteError, match="cannot be removed"):
        remove(str(tmp_path))
