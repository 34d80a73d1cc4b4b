# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import os
import pwd
import socket
import threading
import time
import typing as t

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import identity_of
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import destination
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.pool import (
    PER_HOST,
    Limits,
    Outcome,
    Question,
    ask_each,
)
from ansible_collections.stapling.httpd.tests.unit.support import servers

REQUEST = b"\x30\x03\x02\x01\x00"


def ask_all(asked: list[Question], *, limits: Limits, **options: t.Any) -> list[Outcome]:
    """Return the outcomes in the order of the questions."""
    outcomes = dict(ask_each(asked, limits=limits, **options))
    return [outcomes[index] for index in range(len(asked))]


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


def test_a_responder_is_asked_one_question_until_it_has_answered() -> None:
    begin = time.monotonic()
    with servers.Server(servers.hang) as server:
        outcomes = ask_all(questions(server.port, 1) * 100, limits=Limits(timeout=0.3, total=20))
        # Asked four at a time it would have had four. The server may notice the end of one after the next has begun.
        assert server.connections == 2
        assert server.most_at_once <= 2
    assert set(words(outcomes)) == {"responder_timeout"}
    assert time.monotonic() - begin < 3


def loopback(number: int, port: int, path: str = "/") -> Question:
    """Return a question for a host of its own: all of 127.0.0.0/8 is this machine."""
    return Question(destination(f"http://127.0.1.{number}:{port}{path}"), REQUEST)


def everywhere(handler: servers.Handler) -> servers.Server:
    return servers.Server(handler, host="0.0.0.0")


def test_slow_hosts_do_not_starve_a_quick_one() -> None:
    answering = servers.Responder(lambda _head, _body: servers.http_answer(b"answer"))
    with everywhere(servers.hang) as slow, everywhere(answering) as quick:
        asked = [loopback(number, slow.port, f"/{n}") for n in range(10) for number in range(1, 9)]
        asked += [loopback(9, quick.port)] * 5
        outcomes = ask_all(asked, limits=Limits(timeout=1, total=2))
    assert words(outcomes[-5:]) == [None] * 5
    assert max(outcome.elapsed for outcome in outcomes[-5:]) < 0.9


def test_who_was_not_asked_is_not_blamed() -> None:
    with everywhere(servers.hang) as slow:
        outcomes = ask_all([loopback(1, slow.port, f"/{n}") for n in range(10)], limits=Limits(timeout=0.5, total=1))
        asked = slow.connections
    assert words(outcomes) == ["responder_timeout"] * asked + ["not_asked"] * (10 - asked)
    assert 1 <= asked <= 2
    assert outcomes[-1].attempts == ()


def test_another_path_of_a_responder_that_hangs_is_tried() -> None:
    """Behind one name there may be a responder for each of several CAs."""

    def answer(connection: socket.socket) -> None:
        head, _body = servers.read_request(connection)
        if head.startswith(b"POST /dead"):
            servers.hang(connection)
        connection.sendall(servers.http_answer(b"answer"))

    with everywhere(answer) as server:
        asked = [loopback(1, server.port, "/dead")] * 5 + [loopback(1, server.port, "/fine")] * 5
        outcomes = ask_all(asked, limits=Limits(timeout=0.3, total=10))
        assert server.connections == 7
    assert words(outcomes) == ["responder_timeout"] * 5 + [None] * 5


def test_a_dead_responder_behind_a_proxy_does_not_condemn_the_others() -> None:
    def relay(connection: socket.socket) -> None:
        head, _body = servers.read_request(connection)
        if b"//dead.invalid:80/" in head:
            servers.hang(connection)
        connection.sendall(servers.http_answer(b"answer"))

    def question(name: str, port: int) -> Question:
        return Question(destination(f"http://{name}.invalid/", proxy_url=f"http://127.0.0.1:{port}"), REQUEST)

    with servers.Server(relay) as proxy:
        asked = [question(name, proxy.port) for number in range(30) for name in ("dead", f"fine{number}")]
        outcomes = ask_all(asked, limits=Limits(timeout=0.3, total=10))
    assert words(outcomes) == ["responder_timeout", None] * 30
    outcomes = ask_all(
        [question(f"fine{number}", servers.closed_port()) for number in range(30)], limits=Limits(timeout=1, total=10)
    )
    assert set(words(outcomes)) == {"proxy_unreachable"}


def test_success_makes_failures_forgotten() -> None:
    """Every second question is answered."""
    count = itertools.count(1)

    def handler(connection: socket.socket) -> None:
        servers.read_request(connection)
        if next(count) % 2 == 0:
            connection.sendall(servers.http_answer(b"answer"))
        else:
            servers.hang(connection)

    with servers.Server(handler) as server:
        asked = [Question(destination(f"http://127.0.0.1:{server.port}/"), REQUEST)] * 6
        first = ask_all(asked[:1], limits=Limits(timeout=0.2, total=10))
        outcomes = ask_all(asked, limits=Limits(timeout=0.2, total=10))
    assert words(first) == ["responder_timeout"]
    assert words(outcomes).count(None) >= 2
    assert server.connections == 7


def test_the_total_timeout_ends_everything() -> None:
    begin = time.monotonic()
    with servers.Server(servers.hang) as server:
        outcomes = ask_all(questions(server.port, 1), limits=Limits(timeout=30, total=0.5))
    assert words(outcomes) == ["responder_timeout"]
    assert time.monotonic() - begin < 3


def test_one_question_has_one_deadline() -> None:
    """A byte now and then, each in time."""

    def drip(connection: socket.socket) -> None:
        servers.read_request(connection)
        for byte in servers.http_answer(b"answer"):
            connection.sendall(bytes([byte]))
            time.sleep(0.1)

    begin = time.monotonic()
    with servers.Server(drip) as server:
        outcomes = ask_all(questions(server.port, 1), limits=Limits(timeout=0.3, total=20))
    assert words(outcomes) == ["responder_timeout"]
    assert time.monotonic() - begin < 1.5


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_name_server_that_hangs_does_not_hang_us(monkeypatch: pytest.MonkeyPatch) -> None:
    gave_up = threading.Event()

    def getaddrinfo(*_arguments: object, **_options: object) -> t.NoReturn:
        gave_up.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    others = set(threading.enumerate())
    begin = time.monotonic()
    outcomes = ask_all(
        [Question(destination(f"http://ocsp{number}.example/"), REQUEST) for number in range(2)],
        limits=Limits(timeout=0.1, total=0.1),
    )
    assert words(outcomes) == ["responder_unresolvable"] * 2
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
    assert words(outcomes) == ["responder_timeout", "not_asked"]
    assert time.monotonic() - begin < 4


def _owner(connection: socket.socket) -> int:
    """Return the user of the client's socket, from the kernel's table of connections."""
    # Both ends: a port that the client got may still stand there, as root's, with a finished connection to elsewhere.
    expected = [_in_table(connection.getpeername()), _in_table(connection.getsockname())]
    with open("/proc/net/tcp", encoding="ascii") as table:
        return next(int(fields[7]) for fields in map(str.split, table) if fields[1:3] == expected)


def _in_table(address: tuple[str, int]) -> str:
    host, port = address
    return f"{int.from_bytes(socket.inet_aton(host), 'little'):08X}:{port:04X}"
