# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the drop-in goes, and which file includes it: on real files, with includes as from httpd."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.drop_in_place import DropInPlace, drop_in_place
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump, Included
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files

PANEL = "Listen 443\nInclude extra/httpd-includes.conf\nInclude extra/directadmin-vhosts.conf\n"
MANAGED = "# Managed by stapling.httpd: x\nSSLUseStapling on\n"
BLOCK = "# BEGIN stapling.httpd\nInclude zz-ocsp-stapling.conf\n# END stapling.httpd\n"


class Site:
    """A main file, and what it includes."""

    def __init__(self, root: Path, main: str) -> None:
        self.root = root
        self.dump = Dump(server_root=str(root))
        self.main = self.write("httpd.conf", main)
        self.dump.includes.append(Included(self.main, None, None, main=True))

    def write(self, name: str, text: str) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def include(self, name: str, text: str, *, parent: str = "httpd.conf", line: int = 2) -> str:
        path = self.write(name, text)
        self.dump.includes.append(Included(path, str(self.root / parent), line))
        return path

    def place(self, *, directory: str | None = None, requested: str | None = None) -> DropInPlace:
        return drop_in_place(self.dump, Files(), main=self.main, directory=directory, requested=requested)

    @property
    def drop_in(self) -> str:
        return str(self.root / "zz-ocsp-stapling.conf")


def test_beside_the_main_file(tmp_path: Path) -> None:
    site = Site(tmp_path, "Listen 443\n")
    assert site.place() == DropInPlace(site.drop_in, site.main)
    assert site.place(directory="/x/conf.d") == DropInPlace("/x/conf.d/zz-ocsp-stapling.conf", None)


class TestGeneratedMainFile:
    def test_the_panel_has_a_file_for_it(self, tmp_path: Path) -> None:
        site = Site(tmp_path, PANEL)
        own = site.include("extra/httpd-includes.conf", "")
        assert site.place() == DropInPlace(site.drop_in, own)

    def test_httpd_does_not_read_that_file(self, tmp_path: Path) -> None:
        site = Site(tmp_path, PANEL)
        place = site.place()
        assert place.include_in is None and place.obstacle is not None
        code, message = place.obstacle
        assert code == "panel_generated" and site.main in message and "extra/httpd-includes.conf" in message

    def test_nor_at_server_level(self, tmp_path: Path) -> None:
        site = Site(tmp_path, PANEL)
        site.dump.inner_files.add(site.include("extra/httpd-includes.conf", ""))
        assert site.place().obstacle is not None

    def test_it_is_not_needed_where_drop_ins_are_read(self, tmp_path: Path) -> None:
        assert Site(tmp_path, PANEL).place(directory="/x").obstacle is None

    def test_another_file_is_named(self, tmp_path: Path) -> None:
        site = Site(tmp_path, PANEL)
        own = site.include("site.conf", "")
        assert site.place(requested=own) == DropInPlace(site.drop_in, own)


@pytest.mark.parametrize(
    ("name", "inner", "code"),
    [
        ("httpd.conf", False, "panel_generated"),
        ("missing.conf", False, "include_in_unfit"),
        ("unread.conf", False, "include_in_unfit"),
        ("inner.conf", True, "include_in_unfit"),
    ],
)
def test_a_named_file_that_does_not_suit(tmp_path: Path, name: str, inner: bool, code: str) -> None:
    site = Site(tmp_path, PANEL)
    site.write("unread.conf", "")
    site.dump.inner_files.add(site.include("inner.conf", ""))
    obstacle = site.place(requested=str(tmp_path / name)).obstacle
    assert obstacle is not None and obstacle[0] == code and str(tmp_path / name) in obstacle[1]


class TestStanding:
    def test_the_line_stays_where_it_is(self, tmp_path: Path) -> None:
        """Whatever is named, or not named any more, is what has to go when stapling is disabled."""
        site = Site(tmp_path, PANEL)
        own = site.include("site.conf", BLOCK)
        drop_in = site.include("zz-ocsp-stapling.conf", MANAGED, parent="site.conf")
        assert site.place() == site.place(directory="/x") == site.place(requested=own) == DropInPlace(drop_in, own)

    def test_it_is_read_already_by_another_line(self, tmp_path: Path) -> None:
        site = Site(tmp_path, "Listen 443\nInclude conf.d/*.conf\nInclude site.conf\n")
        drop_in = site.include("conf.d/zz-ocsp-stapling.conf", MANAGED)
        own = site.include("site.conf", "", line=3)
        place = site.place(directory=str(tmp_path / "conf.d"), requested=own)
        assert (place.drop_in, place.include_in) == (drop_in, None)
        assert place.obstacle is not None and f"{site.main}:2" in place.obstacle[1]
