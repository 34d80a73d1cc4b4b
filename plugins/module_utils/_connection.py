# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
TCP and TLS connections with one deadline for everything: the name server, all addresses, and every byte.

Deadlines are moments on the monotonic clock. A socket's own timeout starts again with each byte that arrives, and
OpenSSL, given the socket, reads for as long as a peer sends messages that it skips; so each wait is made here.
"""

from __future__ import annotations

import contextlib
import math
import queue
import select
import socket
import ssl
import threading
import time
import typing as t
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

SUCCEEDED = "succeeded"
PIECE = 32768
_MAXIMUM_ADDRESSES = 16
# poll() counts milliseconds in 31 bits.
_LONGEST_WAIT = 1_000_000

_Place = tuple[socket.AddressFamily, tuple[t.Any, ...]]


class Attempt(t.NamedTuple):
    """One address, and what became of the connection to it."""

    address: str
    port: int
    outcome: str

    @property
    def succeeded(self) -> bool:
        """Whether the address accepted the connection."""
        return self.outcome == SUCCEEDED

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"connect to {host}:{self.port} {self.outcome}"


class NetworkError(StaplingError):
    """No connection, or the early end of one: unresolvable, unreachable, refused, timeout, closed or too_much."""

    def __init__(self, code: str, message: str = "", attempts: t.Sequence[Attempt] = ()) -> None:
        super().__init__(code, message)
        self.attempts = tuple(attempts)


def is_address(host: str) -> bool:
    """Tell whether this is an IPv4 or IPv6 address and not a name."""
    return _read_address(host) is not None


# A host has thousands of virtual hosts behind the same few addresses.
@lru_cache(maxsize=256)
def _read_address(host: str) -> tuple[socket.AddressFamily, str] | None:
    """Return the family of an address and how the system writes it, or None for a name."""
    # To have a name refused twice takes ten times as long.
    if ":" not in host and not host[-1:].isdigit():
        return None
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, ValueError):
            return family, socket.inet_ntop(family, socket.inet_pton(family, host))
    return None


def resolve(host: str, port: int, *, deadline: float) -> list[_Place]:
    """Return the addresses of a host in the system's order, at most 16; NetworkError if there are none in time."""
    literal = _read_address(host)
    if literal is not None:
        family, text = literal
        return [(family, (text, port) if family == socket.AF_INET else (text, port, 0, 0))]
    found = _look_up_in_time(host, port, deadline=deadline)
    if isinstance(found, Exception):
        reason = getattr(found, "strerror", None) or "not a valid name"
        raise NetworkError("unresolvable", f"{host}: {reason}") from found
    return [(family, place) for family, _type, _protocol, _name, place in found[:_MAXIMUM_ADDRESSES]]


def _look_up(host: str, port: int) -> list[t.Any] | Exception:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        return error


def _look_up_in_time(host: str, port: int, *, deadline: float) -> list[t.Any] | Exception:
    """Leave the thread behind that waits for a silent name server: nothing can interrupt it."""
    answer: queue.SimpleQueue[list[t.Any] | Exception] = queue.SimpleQueue()
    threading.Thread(target=lambda: answer.put(_look_up(host, port)), daemon=True).start()
    try:
        return answer.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        return OSError(0, "no answer from a name server in time")


class Connection:
    """A connection that ends at its deadline, and earlier where one wait takes longer than `patience` seconds."""

    def __init__(
        self,
        sock: socket.socket,
        attempts: t.Sequence[Attempt] = (),
        *,
        deadline: float,
        patience: float | None = None,
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._deadline = deadline
        self._patience = math.inf if patience is None else patience
        self.attempts = tuple(attempts)
        self.received = 0

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._sock.close()

    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Return address and port of this side and of the other one."""
        try:
            here, there = self._sock.getsockname(), self._sock.getpeername()
        except OSError as error:
            raise NetworkError("closed", error.strerror or str(error), self.attempts) from error
        return (str(here[0]), int(here[1])), (str(there[0]), int(there[1]))

    def fileno(self) -> int:
        """Return the number by which poll() knows it."""
        return self._sock.fileno()

    def send(self, data: bytes) -> None:
        """Send everything, or raise NetworkError."""
        while data:
            try:
                data = data[self._sock.send(data) :]
            except BlockingIOError:
                self._wait(select.POLLOUT, "the other side does not read")
            except OSError as error:
                raise NetworkError("closed", error.strerror or str(error), self.attempts) from error

    def receive(self) -> bytes:
        """Return the next bytes, none at the end of the stream; or raise NetworkError."""
        while True:
            self._wait(select.POLLIN, "no answer in time")
            try:
                part = self._sock.recv(PIECE)
            except BlockingIOError:
                continue
            except OSError as error:
                raise NetworkError("closed", error.strerror or str(error), self.attempts) from error
            self.received += len(part)
            return part

    def _wait(self, event: int, otherwise: str) -> None:
        remaining = self._deadline - time.monotonic()
        poll = select.poll()
        poll.register(self._sock, event)
        # The deadline first: bytes that are there already do not put it off.
        if remaining <= 0 or not poll.poll(math.ceil(min(remaining, self._patience, _LONGEST_WAIT) * 1000)):
            raise NetworkError("timeout", otherwise, self.attempts)


def connect(host: str, port: int, *, deadline: float, patience: float | None = None) -> Connection:
    """
    Connect to the first address that accepts, or NetworkError.

    With `patience`, each address gets as many seconds, as httpd does it; without, what is left until the deadline is
    shared among the addresses that are left.
    """
    places = resolve(host, port, deadline=deadline)
    attempts: list[Attempt] = []
    failure = NetworkError("unreachable", "it has no address")
    for number, place in enumerate(places):
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            failure = NetworkError("timeout", "connecting")
            break
        share = remaining / (len(places) - number) if patience is None else min(patience, remaining)
        found = _connect_to(place, share)
        if isinstance(found, socket.socket):
            attempts.append(Attempt(place[1][0], place[1][1], SUCCEEDED))
            return Connection(found, attempts, deadline=deadline, patience=patience)
        failure = found
        attempts.append(Attempt(place[1][0], place[1][1], found.message))
    raise NetworkError(failure.code, ", ".join(map(str, attempts)) or failure.message, attempts)


def _connect_to(place: _Place, seconds: float) -> socket.socket | NetworkError:
    family, address = place
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        # An address family that this host does not have.
        return NetworkError("unreachable", f"failed ({error.strerror or error})")
    try:
        sock.settimeout(seconds)
        sock.connect(address)
        return sock
    except socket.timeout:
        failure = NetworkError("timeout", "timed out")
    except ConnectionRefusedError:
        failure = NetworkError("refused", "was refused")
    except OSError as error:
        failure = NetworkError("unreachable", f"failed ({error.strerror or error})")
    sock.close()
    return failure


class TlsConnection:
    """TLS over a Connection. OpenSSL sees only what it is handed, so it cannot wait by itself."""

    def __init__(
        self, connection: Connection, context: ssl.SSLContext, server_name: str | None, *, limit: int | None = None
    ) -> None:
        self._connection = connection
        self._limit = limit
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._drive(self.tls.do_handshake)

    def send(self, data: bytes) -> None:
        """Send everything, or raise NetworkError."""
        self._drive(lambda: self.tls.write(data))

    def receive(self) -> bytes:
        """Return the next bytes, none at the end of the stream; or raise NetworkError."""
        try:
            data: bytes = self._drive(lambda: self.tls.read(PIECE))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        return data

    def _drive(self, step: t.Callable[[], t.Any]) -> t.Any:
        """Repeat a step of OpenSSL until it wants no more bytes."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._connection.send(self._outgoing.read())
            else:
                self._connection.send(self._outgoing.read())
                return result
            part = self._connection.receive()
            if self._limit is not None and self._connection.received > self._limit:
                raise NetworkError("too_much", f"the server sends more than {self._limit} bytes")
            if part:
                self._incoming.write(part)
            else:
                self._incoming.write_eof()
