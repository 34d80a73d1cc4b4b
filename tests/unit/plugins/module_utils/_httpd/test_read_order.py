# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a directive of the site is read before the collection's own file, by what httpd says of its includes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Directive, Dump, Included, Place
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.read_order import ReadOrder

MAIN = """ServerRoot /x
Include mods/ssl.conf
IncludeOptional conf.d/*.conf
IncludeOptional sites/*.conf
"""
INCLUDED = {"mods/ssl.conf": 2, "conf.d/a.conf": 3, "conf.d/zzz.conf": 3, "sites/a.conf": 4}


def order(root: Path, dump: Dump, *, without: str = "", directory: str | None = "conf.d") -> ReadOrder:
    (root / "main.conf").write_text(MAIN, encoding="utf-8")
    dump.server_root = str(root)
    dump.includes.append(Included(str(root / "main.conf"), None, None, main=True))
    dump.includes += [
        Included(str(root / file), str(root / "main.conf"), line)
        for file, line in INCLUDED.items()
        if not (without and file.startswith(without))
    ]
    dump.includes.append(Included(str(root / "inner.conf"), str(root / "conf.d/a.conf"), 9))
    dump.includes.append(Included(str(root / "option.conf"), None, None))
    main = str(root / "main.conf") if directory is None else None
    return ReadOrder(dump, Files(), directory=str(root / directory) if directory else None, include_in=main)


def off(root: Path, file: str, line: int, macro: str | None = None) -> Directive:
    return Directive("sslusestapling", "off", Place(str(root / file), line, macro))


@pytest.mark.parametrize(
    ("file", "line", "earlier"),
    [
        ("main.conf", 1, True),
        ("main.conf", 5, False),
        ("mods/ssl.conf", 99, True),
        ("conf.d/a.conf", 99, True),
        ("inner.conf", 1, True),
        ("conf.d/zzz.conf", 1, False),
        ("sites/a.conf", 1, False),
        ("option.conf", 1, None),
        ("unknown.conf", 1, None),
    ],
)
def test_by_the_lines_that_include(tmp_path: Path, file: str, line: int, earlier: bool | None) -> None:
    assert order(tmp_path, Dump()).precedes_managed(off(tmp_path, file, line)) is earlier


def test_a_directory_without_a_file(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    found = order(tmp_path, Dump(), without="conf.d")
    assert found.precedes_managed(off(tmp_path, "mods/ssl.conf", 1)) is True
    assert found.precedes_managed(off(tmp_path, "sites/a.conf", 1)) is False


def test_without_a_directory_the_end_of_the_main_file_includes_it(tmp_path: Path) -> None:
    found = order(tmp_path, Dump(), directory=None)
    assert found.precedes_managed(off(tmp_path, "sites/a.conf", 1)) is True
    assert found.precedes_managed(off(tmp_path, "main.conf", 4)) is True


def test_what_a_macro_has_made_may_be_anywhere(tmp_path: Path) -> None:
    assert order(tmp_path, Dump()).precedes_managed(off(tmp_path, "main.conf", 1, "Site")) is None


def test_once_it_is_there_the_order_of_httpd_tells(tmp_path: Path) -> None:
    managed = tmp_path / "elsewhere.conf"
    managed.write_text("# BEGIN stapling.httpd\nSSLUseStapling on\n# END stapling.httpd\n", encoding="utf-8")
    dump = Dump()
    first, last = off(tmp_path, "a", 1), off(tmp_path, "a", 2)
    dump.server.directives = [first, Directive("sslusestapling", "on", Place(str(managed), 2)), last]
    found = order(tmp_path, dump)
    assert found.precedes_managed(first) is True and found.precedes_managed(last) is False
