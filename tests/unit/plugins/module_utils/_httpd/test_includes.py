# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a drop-in file would be read, and which lines are managed: on real files, with includes as from httpd."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump, Included
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files, conf_include_dir, copies_read


def configuration(root: Path, main: str, *files: str, inner: tuple[str, ...] = ()) -> Dump:
    """Return a dump with a main file, and the files that httpd includes from the line that names their directory."""
    (root / "main.conf").write_text(main, encoding="utf-8")
    dump = Dump(server_root=str(root))
    dump.includes.append(Included(str(root / "main.conf"), None, None, main=True))
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
        directory = file.rpartition("/")[0].rpartition("/")[2]
        line = next(number for number, text in enumerate(main.splitlines(), 1) if directory in text)
        dump.includes.append(Included(str(root / file), str(root / "main.conf"), line))
    dump.inner_files.update(str(root / file) for file in inner)
    return dump


@pytest.mark.parametrize(
    ("main", "files", "directory"),
    [
        ("IncludeOptional conf-enabled/*.conf\n", ["conf-enabled/a.conf"], "conf-enabled"),
        ("x\ninclude  'conf.d/*.conf'\n", ["conf.d/a.conf"], "conf.d"),
        # A copy of the drop-in would be read as well.
        ("Include conf.d/\n", ["conf.d/a.conf"], None),
        ("Include conf.d\n", ["conf.d/a.conf"], None),
        ("Include conf.d/*\n", ["conf.d/a.conf"], None),
        ("Include conf.d/*\n", [], None),
        ("Include conf.d/[a-m]*.conf\n", ["conf.d/a.conf"], None),
        ("Include conf.d/a.conf\n", ["conf.d/a.conf"], None),
        ("IncludeOptional conf.d/*.load\n", ["conf.d/a.load"], None),
        ("IncludeOptional ${DIR}/conf.d/*.conf\n", ["conf.d/a.conf"], "conf.d"),
        # Site files come and go, and modules are loaded before they can be configured.
        ("IncludeOptional sites-enabled/*.conf\n", ["sites-enabled/a.conf"], None),
        ("IncludeOptional conf.modules.d/*.conf\n", ["conf.modules.d/a.conf"], None),
        (
            "IncludeOptional extra/*.conf\nIncludeOptional conf.d/*.conf\n",
            ["extra/a.conf", "conf.d/a.conf"],
            "conf.d",
        ),
        ("IncludeOptional extra/*.conf\n", ["extra/a.conf"], "extra"),
        ("# IncludeOptional conf.d/*.conf\n", [], None),
    ],
)
def test_the_directory_for_a_drop_in(tmp_path: Path, main: str, files: list[str], directory: str | None) -> None:
    (tmp_path / "conf.d").mkdir()
    expected = None if directory is None else str(tmp_path / directory)
    assert conf_include_dir(configuration(tmp_path, main, *files), Files()) == expected


def test_an_empty_directory_leaves_no_trace_but_the_line(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    main = "IncludeOptional conf.d/*.conf\n"
    assert conf_include_dir(configuration(tmp_path, main), Files()) == str(tmp_path / "conf.d")
    (tmp_path / "conf.d").rmdir()
    assert conf_include_dir(configuration(tmp_path, main), Files()) is None


@pytest.mark.parametrize(
    ("include", "file", "read"),
    [
        ("sites/", "sites/a.conf", True),
        ("sites", "sites/a.conf", True),
        ("'sites'", "sites/deeper/a.conf", True),
        ("s*", "sites/a.conf", True),
        ("${WHERE}/", "sites/a.conf", True),
        ("sites/*", "sites/a.conf", False),
        ("sites/*", "sites/deeper/a.conf", True),
        ("sites/*.conf", "sites/a.conf", False),
        ("sites/a.conf", "sites/a.conf", False),
        ("${WHERE}", "sites/a.conf", False),
    ],
)
def test_the_files_beside_which_a_copy_is_read(tmp_path: Path, include: str, file: str, read: bool) -> None:
    dump = configuration(tmp_path, "Listen 443\n")
    (tmp_path / "main.conf").write_text(f"Listen 443\nInclude {include}\n", encoding="utf-8")
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()
    dump.includes.append(Included(str(tmp_path / file), str(tmp_path / "main.conf"), 2))
    found = copies_read(dump, Files())
    assert found == ([{"path": str(tmp_path / file), "file": str(tmp_path / "main.conf"), "line": 2}] if read else [])


def test_the_copy_of_a_linked_file_stands_beside_the_real_one(tmp_path: Path) -> None:
    dump = configuration(tmp_path, "Include enabled/\n")
    for name in ("enabled", "available"):
        (tmp_path / name).mkdir()
    (tmp_path / "available" / "a.conf").touch()
    (tmp_path / "enabled" / "a.conf").symlink_to("../available/a.conf")
    (tmp_path / "enabled" / "b.conf").touch()
    for name in ("a.conf", "b.conf"):
        dump.includes.append(Included(str(tmp_path / "enabled" / name), str(tmp_path / "main.conf"), 1))
    assert [Path(copy["path"]).name for copy in copies_read(dump, Files())] == ["b.conf"]


def test_what_is_included_in_a_virtual_host_is_no_place_for_the_server(tmp_path: Path) -> None:
    main = "<VirtualHost *:443>\n  Include inc/*.conf\n</VirtualHost>\n"
    dump = configuration(tmp_path, main, "inc/a.conf", inner=("inc/a.conf",))
    assert conf_include_dir(dump, Files()) is None


def test_nothing_is_known_without_includes() -> None:
    assert conf_include_dir(Dump(server_root="/"), Files()) is None


def test_lines_are_managed_or_not(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("A\n# BEGIN stapling.httpd\nB\n# END stapling.httpd\nC\n", encoding="utf-8")
    files = Files()
    assert [files.is_managed(str(path), line) for line in (1, 3, 5, 9)] == [False, True, False, False]
    assert not files.is_managed(str(tmp_path / "none"), 1)


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("A\n", encoding="utf-8")
    files = Files()
    first = files.lines(str(path))
    path.unlink()
    assert files.lines(str(path)) is first


@pytest.mark.parametrize(
    ("text", "line", "tool"),
    [
        ("# managed by Certbot\nSSLUseStapling on\n", 2, "Certbot"),
        ("# Ansible managed\n\n\nSSLUseStapling on\n", 4, "Ansible"),
        ("a\nb\nc\nd\ne\nf\n# BEGIN ANSIBLE MANAGED BLOCK\nSSLUseStapling on\n", 8, "Ansible"),
        ("# by hand\nSSLUseStapling on\n", 2, None),
        ("SSLUseStapling on\n# Puppet\n", 1, "Puppet"),
        ("", 3, None),
    ],
)
def test_marks_of_other_tools(tmp_path: Path, text: str, line: int, tool: str | None) -> None:
    path = tmp_path / "a.conf"
    path.write_text(text, encoding="utf-8")
    assert Files().tool(str(path), line) == tool


def test_a_directory_that_another_file_includes(tmp_path: Path) -> None:
    """An empty one, which httpd does not name."""
    dump = configuration(tmp_path, "Include server/default.conf\n", "server/default.conf")
    (tmp_path / "server" / "default.conf").write_text("IncludeOptional conf.d/*.conf\n", encoding="utf-8")
    (tmp_path / "conf.d").mkdir()
    assert conf_include_dir(dump, Files()) == str(tmp_path / "conf.d")
    dump.inner_files.add(str(tmp_path / "server" / "default.conf"))
    assert conf_include_dir(dump, Files()) is None


def test_the_main_file_is_not_the_first_one(tmp_path: Path) -> None:
    """With -C "Include options/load.conf" it is that."""
    dump = configuration(tmp_path, "IncludeOptional conf.d/*.conf\n", "conf.d/a.conf")
    (tmp_path / "options").mkdir()
    (tmp_path / "options" / "load.conf").touch()
    dump.includes.insert(0, Included(str(tmp_path / "options" / "load.conf"), None, None))
    assert dump.main_file == str(tmp_path / "main.conf")
    assert conf_include_dir(dump, Files()) == str(tmp_path / "conf.d")


@pytest.mark.parametrize("section", ["IfModule mod_x.c", "IfDefine X", "Directory /srv", "VirtualHost *:80"])
def test_an_empty_directory_in_a_section_may_never_be_read(tmp_path: Path, section: str) -> None:
    (tmp_path / "conf.d").mkdir()
    main = f"<{section}>\n  IncludeOptional conf.d/*.conf\n</{section.split()[0]}>\n"
    assert conf_include_dir(configuration(tmp_path, main), Files()) is None
    assert conf_include_dir(configuration(tmp_path, main + "Include conf.d/*.conf\n"), Files()) is not None


@pytest.mark.parametrize(
    "above",
    [
        pytest.param(b"# a\x0cb\n", id="form feed"),
        pytest.param(b"# a\rb\n", id="carriage return"),
        pytest.param(b"# a\xc2\x85b\n", id="next line of Unicode"),
        pytest.param(b"# a\xe2\x80\xa8b\n", id="line separator of Unicode"),
        pytest.param(b"# \xff\xfe\n", id="no UTF-8"),
        pytest.param(b"\xef\xbb\xbf# a\n", id="byte order mark"),
        pytest.param(b"# a\r\n", id="Windows"),
        pytest.param(b"#" + b"a" * (9 * 1024 * 1024) + b"\n", id="nine megabytes"),
    ],
)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_our_lines_are_found_in_any_file(tmp_path: Path, above: bytes, ending: bytes) -> None:
    block = b"# BEGIN stapling.httpd", b"  SSLUseStapling off", b"# END stapling.httpd", b"# another line", b""
    path = tmp_path / "a.conf"
    path.write_bytes(above + ending.join(block))
    files = Files()
    assert [files.is_managed(str(path), line) for line in (1, 3, 5)] == [False, True, False]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert Files().lines(str(tmp_path / "pipe")) == [""]
