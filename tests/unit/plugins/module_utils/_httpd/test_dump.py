# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps of a real httpd (fixtures/httpd, captured by capture.sh there), read and understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import is_relevant
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import (
    Dump,
    Place,
    parse_place,
    read_dump,
    split_arguments,
)

FIXTURES = Path(__file__).parent / "fixtures" / "httpd"
ROOT = "/etc/apache2/fixture"


def dump(name: str) -> Dump:
    return read_dump((FIXTURES / f"{name}.out").read_text(), keep=is_relevant)


def test_everything_around_the_configuration() -> None:
    found = dump("vhosts")
    assert found.has_config
    assert found.server_root == "/etc/apache2"
    assert found.pid_file == "/run/apache2/apache2.pid"
    assert (found.user, found.group) == ("www-data", "www-data")
    assert found.mutex_default == "/var/run/apache2/"
    assert found.defines == {"EXTRA": None, "tlsport": "8443"}
    assert found.modules[0] == "core_module"
    assert {"ssl_module", "mpm_event_module", "info_module"} < set(found.modules)
    assert len(found.modules) == 15


def test_includes_know_their_line_and_parent() -> None:
    assert [(include.file, include.parent, include.line) for include in dump("vhosts").includes] == [
        (f"{ROOT}/vhosts.conf", None, None),
        (f"{ROOT}/base.conf", f"{ROOT}/vhosts.conf", 1),
        (f"{ROOT}/inner.conf", f"{ROOT}/vhosts.conf", 45),
        (f"{ROOT}/conf.d/drop-in.conf", f"{ROOT}/vhosts.conf", 57),
    ]
    assert dump("vhosts").inner_files >= {f"{ROOT}/inner.conf"}
    assert f"{ROOT}/conf.d/drop-in.conf" not in dump("vhosts").inner_files


def test_every_virtual_host_is_seen_and_keeps_its_own_directives() -> None:
    vhosts = dump("vhosts").vhosts
    assert [vhost.arguments for vhost in vhosts] == [
        "*:8443 [::1]:9443 127.0.0.1:443",
        "*:8443 [::1]:9443 127.0.0.1:443",
        "_default_:443",
        "*:80",
        "*:443",
        "*",
        "localhost:9444",
    ]
    # The empty one has no end in the dump; what follows must not fall into it.
    assert vhosts[3].directives == []
    assert [(directive.name, directive.place.line) for directive in vhosts[4].directives] == [
        ("servername", 40),
        ("sslcertificatefile", 41),
        ("sslcertificatefile", 42),
        ("sslcertificatekeyfile", 43),
        ("sslcertificatekeyfile", 44),
        ("sslprotocol", 1),
        ("sslusestapling", 2),
        ("serveralias", 46),
    ]
    assert vhosts[4].directives[5].place.file == f"{ROOT}/inner.conf"


def test_what_a_macro_makes_has_the_place_of_its_use() -> None:
    first, second = dump("vhosts").vhosts[:2]
    assert first.place == Place(f"{ROOT}/vhosts.conf", 21, "tlshost")
    assert second.place == Place(f"{ROOT}/vhosts.conf", 22, "tlshost")
    certificate = next(directive for directive in second.directives if directive.name == "sslcertificatefile")
    assert certificate.place == Place(f"{ROOT}/vhosts.conf", 22, "certificate")


def test_settings_for_requests_are_not_settings_of_the_virtual_host() -> None:
    assert "sslverifyclient" not in {directive.name for directive in dump("vhosts").vhosts[2].directives}


def test_server_level_is_what_stands_outside() -> None:
    assert [(directive.name, directive.arguments) for directive in dump("vhosts").server.directives] == [
        ("errorlog", "/tmp/error.log"),
        ("listen", "443"),
        ("listen", "8443 https"),
        ("listen", "[::1]:9443"),
        ("listen", "80"),
        ("servername", "main.example"),
        ("sslstaplingstandardcachetimeout", "86400"),
    ]


def test_names_and_addresses_that_httpd_resolved() -> None:
    named = dump("vhosts").named
    by_name = {vhost.server_name: vhost for vhost in named.values()}
    assert by_name["by-name.example"].addresses == [("127.0.0.1", 9444)]
    assert by_name["a.example"].addresses == [("::1", 9443), ("127.0.0.1", 443), ("*", 8443)]
    assert by_name["a.example"].default_for == by_name["a.example"].addresses
    assert by_name["b.example"].default_for == []
    assert by_name["C.Example"].default_for == []
    assert by_name["any.example"].addresses == [("*", None)]


def test_lines_beyond_999_are_read() -> None:
    found = dump("long")
    assert [vhost.place for vhost in found.vhosts] == [Place(f"{ROOT}/long.conf", 999)]
    assert [directive.place.line for directive in found.vhosts[0].directives] == [1000, 1001, 1002, 1003, 1004]
    assert [(directive.name, directive.place.line) for directive in found.server.directives[-1:]] == [
        ("sslstaplingcache", 1006)
    ]


def test_managed_domain_sections_keep_their_directives_apart() -> None:
    inner = [directive for directive in dump("conflicts").server.directives if directive.section is not None]
    assert [(directive.name, directive.section) for directive in inner] == [
        ("mdomain", "set.example"),
        ("mdmember", "set.example"),
        ("mdstapling", "set.example"),
        ("mdcertificatefile", "set.example"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("on", ["on"]),
        ("  a   b\tc ", ["a", "b", "c"]),
        ('"shmcb:/run/x y(512000)"', ["shmcb:/run/x y(512000)"]),
        ("'single quotes'", ["single quotes"]),
        (r'"with \"quotes\" and \\ inside"', [r'with "quotes" and \ inside']),
        (r'"a \' b"', [r"a \' b"]),
        ('"" x', ["", "x"]),
        ('"never closed', ["never closed"]),
        ('a"b c"', ['a"b', 'c"']),
    ],
)
def test_arguments_are_split_as_httpd_does(text: str, words: list[str]) -> None:
    assert split_arguments(text) == words


@pytest.mark.parametrize(
    ("filename", "place"),
    [
        ("/etc/x.conf", Place("/etc/x.conf", 3)),
        ('macro \'a\' (defined on line 1 of "/d.conf") used on line 7 of "/u.conf"', Place("/u.conf", 7, "a")),
        (
            'macro \'in\' (defined on line 1 of "/y") used on line 4 of "macro \'out\' (defined on line 4 of "/y")'
            ' used on line 16 of "/z""',
            Place("/z", 16, "in"),
        ),
        ("macro 'strange", Place("macro 'strange", 3, "")),
    ],
)
def test_places(filename: str, place: Place) -> None:
    assert parse_place(filename, 3) == place


@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=40), max_size=30))
def test_no_output_whatever_raises(lines: list[str]) -> None:
    read_dump("\n".join(lines), keep=lambda name: True)


@given(st.data())
def test_a_damaged_dump_does_not_raise(data: st.DataObject) -> None:
    lines = (FIXTURES / "vhosts.out").read_text().splitlines()
    for _step in range(data.draw(st.integers(1, 5))):
        position = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(["drop", "double", "cut", "swap"]))
        if kind == "drop" and len(lines) > 1:
            del lines[position]
        elif kind == "double":
            lines.insert(position, lines[position])
        elif kind == "cut":
            lines[position] = lines[position][: len(lines[position]) // 2]
        else:
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[position], lines[other] = lines[other], lines[position]
    read_dump("\n".join(lines), keep=is_relevant)


def test_the_main_file_is_the_one_that_no_other_file_and_no_option_includes() -> None:
    """Recorded from an httpd that was started with -C "Include ..." twice."""
    found = read_dump(
        "Included configuration files:\n"
        "    (2) /etc/apache2/sysconfig.d/loadmodule.conf\n"
        "    (2) /etc/apache2/sysconfig.d/global.conf\n"
        "      (4) /etc/apache2/sysconfig.d/deeper.conf\n"
        "  (3) /etc/apache2/httpd.conf\n"
        "    (17) /etc/apache2/default-server.conf\n"
        "      (5) /etc/apache2/conf.d/a.conf\n",
        keep=is_relevant,
    )
    assert found.main_file == "/etc/apache2/httpd.conf"
    parents = {Path(include.file).stem: (Path(include.parent or "-").stem, include.line) for include in found.includes}
    assert parents == {
        "loadmodule": ("-", None),
        "global": ("-", None),
        "deeper": ("global", 4),
        "httpd": ("-", None),
        "default-server": ("httpd", 17),
        "a": ("default-server", 5),
    }
