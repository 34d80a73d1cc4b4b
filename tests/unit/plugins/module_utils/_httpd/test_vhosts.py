# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a recorded dump to virtual hosts: names, addresses, TLS and certificate files."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import is_relevant
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import (
    Directive,
    Dump,
    Place,
    Section,
    read_dump,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import (
    Listen,
    Vhost,
    host_of_name,
    listens,
    read_vhosts,
    split_address,
)
from ansible_collections.stapling.httpd.tests.unit.support.recorded import FIXTURES, ROOT, dump


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
    ids = [vhost.id for vhost in read_vhosts(read_dump(text.replace(block, block * 3), keep=is_relevant))]
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
        ("[0000:000:000:000::2]:443", ("::2", 443)),
        ("[2001:DB8:0::0:1]", ("2001:db8::1", None)),
        ("[0:0::0]:443", ("*", 443)),
        # No port for httpd, and so no address either.
        ("*:WORD", ("*:WORD", None)),
        ("*:\uff14\uff14\uff13", ("*:\uff14\uff14\uff13", None)),
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


def read(*vhosts: tuple[str, str], listen: str) -> dict[str, Vhost]:
    """Return the virtual hosts with these names and addresses, none of which has an SSLEngine."""
    found = Dump(server_root="/", modules=["ssl_module"])
    found.server.directives.append(Directive("listen", listen, Place("/a.conf", 1)))
    for number, (name, address) in enumerate(vhosts, 2):
        place = Place("/a.conf", number)
        section = Section(arguments=address, place=place, key=f"/a.conf:{number}")
        section.directives.append(Directive("servername", name, place))
        found.vhosts.append(section)
    return {vhost.server_name or "": vhost for vhost in read_vhosts(found)}


@pytest.mark.parametrize(
    ("listen", "address", "tls"),
    [
        ("443", "*:443", True),
        ("443 https", "_default_:443", True),
        # mod_ssl looks for the Listen with the address of the virtual host.
        ("443 https", "192.0.2.1:443", False),
        ("192.0.2.1:443", "192.0.2.1:443", True),
        ("192.0.2.1:443", "*:443", False),
        ("[2001:db8:0::1]:443", "[2001:DB8::1]:443", True),
        ("8443", "*:8443", False),
        ("8443 https", "*:8443", True),
    ],
)
def test_without_an_engine_the_listen_with_the_same_address_decides(listen: str, address: str, tls: bool) -> None:
    assert read(("a", address), listen=listen)["a"].tls is tls


def test_a_virtual_host_whose_address_cannot_be_resolved_has_none() -> None:
    found = read(("a", "*:WORD"), ("b", "*:443"), listen="443")
    assert (found["a"].addresses, found["a"].tls) == ([], False)
    assert (found["b"].addresses, found["b"].tls) == ([("*", 443)], True)
