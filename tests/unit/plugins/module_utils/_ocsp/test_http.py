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
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.answer import MAXIMUM_BODY
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import (
    MOD_MD,
    MOD_SSL,
    Answer,
    ResponderError,
    ask,
    destination,
)
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support import servers

REQUEST = b"\x30\x03\x02\x01\x00"


def send(
    uri: str, *, proxy_url: str | None = None, timeout: float = 0.5, total: float = 5, engine: str = MOD_SSL
) -> Answer:
    where = destination(uri, proxy_url=proxy_url, engine=engine)
    return ask(where, REQUEST, timeout=timeout, deadline=time.monotonic() + total)


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
        b"\r\nX: " + b"y" * 8_000 + b"\r\n\r\nanswer",
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
        (b"HTTP/1.0 200 OK\r\n\r\n\x30\x62only this", "responder_closed", "11 of 100 bytes"),
        (b"HTTP/1.0 200 OK\r\nX: " + b"y" * 9_000 + b"\r\n\r\nanswer", "responder_not_speaking_http", "8192 bytes"),
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


def test_a_responder_that_hangs() -> None:
    begin = time.monotonic()
    error = problem_with(servers.hang)
    assert (error.code, error.message) == ("responder_timeout", "no answer in time")
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
    """As httpd does: it stays with the address that accepted the connection, whatever comes of it."""
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
        assert send(f"http://[::1]:{server.port}/", engine=MOD_MD).body == b"answer"
    # Without brackets, as httpd writes it; libcurl knows better.
    assert f"\r\nHost: ::1:{server.port}\r\n".encode() in responder.requests[0][0]
    assert f"\r\nHost: [::1]:{server.port}\r\n".encode() in responder.requests[1][0]


def test_a_name_is_used_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_options: t.Any) -> list[t.Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    responder = raw(servers.http_answer(b"answer"))
    with servers.Server(responder) as server:
        send(f"http://user@OCSP.example.:{server.port}/")
    assert asked == ["OCSP.example."]
    assert f"\r\nHost: OCSP.example.:{server.port}\r\n".encode() in responder.requests[0][0]


def test_an_internationalised_name_is_none_that_mod_ssl_resolves(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ResponderError) as caught:
        destination("http://b\u00fccher.example/")
    assert caught.value.code == "responder_unresolvable"
    assert destination("http://b\u00fccher.example/", engine=MOD_MD).host == "xn--bcher-kva.example"


@pytest.mark.parametrize("name", ["localhost.", "LOCALHOST", "ocsp.localhost", "ocsp.localhost."])
def test_libcurl_looks_no_name_of_the_own_host_up(name: str) -> None:
    assert destination(f"http://{name}/", engine=MOD_MD).host == "localhost"
    assert destination(f"http://{name}/", engine=MOD_MD).name == name
    assert destination(f"http://{name}/").host == name


@pytest.mark.parametrize(
    ("uri", "proxy_url", "word"),
    [
        ("https://ocsp.example/", None, "responder_not_http"),
        ("ldap://ocsp.example/", None, "responder_not_http"),
        ("HTTP://ocsp.example/", None, "responder_not_http"),
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


def test_a_silent_name_server_is_the_name_server_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    gave_up = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: gave_up.wait(20) and [])
    begin = time.monotonic()
    with pytest.raises(ResponderError) as caught:
        send("http://ocsp.example/", total=0.3)
    gave_up.set()
    assert (caught.value.code, caught.value.message) == (
        "responder_unresolvable",
        "ocsp.example: no answer from a name server in time",
    )
    assert time.monotonic() - begin < 2


def test_many_addresses_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener whose queue is full accepts nothing more, like a firewall that drops."""
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        for _number in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        _resolve_to(monkeypatch, *["127.0.0.1"] * 12)
        begin = time.monotonic()
        with pytest.raises(ResponderError) as caught:
            send(f"http://ocsp.example:{port}/", timeout=0.4, total=1)
    assert caught.value.code == "responder_unreachable"
    assert time.monotonic() - begin < 2
    assert {attempt.outcome for attempt in caught.value.attempts} == {"timed out"}


def test_the_request_is_that_of_mod_md() -> None:
    responder = raw(servers.http_answer(b"answer"))
    with servers.Server(responder) as server:
        send(f"http://127.0.0.1:{server.port}/path?query#fragment", engine=MOD_MD)
        send("http://ocsp.invalid/x", proxy_url=f"http://127.0.0.1:{server.port}", engine=MOD_MD)
    straight, by_proxy = (head.split(b"\r\n") for head, _body in responder.requests)
    assert straight == [
        b"POST /path?query HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}".encode(),
        b"User-Agent: Apache/2.4 mod_md/2.4",
        b"Accept: */*",
        b"Content-Type: application/ocsp-request",
        b"Content-Length: 5",
    ]
    assert by_proxy[:2] == [b"POST http://ocsp.invalid/x HTTP/1.1", b"Host: ocsp.invalid"]


def test_a_connection_that_stays_open_ends_with_the_answer_for_mod_md() -> None:
    def handler(connection: socket.socket) -> None:
        servers.read_request(connection)
        connection.sendall(servers.http_answer(b"answer"))
        servers.hang(connection)

    with servers.Server(handler) as server:
        assert send(f"http://127.0.0.1:{server.port}/", engine=MOD_MD).body == b"answer"


class Https:
    """A responder behind TLS, and behind the tunnel of a proxy if it is asked for one."""

    def __init__(self, directory: Path, identity: authority.Identity) -> None:
        (directory / "chain.pem").write_text(identity.chain_pem)
        (directory / "key.pem").write_text(identity.key_pem)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(directory / "chain.pem", directory / "key.pem")
        self.tunnels: list[bytes] = []

    def __call__(self, connection: socket.socket) -> None:
        if connection.recv(7, socket.MSG_PEEK) == b"CONNECT":
            self.tunnels.append(servers.read_request(connection)[0].split(b"\r\n")[0])
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self.context.wrap_socket(connection, server_side=True) as tls:
            servers.read_request(tls)
            tls.sendall(servers.http_answer(b"answer"))


def test_mod_md_asks_by_https_whom_the_system_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pki = authority.pki()
    (tmp_path / "root.pem").write_text(pki.root.pem)
    responder = Https(tmp_path, pki.leaf)
    with servers.Server(responder) as server:
        _resolve_to(monkeypatch, "127.0.0.1")
        uri = f"https://test.example:{server.port}/"
        with pytest.raises(ResponderError) as untrusted:
            send(uri, engine=MOD_MD)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
        assert send(uri, engine=MOD_MD).body == b"answer"
        assert send(uri, engine=MOD_MD, proxy_url=f"http://127.0.0.1:{server.port}").body == b"answer"
        with pytest.raises(ResponderError) as misnamed:
            send(f"https://other.example:{server.port}/", engine=MOD_MD)
    assert (untrusted.value.code, misnamed.value.code) == ("responder_tls_failed", "responder_tls_failed")
    assert "issuer certificate" in untrusted.value.message
    assert responder.tunnels == [f"CONNECT test.example:{server.port} HTTP/1.1".encode()]


def test_a_responder_that_drips_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            connection.sendall(b"\x02")
            time.sleep(0.05)

    begin = time.monotonic()
    with servers.Server(handler) as server, pytest.raises(ResponderError) as caught:
        send(f"https://127.0.0.1:{server.port}/", engine=MOD_MD, total=0.6)
    assert caught.value.code in ("responder_timeout", "responder_tls_failed")
    assert time.monotonic() - begin < 2
