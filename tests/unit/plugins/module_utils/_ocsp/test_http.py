# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
import socket
import threading
import time
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import identity_of
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp import http as http_module
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import (
    MAXIMUM_BODY,
    Answer,
    ResponderError,
    ask,
    destination,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.pool import (
    PER_HOST,
    Limits,
    Outcome,
    Question,
    ask_all,
)
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.tests.unit.support import servers

REQUEST = b"\x30\x03\x02\x01\x00"


def send(uri: str, *, proxy_url: str | None = None, timeout: float = 0.5, total: float = 5) -> Answer:
    return ask(destination(uri, proxy_url=proxy_url), REQUEST, timeout=timeout, deadline=time.monotonic() + total)


def problem_with(handler: servers.Handler) -> ResponderError:
    with servers.Server(handler) as server, pytest.raises(ResponderError) as caught:
        send(f"http://127.0.0.1:{server.port}/")
    assert caught.value.code in PROBLEMS
    return caught.value


def raw(answer: bytes) -> servers.Responder:
    return servers.Responder(lambda _head, _body: answer)


def test_the_request_is_that_of_httpd() -> None:
    responder = raw(servers.http_answer(b"answer"))
    with servers.Server(responder) as server:
        answer = send(f"http://127.0.0.1:{server.port}/path/of?query#fragment")
    head, body = responder.requests[0]
    assert head.split(b"\r\n") == [
        b"POST /path/of?query HTTP/1.0",
        f"Host: 127.0.0.1:{server.port}".encode(),
        b"Content-Type: application/ocsp-request",
        b"Connection: close",
        b"Content-Length: 5",
    ]
    assert (body, answer.body) == (REQUEST, b"answer")
    assert [str(attempt) for attempt in answer.attempts] == [f"connect to 127.0.0.1:{server.port} succeeded"]


@pytest.mark.parametrize("uri", ["http://127.0.0.1:{}", "http://127.0.0.1:{}?query"])
def test_an_empty_path_is_the_root(uri: str) -> None:
    responder = raw(servers.http_answer(b"answer"))
    with servers.Server(responder) as server:
        send(uri.format(server.port))
    assert responder.requests[0][0].startswith(b"POST /")


def test_through_a_proxy_the_request_names_the_responder() -> None:
    proxy = raw(servers.http_answer(b"answer"))
    with servers.Server(proxy) as server:
        send("http://ocsp.invalid/x", proxy_url=f"http://127.0.0.1:{server.port}")
    assert proxy.requests[0][0].split(b"\r\n")[:2] == [
        b"POST http://ocsp.invalid:80/x HTTP/1.0",
        b"Host: ocsp.invalid:80",
    ]


@pytest.mark.parametrize(
    "end",
    [
        b"\r\nContent-Length: 6\r\n\r\nanswer",
        b"\r\n\r\nanswer",
        b"\n\nanswer",
        b"\r\nX: " + b"y" * 30_000 + b"\r\n\r\nanswer",
    ],
)
@pytest.mark.parametrize("status", [b"HTTP/1.0 200 OK", b"HTTP/1.1 200", b"HTTP/1.0 299 whatever"])
def test_what_httpd_takes_for_an_answer(status: bytes, end: bytes) -> None:
    with servers.Server(raw(status + end)) as server:
        assert send(f"http://127.0.0.1:{server.port}/").body == b"answer"


@pytest.mark.parametrize(
    ("answer", "word", "detail"),
    [
        (b"", "responder_closed", "without any answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "responder_not_speaking_http", "SSH-2.0"),
        (b"\x15\x03\x03\x00\x02\x02\x16", "responder_not_speaking_http", "\\x15"),
        (b"HTTP/1.0 500 Oh no\r\n\r\n", "responder_http_error", "HTTP 500: 'Oh no'"),
        (b"HTTP/1.0 404 \x1b[31mred\r\n\r\n", "responder_http_error", "\\x1b"),
        (b"HTTP/1.0 407 Proxy Authentication Required\r\n\r\n", "responder_http_error", "407"),
        (b"HTTP/1.0 302 Found\r\nLocation: https://elsewhere/\r\n\r\n", "responder_redirect", "https://elsewhere/"),
        (b"HTTP/1.0 307 Again\r\n\r\n", "responder_redirect", "HTTP 307"),
        (b"HTTP/1.0 200 OK\r\n\r\n", "responder_empty", ""),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "responder_empty", ""),
        (b"HTTP/1.0 200 OK\r\nContent-Len", "responder_closed", "headers"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nonly this", "responder_closed", "9 of 100 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "not_ocsp", "in chunks"),
        (b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * (MAXIMUM_BODY + 1), "responder_oversized", "2097152"),
        (b"HTTP/1.0 abc\r\n\r\n", "responder_not_speaking_http", "abc"),
    ],
)
def test_wrong_answers(answer: bytes, word: str, detail: str) -> None:
    error = problem_with(raw(answer))
    assert error.code == word
    assert detail in error.message
    assert error.message.isprintable()


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(
            lambda status, headers, body: b"HTTP/1.0 " + status + b"\r\n" + headers + b"\r\n\r\n" + body,
            st.sampled_from([b"200 OK", b"200", b"999 x", b"302 y", b"2\xff0", b""]),
            st.one_of(st.binary(max_size=60), st.sampled_from([b"Content-Length: 5", b"content-length:99999999999"])),
            st.binary(max_size=60),
        ),
    )
)
def test_any_bytes_are_a_body_or_a_problem(data: bytes) -> None:
    try:
        body = http_module._body(data, (), through_proxy=False)
    except ResponderError as error:
        assert error.code in PROBLEMS
        assert error.message.isprintable()
    else:
        assert body and data.endswith(body)


def test_a_responder_that_hangs() -> None:
    begin = time.monotonic()
    error = problem_with(servers.hang)
    assert (error.code, error.message) == ("responder_timeout", "no answer")
    assert time.monotonic() - begin < 2


def test_a_responder_that_does_not_close_the_connection() -> None:
    def handler(connection: socket.socket) -> None:
        servers.read_request(connection)
        connection.sendall(servers.http_answer(b"answer"))
        servers.hang(connection)

    error = problem_with(handler)
    assert error.code == "responder_timeout"
    assert "close" in error.message


def test_a_responder_that_drips() -> None:
    """Each byte comes in time; only the deadline ends this."""

    def handler(connection: socket.socket) -> None:
        servers.read_request(connection)
        while True:
            connection.sendall(b"H")
            time.sleep(0.05)

    begin = time.monotonic()
    with servers.Server(handler) as server, pytest.raises(ResponderError) as caught:
        send(f"http://127.0.0.1:{server.port}/", total=0.6)
    assert caught.value.code == "responder_timeout"
    assert time.monotonic() - begin < 2


def test_a_responder_that_resets_the_connection() -> None:
    def handler(connection: socket.socket) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    assert problem_with(handler).code == "responder_closed"


def test_nobody_listens() -> None:
    port = servers.closed_port()
    with pytest.raises(ResponderError) as caught:
        send(f"http://127.0.0.1:{port}/")
    assert caught.value.code == "responder_unreachable"
    assert caught.value.message == f"connect to 127.0.0.1:{port} was refused"
    with pytest.raises(ResponderError) as caught:
        send("http://ocsp.invalid/", proxy_url=f"http://127.0.0.1:{port}")
    assert caught.value.code == "proxy_unreachable"


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(ResponderError) as caught:
        send("http://ocsp.invalid/")
    assert caught.value.code == "responder_unresolvable"
    assert "ocsp.invalid" in caught.value.message


def _resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(_host: str, port: int, **_options: t.Any) -> list[t.Any]:
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_every_address_is_tried_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve_to(monkeypatch, "127.0.0.2", "::1", "127.0.0.1", "127.0.0.3")
    with servers.Server(raw(servers.http_answer(b"answer"))) as server:
        answer = send(f"http://ocsp.example:{server.port}/")
    assert [attempt.address for attempt in answer.attempts] == ["127.0.0.2", "::1", "127.0.0.1"]
    assert [attempt.succeeded for attempt in answer.attempts] == [False, False, True]


def test_once_connected_no_other_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """httpd stays with the address that accepted the connection, whatever comes of it."""
    _resolve_to(monkeypatch, "127.0.0.1", "127.0.0.1")
    with servers.Server(servers.hang) as server, pytest.raises(ResponderError) as caught:
        send(f"http://ocsp.example:{server.port}/")
    assert (caught.value.code, len(caught.value.attempts), server.connections) == ("responder_timeout", 1, 1)


def test_an_ipv6_responder() -> None:
    responder = raw(servers.http_answer(b"answer"))
    try:
        server = servers.Server(responder, host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        assert send(f"http://[::1]:{server.port}/").body == b"answer"
    assert f"Host: [::1]:{server.port}".encode() in responder.requests[0][0]


@pytest.mark.parametrize(
    ("uri", "proxy_url", "word"),
    [
        ("https://ocsp.example/", None, "responder_not_http"),
        ("ldap://ocsp.example/", None, "responder_not_http"),
        ("https://ocsp.example/", "http://127.0.0.1:8888", "responder_not_http"),
        ("file:///etc/passwd", None, "responder_invalid"),
        ("http://", None, "responder_invalid"),
        ("http://ocsp.example/\r\nX: y", None, "responder_invalid"),
        ("http://ocsp.example/", "http://127.0.0.1", "proxy_invalid"),
        ("http://ocsp.example/", "http://127.0.0.1/", "proxy_invalid"),
        ("http://ocsp.example/", "127.0.0.1:8888", "proxy_invalid"),
        ("http://ocsp.example/", "http://127.0.0.1:99999", "proxy_invalid"),
    ],
)
def test_where_nothing_can_be_asked(uri: str, proxy_url: str | None, word: str) -> None:
    with pytest.raises(ResponderError) as caught:
        destination(uri, proxy_url=proxy_url)
    assert caught.value.code == word
    assert word in PROBLEMS


@pytest.mark.parametrize("proxy_url", ["https://127.0.0.1:8888", "http://user:secret@127.0.0.1:8888/"])
def test_scheme_and_user_of_the_proxy_are_ignored(proxy_url: str) -> None:
    where = destination("http://ocsp.example/", proxy_url=proxy_url)
    assert (where.host, where.port) == ("127.0.0.1", 8888)


def questions(port: int, count: int) -> list[Question]:
    return [Question(destination(f"http://127.0.0.1:{port}/{number}"), REQUEST) for number in range(count)]


def words(outcomes: list[Outcome]) -> list[str | None]:
    return [outcome.error.code if outcome.error else None for outcome in outcomes]


def test_many_questions_are_asked_gently_and_answered_in_order() -> None:
    responder = servers.Responder(lambda head, _body: servers.http_answer(head.split()[1]), delay=0.02)
    with servers.Server(responder) as server:
        outcomes = ask_all(questions(server.port, 40), limits=Limits(timeout=5, total=20))
    assert responder.most_at_once == PER_HOST
    assert [outcome.answer.body for outcome in outcomes if outcome.answer] == [f"/{n}".encode() for n in range(40)]


def test_different_responders_do_not_wait_for_each_other() -> None:
    answering = servers.Responder(lambda _head, _body: servers.http_answer(b"answer"))
    with servers.Server(servers.hang) as slow, servers.Server(answering) as quick:
        asked = [
            *questions(slow.port, 1),
            Question(destination(f"http://localhost:{quick.port}/"), REQUEST),
        ]
        outcomes = ask_all(asked, limits=Limits(timeout=1, total=10))
    assert words(outcomes) == ["responder_timeout", None]
    assert outcomes[1].elapsed < 0.9


def test_a_responder_that_hangs_is_not_asked_a_hundred_times() -> None:
    begin = time.monotonic()
    with servers.Server(servers.hang) as server:
        outcomes = ask_all(questions(server.port, 100), limits=Limits(timeout=0.3, total=20))
        assert server.connections <= 2 * PER_HOST
    assert set(words(outcomes)) == {"responder_timeout"}
    assert time.monotonic() - begin < 3


def test_the_total_timeout_ends_everything() -> None:
    begin = time.monotonic()
    with servers.Server(servers.hang) as server:
        outcomes = ask_all(questions(server.port, 3), limits=Limits(timeout=30, total=0.5))
    assert words(outcomes) == ["responder_timeout"] * 3
    assert time.monotonic() - begin < 3


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_name_server_that_hangs_does_not_hang_us(monkeypatch: pytest.MonkeyPatch) -> None:
    gave_up = threading.Event()

    def getaddrinfo(*_arguments: object, **_options: object) -> t.NoReturn:
        gave_up.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    others = set(threading.enumerate())
    begin = time.monotonic()
    outcomes = ask_all(questions(1, 2), limits=Limits(timeout=0.1, total=0.1))
    assert words(outcomes) == ["responder_timeout"] * 2
    assert time.monotonic() - begin < 3
    # The threads that were left behind end in peace when the resolver gives up at last.
    left = set(threading.enumerate()) - others
    assert left
    gave_up.set()
    for thread in left:
        thread.join(10)
        assert not thread.is_alive()


def test_nothing_to_ask() -> None:
    assert ask_all([], limits=Limits(timeout=1, total=1)) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_asked_as_another_user() -> None:
    """The kernel knows who owns the other end of a connection on the loopback interface."""
    owners: list[int] = []

    def handler(connection: socket.socket) -> None:
        servers.read_request(connection)
        owners.append(_owner(connection))
        connection.sendall(servers.http_answer(b"answer"))

    nobody = identity_of("nobody")
    with servers.Server(handler) as server:
        outcomes = ask_all(questions(server.port, 6), limits=Limits(timeout=5, total=10), identity=nobody)
        failed = ask_all(questions(servers.closed_port(), 1), limits=Limits(timeout=5, total=10), identity=nobody)
    assert [outcome.answer.body for outcome in outcomes if outcome.answer] == [b"answer"] * 6
    assert owners == [pwd.getpwnam("nobody").pw_uid] * 6
    assert words(failed) == ["responder_unreachable"]
    assert os.geteuid() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_does_not_outlive_the_deadline() -> None:
    begin = time.monotonic()
    with servers.Server(servers.hang) as server:
        outcomes = ask_all(
            questions(server.port, 2), limits=Limits(timeout=30, total=0.3), identity=identity_of("nobody")
        )
    assert words(outcomes) == ["responder_timeout"] * 2
    assert time.monotonic() - begin < 4


def _owner(connection: socket.socket) -> int:
    """User of the client's socket, from the kernel's table of connections."""
    # Both ends: a port that the client got may still stand there, as root's, with a finished connection to elsewhere.
    wanted = [_in_table(connection.getpeername()), _in_table(connection.getsockname())]
    with open("/proc/net/tcp", encoding="ascii") as table:
        return next(int(fields[7]) for fields in map(str.split, table) if fields[1:3] == wanted)


def _in_table(address: tuple[str, int]) -> str:
    host, port = address
    return f"{int.from_bytes(socket.inet_aton(host), 'little'):08X}:{port:04X}"
