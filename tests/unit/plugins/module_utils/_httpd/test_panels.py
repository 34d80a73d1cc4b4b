# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose generated file it is: by the top of files as panels write them, and by their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd import panels
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.panels import Panel, panel_of

EASYAPACHE_3 = """###
# Direct modifications may be lost; to keep them run:
#     /usr/local/cpanel/bin/apache_conf_distiller --update
###

Listen 443
"""
EASYAPACHE_4 = """# # # # # # # #
#   Direct modifications to the Apache configuration file are
#   regenerated away. There are files for that:
#       /etc/apache2/conf.d/includes/pre_main_global.conf
#       /etc/apache2/conf.d/includes/pre_virtualhost_global.conf
#
# # # # # # # #

#
# DO NOT EDIT. AUTOMATICALLY GENERATED.
#
Include "/etc/apache2/conf.modules.d/*.conf"
"""
PLESK = """#ATTENTION!
#
#DO NOT MODIFY THIS FILE BECAUSE IT WAS GENERATED AUTOMATICALLY,
#SO ALL YOUR CHANGES WILL BE LOST.
<VirtualHost *:443>
"""
DIRECTADMIN_USER = "# Auto generated apache config file by DirectAdmin version 1.662\n<VirtualHost *:443>\n"
DIRECTADMIN_MAIN = "Listen 443\nInclude conf/extra/httpd-includes.conf\nInclude conf/extra/directadmin-vhosts.conf\n"


def panel(path: Path | str, text: str) -> Panel | None:
    return panel_of(str(path), text.split("\n"))


@pytest.mark.parametrize("text", [EASYAPACHE_3, EASYAPACHE_4], ids=["easyapache3", "easyapache4"])
def test_cpanel_has_a_file_for_the_whole_server(text: str) -> None:
    found = panel("/srv/apache2/conf/httpd.conf", text)
    assert found is not None and found.name == "cPanel"
    assert found.server_file == "/srv/apache2/conf.d/includes/pre_main_global.conf"
    assert "/srv/apache2/conf.d/userdata/ssl/2_4/" in found.vhost_place


def test_directadmin() -> None:
    main = panel("/srv/httpd/conf/httpd.conf", DIRECTADMIN_MAIN)
    user = panel("/srv/directadmin/data/users/u/httpd.conf", DIRECTADMIN_USER)
    assert main is not None and main.server_file == "/srv/httpd/conf/extra/httpd-includes.conf"
    assert user is not None and user.server_file is None
    assert user.vhost_place.startswith("/srv/directadmin/data/users/u/domains/")


@pytest.mark.parametrize("path", ["vhosts/system/a.test/conf/httpd.conf", "plesk.conf.d/server.conf"])
def test_plesk_keeps_a_file_beside_that_of_the_virtual_host(tmp_path: Path, path: str) -> None:
    found = panel(tmp_path / path, PLESK)
    assert found is not None and found.name == "Plesk"
    assert found.vhost_place.startswith(f"{(tmp_path / path).parent}/vhost_ssl.conf")


def test_plesk_by_the_real_path(tmp_path: Path) -> None:
    real = tmp_path / "vhosts" / "system" / "a.test" / "conf" / "httpd.conf"
    real.parent.mkdir(parents=True)
    real.write_text(PLESK, encoding="utf-8")
    (tmp_path / "a.conf").symlink_to(real)
    assert panel(tmp_path / "a.conf", PLESK) is not None


def test_ispconfig_by_name_and_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.test.vhost"
    assert panel(path, "<VirtualHost *:443>\n") is None
    monkeypatch.setitem(panels._HOMES, "ISPConfig", str(tmp_path))
    found = panel(path, "<VirtualHost *:443>\n")
    assert found is not None and found.name == "ISPConfig"
    assert panel(tmp_path / "a.test.conf", "<VirtualHost *:443>\n") is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/httpd/conf/httpd.conf", "# moved here from cPanel and Plesk, see DirectAdmin\nListen 443\n"),
        ("/etc/httpd/conf/httpd.conf", f"Listen 443\n{EASYAPACHE_3}"),
        ("/etc/httpd/conf/httpd.conf", f"Listen 443\n{EASYAPACHE_4}"),
        ("/etc/httpd/conf/httpd.conf", "# Direct modifications to the Apache configuration file\nListen 443\n"),
        ("/etc/httpd/conf/httpd.conf", "# Include conf/extra/directadmin-vhosts.conf\n"),
        ("/etc/httpd/conf.d/extra.conf", DIRECTADMIN_MAIN),
        # Other generators write the same sentence.
        ("/etc/httpd/conf.d/a.conf", PLESK),
        ("/etc/httpd/conf.d/a.conf", ""),
    ],
)
def test_others(path: str, text: str) -> None:
    assert panel(path, text) is None
