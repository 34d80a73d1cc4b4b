# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as it is, on files of this machine, with programs that judge and are told to reload."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.stapling.httpd.plugins.modules import httpd_stapling_write
from ansible_collections.stapling.httpd.tests.unit.support.mounts import mounted

VHOST = b"".join(b"<VirtualHost *:443>\n  ServerName %s.test\n</VirtualHost>\n" % name for name in (b"a", b"b"))
DROP_IN = "# Managed by stapling.httpd (x)\nSSLUseStapling on\n"
BLOCK = '# BEGIN stapling.httpd\nIncludeOptional "{}/zz-ocsp-stapling.conf"\n# END stapling.httpd\n'

# Plays the control command: writes down how it was called and what it saw of the configuration, and fails where told.
CONTROL = """\
import json, os, sys
folder = {folder!r}
seen = {{name: open(os.path.join(folder, name)).read() for name in os.listdir(folder) if name.endswith('.conf')}}
with open({log!r}, 'a') as log:
    log.write(json.dumps([sys.argv[1:], seen]) + '\\n')
words = ' '.join(sys.argv[1:])
refused = open({refused!r}).read().strip() if os.path.exists({refused!r}) else None
if refused and words.startswith(refused.split('|')[0]) and refused.split('|')[-1] in words + json.dumps(seen):
    sys.exit('AH00526: no such thing')
"""


@pytest.fixture
def call(capsys):
    """Return a function that runs the module in this process, and returns what it prints."""

    def run(*, check_mode=False, **arguments):
        everything = {**arguments, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        with patch_module_args(everything), pytest.raises(SystemExit) as ended:
            httpd_stapling_write.main()
        result = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == bool(result.get("failed"))
        return result

    return run


class Site:
    """A directory with the files of a site, and a control command that looks at them."""

    def __init__(self, folder, outside, call):
        self.folder, self.outside, self._call = folder, outside, call
        self.vhosts, self.main = folder / "site.conf", folder / "httpd.conf"
        self.vhosts.write_bytes(VHOST)
        self.main.write_bytes(b"Listen 80")
        self.drop_in = folder / "zz-ocsp-stapling.conf"
        self._log, self.refused = outside / "log", outside / "refused"
        program = outside / "control.py"
        places = {"folder": str(folder), "log": str(self._log), "refused": str(self.refused)}
        program.write_text(CONTROL.format(**places), encoding="utf-8")
        self.control = [sys.executable, str(program)]

    def edit(self, line, state):
        return {"file": str(self.vhosts), "line": line, "state": state}

    def run(self, state="present", **more):
        arguments = {"state": state, "control": self.control, **more}
        if state in ("present", "absent"):
            arguments["path"] = str(self.drop_in)
        if state == "present":
            arguments.setdefault("content", DROP_IN)
        return self._call(**arguments)

    def calls(self):
        """Return how the control command was called, and what it saw."""
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    def files(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def whole(self):
        """Return everything that the module can write, with an edit on either side."""
        return {
            "include_in": str(self.main),
            "edits_before": [self.edit(1, "off")],
            "edits_after": [self.edit(4, "on")],
        }


@pytest.fixture
def site(tmp_path, call):
    folder, outside = tmp_path / "conf", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    return Site(folder, outside, call)


class TestNoRoom:
    """On a file system of its own, with room for so many pages."""

    @pytest.fixture
    def full(self, tmp_path, call, pages):
        folder, outside = tmp_path / "conf", tmp_path / "outside"
        folder.mkdir()
        outside.mkdir()
        mounted("-t", "tmpfs", "-o", "size=64k", "none", str(folder))
        try:
            site = Site(folder, outside, call)
            free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
            (folder / "full").write_bytes(bytes(free - pages * os.sysconf("SC_PAGE_SIZE")))
            yield site
        finally:
            subprocess.run(["umount", str(folder)], check=True)

    @pytest.mark.parametrize("pages", range(4))
    def test_without_room_all_files_stay_as_they_were(self, full):
        before = full.files()
        result = full.run(**full.whole(), apply="reload")
        assert result["failed"] is True
        assert "No space left on device" in result["msg"]
        assert full.files() == before

    @pytest.mark.parametrize("pages", [9])
    def test_a_rollback_that_finds_no_room_for_what_must_stay_says_so(self, full):
        done = full.run(**full.whole(), apply="reload")
        assert done["changed"] is True
        written = full.files()
        free = os.statvfs(full.folder).f_bavail * os.statvfs(full.folder).f_frsize
        (full.folder / "fuller").write_bytes(bytes(free))
        kept = {"path": str(full.drop_in), "content": DROP_IN, "include_in": str(full.main)}
        result = full.run("restored", copies=done["copies"], apply="reload", **kept)
        assert (result["failed"], result["reason"]) == (True, "not_restored")
        assert "No space left on device" in result["msg"]
        (full.folder / "fuller").unlink()
        assert full.files() == written


class TestPresent:
    def test_everything_in_the_safe_order(self, site):
        result = site.run(**site.whole(), apply="reload")
        assert result["changed"] is True
        calls = site.calls()
        assert [words[:2] for words, _seen in calls] == [
            ["-t"],
            ["-t", "-c"],
            ["-t", "-f"],
            ["-t"],
            ["-k", "graceful"],
        ]
        first, drop_in, include, last, reload = [seen for _words, seen in calls]
        assert "SSLUseStapling off" in first["site.conf"] and site.drop_in.name not in first
        assert site.drop_in.name not in drop_in
        assert include[site.drop_in.name] == DROP_IN and include["httpd.conf"] == "Listen 80"
        assert "SSLUseStapling on" not in include["site.conf"] and "SSLUseStapling on" in last["site.conf"]
        assert last == reload
        assert reload["httpd.conf"] == "Listen 80\n" + BLOCK.format(site.folder)[:-1]
        assert stat.S_IMODE(site.drop_in.stat().st_mode) == 0o644

    def test_another_file_than_the_main_one_cannot_be_judged_by_itself(self, site):
        own = site.folder / "own.conf"
        own.write_bytes(b"# of the site\n")
        change = {"include_in": str(own), "config_file": str(site.main), "apply": "reload"}
        assert site.run(**change)["changed"] is True
        calls = site.calls()
        assert [words[:2] for words, _seen in calls] == [["-t", "-c"], ["-t"], ["-k", "graceful"]]
        assert "BEGIN" not in calls[0][1]["own.conf"] and "BEGIN" in calls[1][1]["own.conf"]

    def test_each_file_has_one_copy_of_what_was_there(self, site):
        copies = {copy["path"]: copy["backup_file"] for copy in site.run(**site.whole())["copies"]}
        assert copies.pop(str(site.drop_in)) is None
        found = {path: Path(copy).read_bytes() for path, copy in copies.items()}
        assert found == {str(site.main): b"Listen 80", str(site.vhosts): VHOST}
        assert all(os.path.basename(copy).startswith(".") for copy in copies.values())

    def test_the_last_file_that_was_written_is_the_first_to_be_put_back(self, site):
        """A virtual host keeps its off until the whole server is off again."""
        paths = [copy["path"] for copy in site.run(**{**site.whole(), "edits_after": []})["copies"]]
        assert paths == [str(site.main), str(site.drop_in), str(site.vhosts)]

    def test_again_it_changes_nothing_and_httpd_is_left_alone(self, site):
        site.run(**site.whole(), apply="reload")
        before, calls = site.files(), site.calls()
        # The lines are those that httpd reports now.
        again = {**site.whole(), "edits_before": [], "edits_after": []}
        result = site.run(**again, apply="reload")
        assert (result["changed"], result["copies"]) == (False, [])
        assert site.files() == before and site.calls() == calls

    def test_what_somebody_else_has_left_is_read_anyway(self, site):
        site.run()
        result = site.run(apply="reload", always_apply=True)
        assert result["changed"] is True and [words for words, _rest in site.calls()][-1] == ["-k", "graceful"]

    def test_twice(self, site):
        site.run(apply="reload", twice=True)
        assert [words for words, _rest in site.calls()].count(["-k", "graceful"]) == 2

    def test_a_wrong_mode_is_a_change(self, site):
        site.run()
        site.drop_in.chmod(0o666)
        assert site.run()["changed"] is True
        assert stat.S_IMODE(site.drop_in.stat().st_mode) == 0o644
        assert site.run()["changed"] is False

    def test_a_mode_that_hardening_has_set_stays(self, site):
        site.run()
        site.drop_in.chmod(0o640)
        assert site.run()["changed"] is False
        assert stat.S_IMODE(site.drop_in.stat().st_mode) == 0o640

    def test_check_mode_tells_and_does_nothing(self, site):
        before = site.files()
        result = site.run(**site.whole(), apply="reload", check_mode=True)
        assert result["changed"] is True and result["copies"] == []
        assert [os.path.basename(entry["after_header"]) for entry in result["diff"]] == [
            "zz-ocsp-stapling.conf",
            "site.conf",
            "httpd.conf",
        ]
        assert result["diff"][0]["after"] == DROP_IN
        assert site.files() == before and site.calls() == []


class TestAllOrNothing:
    @pytest.mark.parametrize(
        "refused",
        [
            pytest.param("-t", id="edits before"),
            pytest.param("-t -c", id="drop-in"),
            pytest.param("-t -f", id="include"),
            pytest.param("-t|SSLUseStapling on\\n  # END", id="edits after"),
        ],
    )
    @pytest.mark.parametrize("there", [False, True])
    def test_what_httpd_does_not_take_is_taken_back(self, site, refused, there):
        if there:
            site.drop_in.write_text("# Managed by stapling.httpd, older\n")
        before = site.files()
        site.refused.write_text(refused)
        result = site.run(**site.whole(), apply="reload")
        assert (result["failed"], result["reason"], result.get("changed", False)) == (True, "validation_failed", False)
        assert "AH00526: no such thing" in result["msg"] and "previous content" in result["msg"]
        assert site.files() == before and result["copies"] == []
        assert ["-k", "graceful"] not in [words for words, _rest in site.calls()]

    def test_a_reload_that_fails_leaves_the_files_and_says_where_the_copies_are(self, site):
        site.refused.write_text("-k graceful")
        result = site.run(**site.whole(), apply="reload")
        assert (result["failed"], result["reason"], result["changed"]) == (True, "not_taken_up", True)
        assert site.drop_in.read_text() == DROP_IN and len(result["copies"]) == 3

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_a_link_is_refused(self, site, state):
        (site.outside / "elsewhere").write_text("x")
        site.drop_in.symlink_to(site.outside / "elsewhere")
        result = site.run(state)
        assert result["reason"] == "is_a_link" and site.drop_in.is_symlink()

    def test_a_directory_that_is_missing_is_refused(self, site):
        site.drop_in = site.folder / "nowhere" / "zz-ocsp-stapling.conf"
        before = site.files()
        assert site.run(**site.whole())["reason"] == "not_found"
        assert site.files() == before and site.calls() == []

    def test_what_chattr_protects_is_refused_before_the_first_write(self, site):
        """The last file of all, so that the others would have been written before it."""
        flags = 0x80006601 | struct.calcsize("l") << 16
        if subprocess.run(["chattr", "+i", str(site.main)], capture_output=True, check=False).returncode:
            pytest.skip("the file system knows no attributes, or this user may not set them")
        try:
            with open(site.main, "rb") as stream:
                assert struct.unpack("l", fcntl.ioctl(stream, flags, struct.pack("l", 0)))[0] & 0x10
            before = site.files()
            result = site.run(**site.whole())
            assert result["reason"] == "not_writable" and "chattr" in result["msg"]
            assert site.files() == before and site.calls() == []
        finally:
            subprocess.run(["chattr", "-i", str(site.main)], check=True)

    def test_a_section_that_is_not_there(self, site):
        before = site.files()
        assert site.run(edits_after=[site.edit(2, "on")])["reason"] == "not_a_vhost"
        assert site.files() == before


@pytest.fixture
def enabled(site):
    """Return a site that has been written, with the edits at the lines where httpd reports them now."""
    site.before = site.files()
    site.run(**site.whole())
    for copy in [name for name in site.files() if name.endswith("~")]:
        os.unlink(site.folder / copy)
    site.refused.unlink(missing_ok=True)
    (site.outside / "log").unlink()
    site.undo = {
        "include_in": str(site.main),
        "edits_before": [site.edit(7, "absent")],
        "edits_after": [site.edit(1, "absent")],
    }
    return site


class TestAbsent:
    def test_a_restart_comes_right_after_the_drop_in(self, enabled):
        result = enabled.run("absent", **enabled.undo, apply="restart")
        assert result["changed"] is True
        calls = enabled.calls()
        assert [" ".join(words[:2]) for words, _rest in calls] == [
            "-t",
            "-k stop",
            "-k start",
            "-t -f",
            "-t",
            # Nobody knows whether it lives, without a PID file.
            "-k stop",
            "-k start",
        ]
        start = next(seen for words, seen in calls if words == ["-k", "start"])
        assert enabled.drop_in.name not in start
        assert "SSLUseStapling off" in start["site.conf"] and "SSLUseStapling on" not in start["site.conf"]
        assert "IncludeOptional" in start["httpd.conf"]
        left = {name: content for name, content in enabled.files().items() if not name.endswith("~")}
        assert left == enabled.before

    def test_a_reload_comes_at_the_end(self, enabled):
        enabled.run("absent", **enabled.undo, apply="reload")
        assert [words[:2] for words, _rest in enabled.calls()][:3] == [["-t"], ["-t", "-f"], ["-t"]]

    def test_the_copy_of_the_drop_in_is_what_was_there(self, enabled):
        copies = {copy["path"]: copy["backup_file"] for copy in enabled.run("absent", **enabled.undo)["copies"]}
        copy = copies[str(enabled.drop_in)]
        assert Path(copy).read_text(encoding="utf-8") == DROP_IN
        assert os.path.basename(copy).startswith("zz-ocsp-stapling.conf.")

    def test_nothing_there_is_no_change(self, site):
        before = site.files()
        result = site.run("absent", include_in=str(site.main), apply="restart")
        assert (result["changed"], result["copies"]) == (False, [])
        assert site.files() == before and site.calls() == []

    def test_a_failure_after_the_restart_puts_everything_back(self, enabled):
        before = enabled.files()
        enabled.refused.write_text("-t -f")
        result = enabled.run("absent", **enabled.undo, apply="restart")
        assert result["reason"] == "validation_failed" and enabled.files() == before
        # httpd has the file in its place again, and is told so.
        words, seen = enabled.calls()[-1]
        assert words[0] == "-k" and seen[enabled.drop_in.name] == DROP_IN

    def test_a_restart_that_fails_leaves_it_to_whoever_puts_it_back(self, enabled):
        enabled.refused.write_text("-k start")
        result = enabled.run("absent", **enabled.undo, apply="restart")
        assert (result["reason"], result["changed"]) == ("not_taken_up", True)
        assert {copy["path"] for copy in result["copies"]} == {str(enabled.drop_in), str(enabled.vhosts)}


class TestAnHttpdThatCannotBeRestarted:
    OBSTACLE = "httpd is the main process of its container, which would end with it"
    KEPT = "SSLStaplingCache shmcb:logs/x(131072)\n"

    @pytest.mark.parametrize("check_mode", [False, True])
    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_a_restart_is_refused_before_the_first_write(self, site, state, check_mode):
        before = site.files()
        result = site.run(state, apply="restart", restart_obstacle=self.OBSTACLE, check_mode=check_mode)
        assert result["reason"] == "cannot_restart" and self.OBSTACLE in result["msg"]
        assert site.files() == before and site.calls() == []

    def test_taking_back_leaves_what_must_stay(self, site):
        before = site.files()
        copies = site.run(**site.whole())["copies"]
        kept = {"path": str(site.drop_in), "content": self.KEPT, "include_in": str(site.main)}
        site.run("restored", copies=copies, apply="reload", restart_obstacle=self.OBSTACLE, **kept)
        now = site.files()
        assert now.pop(site.drop_in.name).decode() == self.KEPT
        assert now.pop(site.main.name).decode() == f"Listen 80\n{BLOCK.format(site.folder)[:-1]}"
        assert now == {name: content for name, content in before.items() if name in now}
        assert site.drop_in.stat().st_mode & 0o777 == 0o644

    def test_it_replaces_whatever_the_drop_in_was(self, enabled):
        copies = enabled.run(content=f"{DROP_IN}SSLStaplingResponderTimeout 4\n")["copies"]
        enabled.run("restored", copies=copies, path=str(enabled.drop_in), content=self.KEPT)
        assert enabled.drop_in.read_text() == self.KEPT
        assert [name for name in enabled.files() if name.endswith("~")] == []


class TestCopies:
    def test_restored_and_gone(self, site):
        before = site.files()
        copies = site.run(**site.whole())["copies"]
        assert site.run("restored", copies=copies)["changed"] is True
        assert site.files() == before

    def test_removed_and_restored(self, enabled):
        before = enabled.files()
        copies = enabled.run("absent", **enabled.undo)["copies"]
        enabled.run("restored", copies=copies)
        assert enabled.files() == before

    def test_of_several_copies_the_oldest_counts(self, site):
        site.drop_in.write_text("newest")
        for name, content in (("new", "middle"), ("old", "oldest")):
            (site.folder / f"{site.drop_in.name}.1.2026-01-01@00:00:0{len(name)}~").write_text(content)
        names = [f"{site.drop_in}.1.2026-01-01@00:00:03~"]
        (site.folder / f"{site.drop_in.name}.2.2026-01-01@00:00:00~").write_text("oldest")
        names.append(f"{site.drop_in}.2.2026-01-01@00:00:00~")
        copies = [{"path": str(site.drop_in), "backup_file": name} for name in [None, *names]]
        site.run("restored", copies=copies)
        assert site.drop_in.read_text() == "oldest"
        assert [name for name in site.files() if name.endswith("~")] == []

    def test_a_link_stays_a_link(self, site):
        link = site.folder / "link.conf"
        site.vhosts.rename(site.outside / "real.conf")
        link.symlink_to(site.outside / "real.conf")
        edit = {"file": str(link), "line": 1, "state": "off"}
        copies = site.run(edits_before=[edit])["copies"]
        site.run("restored", copies=copies)
        assert link.is_symlink() and (site.outside / "real.conf").read_bytes() == VHOST

    def test_what_cannot_be_put_back_is_reported_and_the_rest_is_put_back(self, site):
        copies = site.run(**site.whole())["copies"]
        missing = next(copy for copy in copies if copy["path"] == str(site.vhosts))
        os.unlink(missing["backup_file"])
        result = site.run("restored", copies=copies)
        assert (result["failed"], result["reason"]) == (True, "not_restored") and str(site.vhosts) in result["msg"]
        assert site.main.read_bytes() == b"Listen 80" and not site.drop_in.exists()

    def test_tidied(self, site):
        copies = site.run(**site.whole())["copies"]
        assert site.run("tidied", copies=copies, check_mode=True)["changed"] is True
        assert site.run("tidied", copies=copies)["changed"] is True
        assert [name for name in site.files() if name.endswith("~")] == []
        assert site.run("tidied", copies=copies)["changed"] is False

    def test_only_what_has_the_name_of_a_copy_is_removed(self, site):
        result = site.run("tidied", copies=[{"path": str(site.main), "backup_file": str(site.main)}])
        assert result["changed"] is False and site.main.exists()


def test_reread(site):
    before = site.files()
    assert site.run("reread", apply="reload")["changed"] is True
    assert [words for words, _rest in site.calls()] == [["-k", "graceful"]] and site.files() == before
    site.refused.write_text("-k")
    assert site.run("reread", apply="reload")["reason"] == "not_taken_up"
    assert site.run("reread", apply="reload", check_mode=True)["changed"] is True


@pytest.mark.parametrize("arguments", [{"state": "present", "path": "/x"}, {"state": "absent"}, {"state": "reread"}])
def test_arguments_that_are_missing(call, arguments):
    assert call(**arguments, **({} if arguments["state"] == "reread" else {"control": ["true"]}))["failed"] is True
