# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a real dump to virtual hosts, settings in effect, and conflicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.conflicts import conflicts, remarks
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import (
    mod_md,
    stapling_settings,
    wanted,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump, Section, read_dump
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import (
    Listen,
    Vhost,
    host_of_name,
    listens,
    read_vhosts,
    split_address,
)

FIXTURES = Path(__file__).parent / "fixtures" / "httpd"
ROOT = "/etc/apache2/fixture"


def dump(name: str) -> Dump:
    return read_dump((FIXTURES / f"{name}.out").read_text(), wanted=wanted)


def vhosts(name: str) -> dict[str, Vhost]:
    return {vhost.id: vhost for vhost in read_vhosts(dump(name))}


def test_every_virtual_host_has_a_unique_readable_id() -> None:
    assert list(vhosts("vhosts")) == [
        "a.example:8443",
        "b.example:8443",
        "_default_:443",
        "_default_:80",
        "c.example:443",
        "any.example:9443",
        "by-name.example:9444",
    ]
    assert list(vhosts("conflicts")) == ["www.md.example:443", "other.example:443", "pkcs11.example:443"]


def test_the_same_name_on_the_same_port_twice() -> None:
    text = (FIXTURES / "long.out").read_text()
    block = text[text.index("# 999:") : text.index("</VirtualHost>") + len("</VirtualHost>\n")]
    ids = [vhost.id for vhost in read_vhosts(read_dump(text.replace(block, block * 3), wanted=wanted))]
    assert ids == ["far.example:443", "far.example:443#2", "far.example:443#3"]


def test_names() -> None:
    found = vhosts("vhosts")
    assert found["a.example:8443"].names == ["a.example", "*.a.example", "www.a.example", "quoted.a.example"]
    assert found["c.example:443"].names == ["c.example", "after.example"]
    assert found["_default_:443"].names == []
    assert found["_default_:443"].server_name == "main.example"


def test_addresses() -> None:
    found = vhosts("vhosts")
    assert found["a.example:8443"].addresses == [("*", 8443), ("::1", 9443), ("127.0.0.1", 443)]
    assert found["_default_:443"].addresses == [("*", 443)]
    assert found["_default_:443"].default_for == [("*", 443)]
    # The name was resolved by httpd; the one without a port takes what nobody else claims.
    assert found["by-name.example:9444"].addresses == [("127.0.0.1", 9444)]
    assert found["any.example:9443"].addresses == [("*", 9443)]


@pytest.mark.parametrize(
    ("vhost", "engine", "tls"),
    [
        ("a.example:8443", "on", True),
        ("_default_:443", "on", True),
        ("_default_:80", None, False),
        # Without SSLEngine, port 443 alone makes it speak TLS.
        ("c.example:443", None, True),
        ("by-name.example:9444", None, False),
    ],
)
def test_who_speaks_tls(vhost: str, engine: str | None, tls: bool) -> None:
    found = vhosts("vhosts")[vhost]
    assert (found.engine, found.tls) == (engine, tls)


def test_no_tls_without_mod_ssl() -> None:
    found = dump("vhosts")
    found.modules.remove("ssl_module")
    assert not any(vhost.tls for vhost in read_vhosts(found))


def test_certificate_files_are_absolute_in_order_and_have_a_place() -> None:
    found = vhosts("vhosts")
    assert [file.path for file in found["c.example:443"].certificate_files] == [f"{ROOT}/rsa.pem", f"{ROOT}/ecdsa.pem"]
    assert [file.path for file in found["_default_:443"].certificate_files] == [f"{ROOT}/with space.pem"]
    place = found["c.example:443"].certificate_files[1].place
    assert place is not None
    assert (place.file, place.line) == (f"{ROOT}/vhosts.conf", 42)


def test_protocols() -> None:
    assert vhosts("vhosts")["c.example:443"].protocols == "-all +TLSv1.3"
    assert vhosts("vhosts")["a.example:8443"].protocols is None
    assert {vhost.protocols for vhost in vhosts("inherit").values()} == {"all -TLSv1.2"}


def test_the_main_server_and_what_is_inherited_from_it() -> None:
    found = vhosts("inherit")
    assert list(found) == ["_main_:10443", "own.example:443", "plain.example:80"]
    main = found["_main_:10443"]
    assert main.main
    assert main.tls
    assert main.names == ["main.example"]
    assert main.addresses == [("*", 10443)]
    own = found["own.example:443"]
    assert own.engine == "on"
    assert [(file.path, file.inherited) for file in own.certificate_files] == [
        (f"{ROOT}/rsa.pem", True),
        (f"{ROOT}/ecdsa.pem", False),
    ]
    assert own.chain_file == f"{ROOT}/ca.pem"
    assert (own.ca_file, main.ca_file) == (f"{ROOT}/ca.pem", None)
    assert not found["plain.example:80"].tls


def test_listens() -> None:
    assert listens(dump("vhosts")) == [
        Listen("*", 443, "https"),
        Listen("*", 8443, "https"),
        Listen("::1", 9443, "http"),
        Listen("*", 80, "http"),
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("*:443", ("*", 443)),
        ("_default_:443", ("*", 443)),
        ("_DEFAULT_", ("*", None)),
        ("*", ("*", None)),
        ("*:*", ("*", None)),
        ("[2001:db8::1]:443", ("2001:db8::1", 443)),
        ("[2001:db8::1]", ("2001:db8::1", None)),
        ("[::]:443", ("*", 443)),
        ("0.0.0.0:443", ("*", 443)),
        ("192.0.2.1", ("192.0.2.1", None)),
        ("www.example.org:8443", ("www.example.org", 8443)),
    ],
)
def test_addresses_as_written(text: str, address: tuple[str, int | None]) -> None:
    assert split_address(text) == address


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("www.example.org", "www.example.org"),
        ("www.example.org:443", "www.example.org"),
        ("https://www.example.org:443", "www.example.org"),
        ("https://[2001:db8::1]:443", "2001:db8::1"),
    ],
)
def test_server_names_as_written(text: str, host: str) -> None:
    assert host_of_name(text) == host


def settings_of(name: str, vhost: str) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    found = dump(name)
    chosen = {one.id: one for one in read_vhosts(found)}[vhost]
    return stapling_settings(found.server, None if chosen.main else chosen.section)


def test_settings_in_effect_and_where_they_come_from() -> None:
    values, sources = settings_of("inherit", "own.example:443")
    assert values == {
        "enabled": False,
        "return_responder_errors": False,
        "fake_try_later": True,
        "responder_timeout": 7,
        "response_time_skew": 300,
        "response_max_age": -1,
        "standard_cache_timeout": 3600,
        "error_cache_timeout": 600,
        "force_url": "http://ocsp.example/",
        "proxy_url": "http://127.0.0.1:8888",
    }
    # What is inherited is said at server level, once for all.
    own = {key: source["line"] for key, source in sources.items()}
    assert own == {"enabled": 19, "responder_timeout": 20, "force_url": 21, "proxy_url": 22}


def test_at_server_level_the_last_one_counts_wherever_it_stands() -> None:
    values, sources = settings_of("inherit", "_main_:10443")
    assert (values["enabled"], values["responder_timeout"]) == (True, 4)
    lines = {key: source["line"] for key, source in sources.items()}
    assert lines == {"enabled": 10, "responder_timeout": 29, "return_responder_errors": 13}
    inherited, _sources = settings_of("inherit", "plain.example:80")
    assert inherited["responder_timeout"] == 4


def test_defaults_without_any_directive() -> None:
    values, sources = stapling_settings(Section(), Section())
    assert values["enabled"] is False
    assert sources == {}


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


def test_mod_md() -> None:
    assert mod_md(dump("conflicts")) == {
        "loaded": True,
        "stapling": True,
        "staple_others": False,
        "store": f"{ROOT}/md",
    }
    assert mod_md(dump("inherit")) == {
        "loaded": False,
        "stapling": False,
        "staple_others": True,
        "store": "/etc/apache2/md",
    }


def test_certificates_of_managed_domains() -> None:
    found = vhosts("conflicts")
    managed = found["www.md.example:443"]
    assert managed.managed_domain == "md.example"
    assert [(file.path, file.managed_domain) for file in managed.certificate_files] == [
        (f"{ROOT}/md/domains/md.example/pubcert.pem", True)
    ]
    static = found["other.example:443"]
    assert static.managed_domain == "set.example"
    assert [file.path for file in static.certificate_files] == [f"{ROOT}/rsa.pem"]


def test_remarks() -> None:
    entries = {(entry["code"], entry["vhost"]) for entry in remarks(vhosts("conflicts").values())}
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
    found = read_dump(text, wanted=wanted)
    entries = conflicts(found, [], mod_md(found), Files())
    foreign = [entry for entry in entries if entry["code"] == "foreign_directive"]
    assert [(entry["file"], entry["line"]) for entry in foreign] == [(str(file), 3)]
    assert "Certbot" in foreign[0]["message"]
