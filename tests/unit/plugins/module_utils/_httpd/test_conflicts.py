# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a recorded dump to what is contradictory or dangerous in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.conflicts import (
    conflicts,
    must_staple_conflicts,
    remarks,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import is_relevant, mod_md
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Directive, Dump, Place, read_dump
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import read_vhosts
from ansible_collections.stapling.httpd.tests.unit.support.recorded import FIXTURES, dump


def found_conflicts(name: str, *, without_cache: bool = False) -> list[tuple[str, str | None, int | None]]:
    found = dump(name)
    if without_cache:
        found.server.directives = [
            directive for directive in found.server.directives if directive.name != "sslstaplingcache"
        ]
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
        section.directives = [directive for directive in section.directives if directive.name != "sslcertificatefile"]
    codes = {(entry["code"], entry["vhost"]) for entry in remarks(read_vhosts(found))}
    assert ("no_certificate_file", "a.example:8443") in codes
    assert {entry["severity"] for entry in remarks(read_vhosts(found))} == {"remark"}


def test_tools_that_left_their_mark(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text("# managed by Certbot\n\nSSLUseStapling on\n", encoding="utf-8")
    managed = tmp_path / "ours.conf"
    managed.write_text("# Managed by stapling.httpd\n# also Puppet\nSSLUseStapling on\n", encoding="utf-8")
    site = tmp_path / "plain.conf"
    site.write_text("# by hand\nSSLUseStapling on\n", encoding="utf-8")
    text = (FIXTURES / "long.out").read_text().split("# In file: /etc/apache2/fixture/long.conf")[0]
    for path, line in ((file, 3), (managed, 3), (site, 2)):
        text += f"# In file: {path}\n#   {line}:\nSSLUseStapling on\n"
    found = read_dump(text, keep=is_relevant)
    entries = conflicts(found, [], mod_md(found), Files())
    foreign = [entry for entry in entries if entry["code"] == "foreign_directive"]
    assert [(entry["file"], entry["line"]) for entry in foreign] == [(str(file), 3)]
    assert "Certbot" in foreign[0]["message"]


def switched(tmp_path: Path, *switches: tuple[str, str]) -> Dump:
    """Return a configuration with these switches at server level, each in a file of its own: its first line, value."""
    found = Dump(server_root="/", modules=["ssl_module"])
    for number, (first, value) in enumerate(switches):
        path = tmp_path / f"{number}.conf"
        path.write_text(f"{first}\nSSLUseStapling {value}\n", encoding="utf-8")
        found.server.directives.append(Directive("sslusestapling", value, Place(str(path), 2)))
    return found


MANAGED = "# Managed by stapling.httpd (role ocsp_stapling)."


@pytest.mark.parametrize(
    ("switches", "overridden"),
    [
        ([("# Puppet", "off"), (MANAGED, "on")], False),
        ([(MANAGED, "on"), ("# Puppet", "Off")], True),
        ([(MANAGED, "on"), ("# Puppet", "off"), ("# by hand", "on")], False),
        ([(MANAGED, "on")], False),
        ([("# Puppet", "off")], False),
    ],
)
def test_an_off_that_undoes_the_managed_on(tmp_path: Path, switches: list[tuple[str, str]], overridden: bool) -> None:
    found = switched(tmp_path, *switches)
    entries = [
        entry for entry in conflicts(found, [], mod_md(found), Files()) if entry["code"] == "stapling_overridden"
    ]
    places = [(entry["file"], entry["line"], entry["severity"]) for entry in entries]
    assert places == ([(str(tmp_path / "1.conf"), 2, "problem")] if overridden else [])
    assert all("Puppet" in entry["message"] for entry in entries)


@pytest.mark.parametrize(
    ("first", "value", "must_staple", "found"),
    [
        ("# by hand", "off", True, True),
        ("# by hand", "off", False, False),
        ("# by hand", "on", True, False),
        (MANAGED, "off", True, False),
    ],
)
def test_a_certificate_that_must_be_stapled_and_is_switched_off(
    tmp_path: Path, first: str, value: str, must_staple: bool, found: bool
) -> None:
    configuration = dump("vhosts")
    switch = switched(tmp_path, (first, value)).server.directives[0]
    vhost = next(vhost for vhost in read_vhosts(configuration) if vhost.id == "c.example:443")
    vhost.section.directives = [
        directive for directive in vhost.section.directives if directive.name != switch.name
    ] + [switch]
    certificates = {vhost.id: [{"must_staple": must_staple}]}
    entries = must_staple_conflicts(configuration, [vhost], certificates, mod_md(configuration), Files())
    assert [(entry["code"], entry["vhost"], entry["file"]) for entry in entries] == (
        [("must_staple_off", vhost.id, str(tmp_path / "0.conf"))] if found else []
    )
    assert must_staple_conflicts(configuration, [vhost], certificates, {"stapling": True}, Files()) == []


def test_a_virtual_host_without_an_address() -> None:
    found = dump("vhosts")
    found.vhosts[0].arguments = "*:WORD"
    found.vhosts[0].key = "elsewhere"
    codes = [entry["code"] for entry in remarks(read_vhosts(found)) if entry["line"] == found.vhosts[0].place.line]
    assert "vhost_unreachable" in codes
