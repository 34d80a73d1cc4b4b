# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of drop-ins, on files of this machine."""

from __future__ import annotations

import os

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.record import (
    has_failed,
    keep_record,
    lost_drop_ins,
    lost_since_read,
    rewritten_drop_ins,
)

CACHE = "# Managed by stapling.httpd\nSSLStaplingCache shmcb:x(128000)\n"


class Host:
    """A configuration, a PID file, and the directory of records."""

    def __init__(self, folder):
        self.records = folder / "records"
        self.conf = folder / "conf"
        self.conf.mkdir()
        self.drop_in = self.conf / "zz.conf"
        self.pid_file = folder / "httpd.pid"
        self.pid_file.touch()

    def keep(self):
        keep_record(str(self.drop_in), pid_file=str(self.pid_file), directory=str(self.records))

    def lost(self, pid_file=None):
        return lost_drop_ins(pid_file or str(self.pid_file), directory=str(self.records))

    def change(self, seconds):
        """Have the directory of the drop-in changed this long after httpd has read it."""
        read = self.pid_file.stat().st_mtime
        os.utime(self.conf, (read + seconds, read + seconds))
        return lost_since_read(self.lost(), pid_file=str(self.pid_file))


@pytest.fixture
def host(tmp_path):
    found = Host(tmp_path)
    found.drop_in.write_text(CACHE)
    found.keep()
    return found


def test_a_file_that_is_there_is_not_lost(host):
    assert host.lost() == []
    assert not host.change(5)


def test_a_file_that_something_else_has_removed(host):
    host.drop_in.unlink()
    assert host.lost() == [str(host.drop_in)]
    assert host.lost("/run/other/httpd.pid") == []
    assert host.change(5) and not host.change(-5)
    host.conf.rmdir()
    assert lost_since_read(host.lost(), pid_file=str(host.pid_file))
    assert not lost_since_read(host.lost(), pid_file=None)


@pytest.mark.parametrize("content", [None, "SSLUseStapling on\n"])
def test_nothing_is_left_of_a_record_that_is_not_needed(host, content):
    host.drop_in.unlink()
    if content is not None:
        host.drop_in.write_text(content)
    host.keep()
    assert not host.records.exists()
    host.keep()
    assert not host.records.exists() and host.lost() == []


def test_the_record_of_another_httpd_stays(host):
    other = host.conf / "other.conf"
    other.write_text(CACHE)
    keep_record(str(other), pid_file="/run/other.pid", directory=str(host.records))
    host.drop_in.unlink()
    host.keep()
    assert len(list(host.records.iterdir())) == 1


@pytest.mark.parametrize("content", ["", "[]", "{", '{"path": "x"}', '{"path": 1, "pid_file": 2}', "\udcff"])
def test_a_record_that_cannot_be_read_counts_for_nothing(host, content):
    (record,) = host.records.iterdir()
    record.write_text(content, errors="surrogateescape")
    host.drop_in.unlink()
    assert host.lost() == []


def test_a_record_that_cannot_be_written_is_done_without(host, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    keep_record(str(host.drop_in), pid_file=str(host.pid_file), directory=str(in_the_way / "records"))
    keep_record(str(host.drop_in), pid_file=None, directory=str(in_the_way / "records"))


def test_an_httpd_without_a_unit_that_has_left_its_pid_file(host):
    assert has_failed(None, pid_file=str(host.pid_file))
    host.pid_file.unlink()
    assert not has_failed(None, pid_file=str(host.pid_file))
    assert not has_failed(None, pid_file=None)
    assert not has_failed("no-such.service", pid_file=str(host.pid_file))


def test_a_file_that_something_else_has_rewritten(host):
    given = {"pid_file": str(host.pid_file), "directory": str(host.records)}
    assert rewritten_drop_ins(reads_cache=True, **given) == []
    assert rewritten_drop_ins(reads_cache=False, **given) == [str(host.drop_in)]
    assert rewritten_drop_ins("/run/other/httpd.pid", reads_cache=False, directory=str(host.records)) == []
    # One that is gone is told of as that.
    host.drop_in.unlink()
    assert rewritten_drop_ins(reads_cache=False, **given) == []
