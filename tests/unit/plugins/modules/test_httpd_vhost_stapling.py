# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import resource
import stat
import sys

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import LARGEST_CONFIGURATION_FILE
from ansible_collections.stapling.httpd.plugins.modules import httpd_vhost_stapling

SITE = (
    b"<VirtualHost *:443>\r\n  ServerName a.test\r\n</VirtualHost>\r\n\n"
    b"<VirtualHost *:443>\n\tServerName b.test\n</VirtualHost>"
)
ON = b"  # BEGIN stapling.httpd\r\n  SSLUseStapling on\r\n  # END stapling.httpd\r\n"


@pytest.fixture
def run(capsys):
    """Return a function that runs the module as it is, in this process, and returns what it prints."""

    def call(*, check_mode=False, **arguments):
        everything = {**arguments, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        with patch_module_args(everything), pytest.raises(SystemExit) as ended:
            httpd_vhost_stapling.main()
        result = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == bool(result.get("failed"))
        return result

    return call


@pytest.fixture
def site(tmp_path):
    """Make a site file as Debian has it, and the link under which httpd knows it."""
    available, enabled = tmp_path / "sites-available", tmp_path / "sites-enabled"
    available.mkdir()
    enabled.mkdir()
    path = available / "site.conf"
    path.write_bytes(SITE)
    path.chmod(0o640)
    link = enabled / "site.conf"
    link.symlink_to("../sites-available/site.conf")
    return path, link


def test_on_and_out_again_through_a_link(run, site):
    path, link = site
    if os.getuid() == 0:
        os.chown(path, 12345, 23456)
    before = path.stat()

    result = run(file=str(link), line=1, state="on")
    assert result["changed"] is True
    assert result["files"] == [{"path": str(path), "changed": True, "backup_file": None}]
    assert path.read_bytes() == SITE.replace(b"</VirtualHost>\r\n", ON + b"</VirtualHost>\r\n")
    assert link.is_symlink() and os.readlink(link) == "../sites-available/site.conf"
    after = path.stat()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (before.st_uid, before.st_gid, 0o640)

    assert run(file=str(link), line=1, state="on")["changed"] is False
    assert run(file=str(link), line=1, state="absent")["changed"] is True
    assert path.read_bytes() == SITE
    assert run(file=str(link), line=1, state="absent")["changed"] is False


def test_check_mode_tells_and_does_nothing(run, site):
    path, link = site
    before = path.stat()
    result = run(file=str(link), line=5, state="off", backup=True, validate=["/nonexistent"], check_mode=True)
    assert result["changed"] is True
    assert result["diff"][0]["before"].encode() == SITE
    assert b"\n\tSSLUseStapling off\n" in result["diff"][0]["after"].encode()
    assert result["diff"][0]["after_header"] == str(path)
    assert path.read_bytes() == SITE
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert os.listdir(path.parent) == ["site.conf"]


def test_several_edits_of_one_file_by_two_names(run, site):
    """The lines are those before any edit, and a file with two names is still one file."""
    path, link = site
    edits = [
        {"file": str(link), "line": 1, "state": "on", "vhost": "a", "reason": "ok"},
        {"file": str(path), "line": 5, "state": "off"},
    ]
    result = run(edits=edits)
    assert [entry["path"] for entry in result["files"]] == [str(path)]
    content = path.read_bytes()
    assert content.index(b"Stapling on") < content.index(b"b.test") < content.index(b"Stapling off")
    assert run(edits=edits[:1])["changed"] is False


def test_backup_is_hidden_and_complete(run, site):
    _path, link = site
    result = run(file=str(link), line=1, state="on", backup=True)
    backup = result["files"][0]["backup_file"]
    assert os.path.basename(backup).startswith(".") and not backup.endswith(".conf")
    with open(backup, "rb") as stream:
        assert stream.read() == SITE
    assert stat.S_IMODE(os.stat(backup).st_mode) == 0o640
    assert run(file=str(link), line=1, state="on", backup=True)["files"][0]["backup_file"] is None


def judge(code):
    return [sys.executable, "-c", code]


def test_validate_sees_the_change_in_its_place(run, site):
    path, link = site
    code = f"import sys; sys.exit(b'Stapling on' not in open({str(link)!r}, 'rb').read())"
    assert run(file=str(link), line=1, state="on", validate=judge(code))["changed"] is True
    assert b"Stapling on" in path.read_bytes()


def test_what_does_not_pass_is_taken_back(run, site, tmp_path):
    path, link = site
    other = tmp_path / "other.conf"
    other.write_bytes(SITE)
    result = run(
        edits=[{"file": str(link), "line": 1, "state": "on"}, {"file": str(other), "line": 5, "state": "on"}],
        validate=judge("import sys; sys.stderr.write('AH00526: Syntax error on line 7'); sys.exit(3)"),
        backup=True,
    )
    assert result["failed"] is True
    assert result["reason"] == "validation_failed"
    assert "AH00526: Syntax error on line 7" in result["msg"]
    assert path.read_bytes() == SITE and other.read_bytes() == SITE
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    # An Include of the whole directory would have httpd read a copy.
    assert not [name for directory in (path.parent, tmp_path) for name in os.listdir(directory) if name.endswith("~")]


def test_a_validation_that_cannot_be_run_is_one_that_fails(run, site):
    path, link = site
    result = run(file=str(link), line=1, state="on", validate=["/nonexistent/apache2ctl", "-t"])
    assert result["reason"] == "validation_failed"
    assert path.read_bytes() == SITE


def test_an_error_half_way_takes_the_first_file_back(run, site, tmp_path):
    """The kernel refuses to write a file as large as the second one."""
    path, link = site
    large = tmp_path / "large.conf"
    content = SITE + b"\n" + b"#" * 200_000
    large.write_bytes(content)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        result = run(edits=[{"file": str(file), "line": 1, "state": "on"} for file in (link, large)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result["failed"] is True
    assert result["reason"] == "write_failed"
    assert path.read_bytes() == SITE and large.read_bytes() == content


@pytest.mark.parametrize(
    "name, line, reason",
    [
        pytest.param("site.conf", 2, "not_a_vhost", id="no section"),
        pytest.param("macro.conf", 2, "macro_generated", id="section in a macro"),
        pytest.param("missing.conf", 1, "not_found", id="no file"),
        pytest.param("dangling.conf", 1, "not_found", id="link to nothing"),
        pytest.param(".", 1, "not_a_file", id="directory"),
        pytest.param("fifo", 1, "not_a_file", id="fifo"),
        pytest.param("huge.conf", 1, "too_large", id="too large"),
    ],
)
def test_refused_with_a_reason_and_nothing_written(run, site, name, line, reason):
    path, _link = site
    folder = path.parent
    (folder / "macro.conf").write_bytes(b"<Macro S>\n<VirtualHost *>\n</VirtualHost>\n</Macro>\n")
    (folder / "dangling.conf").symlink_to("nowhere.conf")
    os.mkfifo(folder / "fifo")
    with open(folder / "huge.conf", "wb") as stream:
        stream.truncate(LARGEST_CONFIGURATION_FILE + 1)
    result = run(
        edits=[
            {"file": str(path), "line": 1, "state": "on"},
            {"file": str(folder / name), "line": line, "state": "on", "vhost": "b.test"},
        ]
    )
    assert result["failed"] is True
    assert result["reason"] == reason
    assert path.read_bytes() == SITE


def test_a_section_that_httpd_calls_a_macro(run):
    file = """macro 'tls' (defined on line 1 of "/etc/apache2/m.conf") used on line 10 of "/etc/apache2/m.conf\""""
    assert run(file=file, line=2, state="on")["reason"] == "macro_generated"


def test_relative_path(run):
    assert run(file="sites-enabled/a.conf", line=1, state="on")["reason"] == "not_absolute"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"file": "/a"},
        {"file": "/a", "line": 1},
        {"edits": [], "file": "/a", "line": 1, "state": "on"},
        {"edits": [{"file": "/a", "line": 1, "state": "yes"}]},
    ],
)
def test_bad_arguments(run, arguments):
    assert run(**arguments)["failed"] is True


def test_no_edits_is_no_change(run):
    result = run(edits=[])
    assert result["changed"] is False and result["files"] == []
