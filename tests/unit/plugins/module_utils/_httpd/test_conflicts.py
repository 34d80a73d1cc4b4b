# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a recorded dump to what is contradictory or dangerous in it."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.conflicts import conflicts, remarks
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import is_relevant, mod_md
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import read_dump
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import read_vhosts
from ansible_collections.stapling.httpd.tests.unit.support.recorded import FIXTURES, dump


def found_conflicts(name: str, *, without_cache: bool = False) -> list[tuple[str, str | None, int | None]]:
    found = dump(name)
    if without_cache:
        found.server.directives = [one for one in found.server.directives if one.name != "sslstaplingcache"]
    entries = conflicts(found, read_vhosts(found), mod_md(found), Files())
    return [(entry["code"], entry["vhost"], entry["line"]) for entry in entries]


def test_conflicts() -> None:
    assert found_conflicts("conflicts") == [
        ("several_caches", None, 6),
        ("explicit_off", None, 7),
        ("explicit_off", "www.md.example:443", 21),
        ("mod_md_active", None, 8),
    ]


def test_stapling_without_a_cache_is_found_wherever_it_is_switched_on() -> None:
    codes = found_conflicts("conflicts", without_cache=True)
    assert ("stapling_without_cache", "other.example:443", 26) in codes
    assert found_conflicts("inherit", without_cache=True)[-1] == ("stapling_without_cache", None, 10)


def test_a_cache_without_its_module() -> None:
    found = dump("inherit")
    found.modules.remove("socache_shmcb_module")
    entries = conflicts(found, read_vhosts(found), mod_md(found), Files())
    assert [entry["code"] for entry in entries] == ["cache_without_module", "explicit_off"]


def test_remarks() -> None:
    entries = {(entry["code"], entry["vhost"]) for entry in remarks(read_vhosts(dump("conflicts")))}
    assert entries == {("sslengine_optional", "pkcs11.example:443")}
    found = dump("vhosts")
    for section in found.vhosts:
        section.directives = [one for one in section.directives if one.name != "sslcertificatefile"]
    codes = {(entry["code"], entry["vhost"]) for entry in remarks(read_vhosts(found))}
    assert ("no_certificate_file", "a.example:8443") in codes
    assert {entry["severity"] for entry in remarks(read_vhosts(found))} == {"remark"}


def test_tools_that_left_their_mark(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text("# managed by Certbot\n\nSSLUseStapling on\n", encoding="utf-8")
    ours = tmp_path / "ours.conf"
    ours.write_text("# Managed by stapling.httpd\n# also Puppet\nSSLUseStapling on\n", encoding="utf-8")
    site = tmp_path / "plain.conf"
    site.write_text("# by hand\nSSLUseStapling on\n", encoding="utf-8")
    text = (FIXTURES / "long.out").read_text().split("# In file: /etc/apache2/fixture/long.conf")[0]
    for path, line in ((file, 3), (ours, 3), (site, 2)):
        text += f"# In file: {path}\n#   {line}:\nSSLUseStapling on\n"
    found = read_dump(text, keep=is_relevant)
    entries = conflicts(found, [], mod_md(found), Files())
    foreign = [entry for entry in entries if entry["code"] == "foreign_directive"]
    assert [(entry["file"], entry["line"]) for entry in foreign] == [(str(file), 3)]
    assert "Certbot" in foreign[0]["message"]
