# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates from files, directories, globs, text and live servers, and the endpoints that come out."""

from __future__ import annotations

import os
import socket
import sys
import time
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("OpenSSL")

from ansible_collections.stapling.httpd.plugins.module_utils._certificate import chain as chain_module
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.chain import chain_by_openssl
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import (
    LiveEndpoint,
    fetch_all,
    parse_live_endpoint,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.sources import (
    from_content,
    from_endpoints,
    from_paths,
    report,
)
from ansible_collections.stapling.httpd.tests.unit.support import hostile, pki
from ansible_collections.stapling.httpd.tests.unit.support.servers import (
    Server,
    Site,
    StaplingServer,
    closed_port,
    hang,
)

CHAIN = pki.pki("ecdsa")


def write(path: Path, *parts: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(parts), encoding="utf-8")
    return str(path)


def seen(sources: list[t.Any], *, include_ca: bool = False) -> list[tuple[str | None, str | None]]:
    found = report(sources, include_ca=include_ca)["certificates"]
    return [(one["subject"], one["problem"]) for one in found]


# Files


def test_a_bundle_gives_the_leaf_and_the_chain_only_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pem", CHAIN.leaf.chain_pem, CHAIN.root.pem)
    assert seen(from_paths([path])) == [("CN=www.test.example", None)]
    assert [subject for subject, _problem in seen(from_paths([path]), include_ca=True)] == [
        "CN=www.test.example",
        "CN=Test Issuer",
        "CN=Test Root",
    ]
    (leaf,) = report(from_paths([path]), include_ca=False)["certificates"]
    assert (leaf["issuer_available"], leaf["issuer_path"]) == (True, path)


def test_a_file_of_authorities_gives_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "ca.pem", CHAIN.root.pem, CHAIN.issuer.pem)
    assert seen(from_paths([path])) == [("CN=Test Root", None)]


def test_several_servers_in_one_bundle_are_all_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pem", CHAIN.leaf.pem, pki.certificate("other").pem)
    assert [subject for subject, _problem in seen(from_paths([path]))] == ["CN=www.test.example", "CN=other"]


def test_directories_globs_and_files(tmp_path: Path) -> None:
    write(tmp_path / "live" / "b" / "fullchain.pem", pki.certificate("b").pem)
    write(tmp_path / "live" / "a" / "fullchain.pem", pki.certificate("a").pem)
    write(tmp_path / "dir" / "c.pem", pki.certificate("c").pem)
    write(tmp_path / "dir" / "c.key", pki.certificate("c").key_pem)
    write(tmp_path / "dir" / "sub" / "d.pem", pki.certificate("d").pem)
    os.mkfifo(tmp_path / "dir" / "fifo")
    write(tmp_path / "odd[name].pem", pki.certificate("odd").pem)
    sources = from_paths(
        [
            str(tmp_path / "live" / "*" / "fullchain.pem"),
            str(tmp_path / "dir"),
            str(tmp_path / "odd[name].pem"),
            str(tmp_path / "live" / "a" / "fullchain.pem"),
            str(tmp_path / "none*.pem"),
            str(tmp_path / "none.pem"),
            str(tmp_path / "dir" / "c.key"),
        ]
    )
    assert seen(sources) == [
        ("CN=a", None),
        ("CN=b", None),
        ("CN=c", None),
        ("CN=odd", None),
        (None, "not_found"),
        (None, "not_a_certificate"),
    ]


def test_the_issuer_may_stand_in_another_file(tmp_path: Path) -> None:
    leaf = write(tmp_path / "leaf.pem", CHAIN.leaf.pem)
    issuer = write(tmp_path / "issuer.pem", CHAIN.issuer.pem)
    found = report(from_paths([leaf, issuer]), include_ca=False)["certificates"]
    assert [(one["path"], one["issuer_path"]) for one in found] == [(leaf, issuer), (issuer, None)]


def test_text() -> None:
    assert seen(from_content(CHAIN.leaf.pem)) == [("CN=www.test.example", None)]
    assert seen(from_content("hello")) == [(None, "not_a_certificate")]
    assert seen(from_content("")) == [(None, "empty")]
    assert from_content(None) == []


# Endpoints of responders


def test_each_endpoint_once_with_those_who_need_it(tmp_path: Path) -> None:
    first = pki.certificate("a", ocsp_uris=["http://ocsp.example/a", "http://ocsp2.example:8080/"])
    second = pki.certificate("b", ocsp_uris=["HTTP://OCSP.example./b", "https://ocsp.example/"])
    bad = pki.certificate("c", ocsp_uris=["http://127.1/"])
    path = write(tmp_path / "all.pem", first.pem, second.pem, bad.pem, first.pem)
    result = report(from_paths([path]), include_ca=False)
    prints = [one["fingerprint_sha256"] for one in result["certificates"]]
    assert result["endpoints"] == [
        {"host": "ocsp.example", "port": 80, "scheme": "http", "needed_by": prints[:2]},
        {"host": "ocsp2.example", "port": 8080, "scheme": "http", "needed_by": prints[:1]},
        {"host": "ocsp.example", "port": 443, "scheme": "https", "needed_by": prints[1:2]},
    ]


@given(st.lists(st.binary(max_size=40), max_size=2), st.lists(hostile.responders(), max_size=3))
def test_endpoints_are_plain_hosts_and_none_is_lost(odd: list[bytes], fine: list[hostile.Responder]) -> None:
    certificate = hostile.with_responder(*odd, *(one.uri.encode("ascii") for one in fine))
    endpoints = report(from_content(pki.pem(certificate)), include_ca=False)["endpoints"]
    for endpoint in endpoints:
        assert set(endpoint["host"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_:")
    found = {(one["scheme"], one["host"], one["port"]) for one in endpoints}
    assert found >= {(one.scheme, one.host, one.port) for one in fine}


# Live servers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("www.example.org", LiveEndpoint("www.example.org", 443, "www.example.org")),
        ("www.example.org:8443", LiveEndpoint("www.example.org", 8443, "www.example.org")),
        ("192.0.2.1:443", LiveEndpoint("192.0.2.1", 443, None)),
        ("[2001:db8::1]:8443", LiveEndpoint("2001:db8::1", 8443, None)),
        ("[2001:db8::1]", LiveEndpoint("2001:db8::1", 443, None)),
        ("2001:db8::1", LiveEndpoint("2001:db8::1", 443, None)),
        ({"address": "192.0.2.1"}, LiveEndpoint("192.0.2.1", 443, None)),
        ({"address": "[::1]", "port": "1", "server_name": "a.b"}, LiveEndpoint("::1", 1, "a.b")),
        ({"address": "a.b", "port": 8443}, LiveEndpoint("a.b", 8443, "a.b")),
    ],
)
def test_endpoints_as_given(value: t.Any, expected: LiveEndpoint) -> None:
    assert parse_live_endpoint(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        ":443",
        "a:b",
        "a:0",
        "a:70000",
        "[::1",
        "[::1]x",
        "a b",
        "a/b",
        "u@a",
        "a\nb",
        5,
        None,
        [],
        {},
        {"address": ""},
        {"address": "a", "sni": "b"},
        {"address": "a", "port": -1},
        {"address": "a", "server_name": "b c"},
    ],
)
def test_endpoints_that_are_none(value: t.Any) -> None:
    with pytest.raises(ValueError) as caught:
        parse_live_endpoint(value)
    assert str(caught.value)


def no_staple(_identity: pki.Identity) -> bytes:
    return b""


@pytest.mark.parametrize("only", [None, "TLSv1.2", "TLSv1.3"])
def test_a_live_server_is_asked_by_name(only: str | None) -> None:
    other = pki.certificate("other")
    sites = {None: Site((CHAIN.leaf,), no_staple), "other.example": Site((other,), no_staple)}
    with Server(StaplingServer(sites, only=only)) as server:
        endpoints = [
            LiveEndpoint(server.host, server.port, None),
            LiveEndpoint(server.host, server.port, "other.example"),
        ]
        result = report(from_endpoints(endpoints, timeout=10), include_ca=False)
    first, second = result["certificates"]
    assert (first["subject"], second["subject"]) == ("CN=www.test.example", "CN=other")
    assert first["endpoint"] == f"127.0.0.1:{server.port}"
    assert second["endpoint"] == f"127.0.0.1:{server.port}#other.example"
    assert first["tls_version"] == (only or "TLSv1.3")
    assert first["issuer_available"] is True
    assert result["endpoints"] == [
        {"host": "127.0.0.1", "port": 80, "scheme": "http", "needed_by": [first["fingerprint_sha256"]]}
    ]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="this Python shows the chain itself")
def test_a_chain_that_nobody_can_tell_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_module, "find_program", lambda _name: None)
    with Server(StaplingServer({None: Site((CHAIN.leaf,), no_staple)})) as server:
        result = report(from_endpoints([LiveEndpoint(server.host, server.port, None)], timeout=10), include_ca=False)
    # Which is not the same as not there.
    assert result["certificates"][0]["issuer_available"] is None


def test_the_openssl_command_shows_a_chain() -> None:
    with Server(StaplingServer({None: Site((CHAIN.leaf,), no_staple)})) as server:

        def ask(name: str | None = None, leaf: bytes = CHAIN.leaf.der, timeout: float = 10) -> t.Any:
            return chain_by_openssl(server.host, server.port, name, leaf=leaf, timeout=timeout)

        assert ask() == (pki.Identity(CHAIN.issuer.certificate, None).der,)
        assert ask("other.example") == ask()
        # Another server behind the same address, or no time left.
        assert ask(leaf=b"x") is None
        assert ask(timeout=0) is None
    assert ask() is None


def test_over_ipv6() -> None:
    try:
        server = Server(StaplingServer({None: Site((CHAIN.leaf,), no_staple)}), host="::1")
    except OSError:
        pytest.skip("there is no IPv6 here")
    with server:
        sources = from_endpoints([parse_live_endpoint(f"[::1]:{server.port}")], timeout=10)
    assert seen(sources) == [("CN=www.test.example", None)]


def close(connection: socket.socket) -> None:
    connection.recv(10)


def talk_http(connection: socket.socket) -> None:
    connection.recv(100)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize(
    ("handler", "problems"),
    [
        (hang, {"timeout"}),
        (close, {"connection_closed", "tls_failed"}),
        (talk_http, {"tls_failed"}),
    ],
)
def test_servers_that_present_nothing(handler: t.Callable[[socket.socket], None], problems: set[str]) -> None:
    with Server(handler) as server:
        sources = from_endpoints([LiveEndpoint(server.host, server.port, "a.example")], timeout=1)
    ((subject, problem),) = seen(sources)
    assert subject is None
    assert problem in problems


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        (LiveEndpoint("no-such-host.invalid", 443, "x"), "unresolvable"),
        (LiveEndpoint("a" * 70 + ".example", 443, "x"), "unresolvable"),
        (LiveEndpoint("127.0.0.1", 0, None), "connection_refused"),
    ],
)
def test_places_where_nobody_is(endpoint: LiveEndpoint, problem: str) -> None:
    if endpoint.port == 0:
        endpoint = LiveEndpoint("127.0.0.1", closed_port(), None)
    assert seen(from_endpoints([endpoint], timeout=5)) == [(None, problem)]


def test_many_that_hang_do_not_add_up() -> None:
    with Server(hang) as server:
        begin = time.monotonic()
        answers = fetch_all([LiveEndpoint(server.host, server.port, None)] * 16, timeout=1)
        assert time.monotonic() - begin < 8
    assert len(answers) == 16
    assert fetch_all([], timeout=1) == []
