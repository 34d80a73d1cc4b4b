# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that live servers present, or do not."""

from __future__ import annotations

import socket
import sys
import threading
import time
import typing as t

import pytest

pytest.importorskip("OpenSSL")

from ansible_collections.stapling.httpd.plugins.module_utils._certificate import chain as chain_module
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import (
    LiveEndpoint,
    fetch_all,
    parse_live_endpoint,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.sources import from_endpoints, report
from ansible_collections.stapling.httpd.tests.unit.support import pki
from ansible_collections.stapling.httpd.tests.unit.support.servers import (
    Server,
    Site,
    StaplingServer,
    closed_port,
    hang,
)

CHAIN = pki.pki("ecdsa")


def seen(sources: list[t.Any]) -> list[tuple[str | None, str | None]]:
    found = report(sources, include_ca=False)["certificates"]
    return [(entry["subject"], entry["problem"]) for entry in found]


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


def renegotiate(connection: socket.socket) -> None:
    """Send Hello requests without end, which a client skips."""
    connection.recv(65536)
    while True:
        connection.sendall(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00")
        time.sleep(0.01)


def warn(connection: socket.socket) -> None:
    """Send warning alerts without end."""
    connection.recv(65536)
    while True:
        connection.sendall(b"\x15\x03\x03\x00\x02\x01\x5a" * 100)


def drip(connection: socket.socket) -> None:
    """Send a handshake record that never ends."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x40\x00")
    while True:
        connection.sendall(b"\x02")
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("handler", "problems"),
    [
        (hang, {"timeout"}),
        (renegotiate, {"timeout", "tls_failed"}),
        (warn, {"timeout", "tls_failed"}),
        (drip, {"timeout", "tls_failed"}),
        (close, {"connection_closed", "tls_failed"}),
        (talk_http, {"tls_failed"}),
    ],
)
def test_servers_that_present_nothing(handler: t.Callable[[socket.socket], None], problems: set[str]) -> None:
    begin = time.monotonic()
    with Server(handler) as server:
        sources = from_endpoints([LiveEndpoint(server.host, server.port, "a.example")], timeout=1)
    assert time.monotonic() - begin < 3
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


def test_a_silent_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    gave_up = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: gave_up.wait(20) and [])
    begin = time.monotonic()
    assert seen(from_endpoints([LiveEndpoint("a.example", 443, "a.example")], timeout=0.3)) == [(None, "unresolvable")]
    gave_up.set()
    assert time.monotonic() - begin < 2
