# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Asks an OCSP responder the way mod_ssl does: POST over HTTP/1.0, straight or through a proxy, no redirects.

What succeeds here succeeds in httpd and what fails here fails there. The only difference is an overall deadline, which
httpd does not have.
"""

from __future__ import annotations

import re
import socket
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import (
    Endpoint,
    EndpointError,
    escape,
    parse_ocsp_uri,
)
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

# mod_ssl stops here too.
MAXIMUM_BODY = 2048 * 1024
_MAXIMUM_HEADER = 64 * 1024
_MAXIMUM_ADDRESSES = 16
_SHOWN = 120
SUCCEEDED = "succeeded"

_STATUS_LINE = re.compile(rb"HTTP/[^ \r\n]* +([0-9]{3})([^\r\n]*)")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_CHUNKED = re.compile(rb"\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)


class ResponderError(StaplingError):
    """No answer: a word of the table of problems, the details of this case, and the addresses that were tried."""

    def __init__(self, code: str, message: str = "", attempts: t.Sequence[Attempt] = ()) -> None:
        super().__init__(code, message)
        self.attempts = tuple(attempts)


class Attempt(t.NamedTuple):
    """One address and what became of the connection to it."""

    address: str
    port: int
    outcome: str

    @property
    def succeeded(self) -> bool:
        return self.outcome == SUCCEEDED

    def __str__(self) -> str:
        return f"connect to {_authority(self.address, self.port)} {self.outcome}"


@dataclass(frozen=True)
class Destination:
    """Where to connect to, and what to ask for there."""

    endpoint: Endpoint
    host: str
    port: int
    through_proxy: bool


@dataclass(frozen=True)
class Answer:
    """The body of an HTTP answer with a status 2xx."""

    body: bytes
    attempts: tuple[Attempt, ...]


def destination(uri: str, *, proxy_url: str | None = None) -> Destination:
    """Where httpd would connect to for this responder, or ResponderError."""
    try:
        endpoint = parse_ocsp_uri(uri)
    except EndpointError as error:
        raise ResponderError("responder_invalid", error.message) from error
    if endpoint.scheme != "http":
        raise ResponderError("responder_not_http", escape(uri))
    if not proxy_url:
        return Destination(endpoint, endpoint.host, endpoint.port, through_proxy=False)
    try:
        proxy = parse_ocsp_uri(proxy_url)
    except EndpointError as error:
        raise ResponderError("proxy_invalid", error.message) from error
    if not re.search(r":[0-9]+/*\Z", proxy_url):
        raise ResponderError("proxy_invalid", "it has no port")
    return Destination(endpoint, proxy.host, proxy.port, through_proxy=True)


def ask(where: Destination, request: bytes, *, timeout: float, deadline: float) -> Answer:
    """
    Send the request and read the answer, or ResponderError.

    timeout is for each step, in seconds; deadline for all of them, on the monotonic clock.
    """
    connection, attempts = _connect(where, timeout=timeout, deadline=deadline)
    with connection:
        try:
            _set_timeout(connection, timeout=timeout, deadline=deadline)
            connection.sendall(_head(where, len(request)) + request)
            data = _read(connection, timeout=timeout, deadline=deadline)
        except _Unfinished as error:
            raise ResponderError("responder_timeout", _so_far(error.received), attempts) from error
        except socket.timeout as error:
            raise ResponderError("responder_timeout", "it does not read the request", attempts) from error
        except OSError as error:
            raise ResponderError("responder_closed", error.strerror or str(error), attempts) from error
    return Answer(_body(data, attempts, through_proxy=where.through_proxy), tuple(attempts))


class _Unfinished(Exception):
    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


def _so_far(received: int) -> str:
    if received == 0:
        return "no answer"
    return f"{received} bytes and not the end; it has to close the connection after its answer"


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _head(where: Destination, length: int) -> bytes:
    endpoint = where.endpoint
    path = endpoint.path.partition("#")[0]
    if not path.startswith("/"):
        path = "/" + path
    authority = _authority(endpoint.host, endpoint.port)
    lines = [
        f"POST {'http://' + authority if where.through_proxy else ''}{path} HTTP/1.0",
        f"Host: {authority}",
        "Content-Type: application/ocsp-request",
        "Connection: close",
        f"Content-Length: {length}",
    ]
    return "".join(line + "\r\n" for line in [*lines, ""]).encode("ascii")


def _resolve(where: Destination) -> list[tuple[socket.AddressFamily, tuple[t.Any, ...]]]:
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except OSError as error:
        word = "proxy_unresolvable" if where.through_proxy else "responder_unresolvable"
        raise ResponderError(word, f"{where.host}: {error.strerror or error}") from error
    return [(family, address) for family, _type, _proto, _name, address in found[:_MAXIMUM_ADDRESSES]]


def _connect(where: Destination, *, timeout: float, deadline: float) -> tuple[socket.socket, list[Attempt]]:
    """Every address in turn until one accepts, as httpd does; once connected it does not go back."""
    attempts: list[Attempt] = []
    for family, address in _resolve(where):
        try:
            connection = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            # An address family that this host does not have.
            attempts.append(Attempt(address[0], address[1], error.strerror or str(error)))
            continue
        try:
            _set_timeout(connection, timeout=timeout, deadline=deadline)
            connection.connect(address)
        except socket.timeout:
            connection.close()
            attempts.append(Attempt(address[0], address[1], "timed out"))
        except OSError as error:
            connection.close()
            outcome = (
                "was refused" if isinstance(error, ConnectionRefusedError) else f"failed ({error.strerror or error})"
            )
            attempts.append(Attempt(address[0], address[1], outcome))
        else:
            attempts.append(Attempt(address[0], address[1], SUCCEEDED))
            return connection, attempts
    word = "proxy_unreachable" if where.through_proxy else "responder_unreachable"
    raise ResponderError(word, ", ".join(map(str, attempts)), attempts)


def _set_timeout(connection: socket.socket, *, timeout: float, deadline: float) -> None:
    remaining = min(timeout, deadline - time.monotonic())
    if remaining <= 0:
        raise socket.timeout("timed out")
    connection.settimeout(remaining)


def _read(connection: socket.socket, *, timeout: float, deadline: float) -> bytes:
    """Everything until the responder closes the connection; a Content-Length does not interest httpd."""
    parts: list[bytes] = []
    received = 0
    while received <= MAXIMUM_BODY + _MAXIMUM_HEADER:
        try:
            _set_timeout(connection, timeout=timeout, deadline=deadline)
            part = connection.recv(65536)
        except socket.timeout:
            raise _Unfinished(received) from None
        if not part:
            break
        parts.append(part)
        received += len(part)
    return b"".join(parts)


def _body(data: bytes, attempts: t.Sequence[Attempt], *, through_proxy: bool) -> bytes:
    if not data:
        raise ResponderError("responder_closed", "without any answer", attempts)
    status = _STATUS_LINE.match(data)
    if status is None:
        raise ResponderError("responder_not_speaking_http", f"it says {_shown(data)}", attempts)
    end = _HEADER_END.search(data, 0, _MAXIMUM_HEADER)
    code = int(status.group(1))
    head = data[: end.start()] if end else data[:_MAXIMUM_HEADER]
    if 300 <= code <= 399:
        location = re.search(rb"\n[Ll]ocation:[ \t]*([^\r\n]*)", head)
        raise ResponderError(
            "responder_redirect", f"to {_shown(location.group(1))}" if location else f"HTTP {code}", attempts
        )
    if not 200 <= code <= 299:
        by = " by way of the proxy" if through_proxy else ""
        raise ResponderError("responder_http_error", f"HTTP {code}{by}: {_shown(status.group(2).strip())}", attempts)
    if end is None:
        raise ResponderError("responder_closed", "in the middle of the HTTP headers", attempts)
    body = data[end.end() :]
    if len(body) > MAXIMUM_BODY:
        raise ResponderError("responder_oversized", f"more than {MAXIMUM_BODY} bytes", attempts)
    if _CHUNKED.search(head):
        raise ResponderError(
            "not_ocsp", "it comes in chunks, which HTTP/1.0 does not have and mod_ssl does not put together", attempts
        )
    promised = re.search(rb"\n[Cc]ontent-[Ll]ength:[ \t]*([0-9]{1,9})[ \t]*(?:\r|\Z)", head)
    if promised and len(body) < int(promised.group(1)):
        raise ResponderError("responder_closed", f"after {len(body)} of {int(promised.group(1))} bytes", attempts)
    if not body:
        raise ResponderError("responder_empty", "", attempts)
    return body


def _shown(data: bytes) -> str:
    """A piece of what a stranger sent, safe to show."""
    return repr(escape(data[:_SHOWN].decode("latin-1")))
