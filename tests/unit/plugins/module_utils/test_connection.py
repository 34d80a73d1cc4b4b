# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import typing as t

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._connection import (
    Connection,
    NetworkError,
    TlsConnection,
    connect,
    is_address,
    resolve,
)
from ansible_collections.stapling.httpd.tests.unit.support import servers


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


@pytest.fixture(name="silent_name_server")
def fixture_silent_name_server(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    gave_up = threading.Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: t.Any, **options: t.Any) -> t.Any:
        if not is_address(host):
            gave_up.wait(20)
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    gave_up.set()


@pytest.mark.usefixtures("silent_name_server")
def test_a_silent_name_server_ends_with_the_deadline() -> None:
    begin = time.monotonic()
    with pytest.raises(NetworkError) as caught:
        resolve("ocsp.example", 80, deadline=soon(0.2))
    assert (caught.value.code, caught.value.message) == (
        "unresolvable",
        "ocsp.example: no answer from a name server in time",
    )
    assert time.monotonic() - begin < 2
    # An address needs no name server.
    assert resolve("127.0.0.1", 80, deadline=soon()) == [(socket.AF_INET, ("127.0.0.1", 80))]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "2001:DB8:0::1", "::ffff:192.0.2.1", "::", "1.2.3", "01.2.3.4", "1.2.3.4.", "a.b1", ""]
)
def test_addresses_are_those_of_the_system(host: str) -> None:
    try:
        expected = socket.getaddrinfo(
            host, 80, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST
        )
    except OSError:
        expected = []
    if is_address(host):
        assert resolve(host, 80, deadline=soon()) == [(entry[0], entry[4]) for entry in expected]
    else:
        # The system reads numbers of old forms as addresses, too; nobody writes them into a certificate.
        assert not expected or host in ("1.2.3", "01.2.3.4")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example", ""])
def test_names_without_an_address(host: str) -> None:
    with pytest.raises(NetworkError) as caught:
        connect(host, 1, deadline=soon())
    assert caught.value.code in ("unresolvable", "refused")


def _resolve_to(monkeypatch: pytest.MonkeyPatch, *places: tuple[str, int]) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: found)


@pytest.fixture(name="full")
def fixture_full() -> t.Iterator[int]:
    """Yield a port whose queue is full: a connection hangs there as behind a firewall that drops."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _number in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_dead_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch, full: int) -> None:
    with servers.Server(servers.hang) as server:
        _resolve_to(monkeypatch, ("127.0.0.1", full), ("127.0.0.1", server.port))
        with connect("two.example", 0, deadline=soon(2)) as connection:
            outcomes = [(attempt.port, attempt.succeeded) for attempt in connection.attempts]
    assert outcomes == [(full, False), (server.port, True)]


def test_dead_addresses_share_the_deadline(monkeypatch: pytest.MonkeyPatch, full: int) -> None:
    _resolve_to(monkeypatch, *[("127.0.0.1", full)] * 40)
    begin = time.monotonic()
    with pytest.raises(NetworkError) as caught:
        connect("many.example", 0, deadline=soon(0.8), patience=0.3)
    assert time.monotonic() - begin < 2
    assert (caught.value.code, len(caught.value.attempts)) == ("timeout", 3)
    assert caught.value.message == ", ".join([f"connect to 127.0.0.1:{full} timed out"] * 3)


def test_a_connection_that_is_refused() -> None:
    port = servers.closed_port()
    with pytest.raises(NetworkError) as caught:
        connect("127.0.0.1", port, deadline=soon())
    assert (caught.value.code, caught.value.message) == ("refused", f"connect to 127.0.0.1:{port} was refused")


def _read_all(connection: Connection | TlsConnection) -> bytes:
    return b"".join(iter(connection.receive, b""))


def test_bytes_there_and_back() -> None:
    def handler(connection: socket.socket) -> None:
        connection.sendall(connection.recv(100).upper() * 1_000_000)

    with servers.Server(handler) as server, connect("127.0.0.1", server.port, deadline=soon()) as connection:
        connection.send(b"a")
        assert _read_all(connection) == b"A" * 1_000_000
        assert connection.received == 1_000_000


def _drip(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def _flood(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x" * 65536)


@pytest.mark.parametrize("handler", [_drip, _flood, servers.hang])
def test_reading_ends_with_the_deadline(handler: servers.Handler) -> None:
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.Server(handler))
        connection = stack.enter_context(connect("127.0.0.1", server.port, deadline=soon(0.5)))
        caught = stack.enter_context(pytest.raises(NetworkError))
        _read_all(connection)
    assert caught.value.code == "timeout"
    assert time.monotonic() - begin < 2


def test_one_wait_ends_with_the_patience() -> None:
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.Server(servers.hang))
        connection = stack.enter_context(connect("127.0.0.1", server.port, deadline=soon(20), patience=0.2))
        stack.enter_context(pytest.raises(NetworkError, match="no answer in time"))
        connection.receive()
    assert time.monotonic() - begin < 2


def test_sending_ends_with_the_deadline() -> None:
    def handler(_connection: socket.socket) -> None:
        time.sleep(3)

    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.Server(handler))
        connection = stack.enter_context(connect("127.0.0.1", server.port, deadline=soon(0.5)))
        stack.enter_context(pytest.raises(NetworkError, match="does not read"))
        connection.send(bytes(100_000_000))
    assert time.monotonic() - begin < 2


def _renegotiate(connection: socket.socket) -> None:
    """Send Hello requests without end, which a client skips."""
    connection.recv(65536)
    while True:
        connection.sendall(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 100)


def _renegotiate_slowly(connection: socket.socket) -> None:
    connection.recv(65536)
    while True:
        connection.sendall(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00")
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("handler", "codes"),
    [(_renegotiate, {"too_much", "timeout"}), (_renegotiate_slowly, {"timeout"}), (servers.hang, {"timeout"})],
)
def test_a_handshake_that_has_no_end(handler: servers.Handler, codes: set[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.Server(handler))
        connection = stack.enter_context(connect("127.0.0.1", server.port, deadline=soon(0.6)))
        caught = stack.enter_context(pytest.raises((NetworkError, ssl.SSLError)))
        TlsConnection(connection, context, "a.example", limit=100_000)
    assert isinstance(caught.value, ssl.SSLError) or caught.value.code in codes
    assert time.monotonic() - begin < 2
