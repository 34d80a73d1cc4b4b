# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
One TLS handshake with one server, within a deadline, whatever the server does.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import HAS_PYOPENSSL
from ansible_collections.stapling.httpd.plugins.module_utils._tls.context import Contexts, Staple

if HAS_PYOPENSSL:
    from OpenSSL import SSL, crypto

_ALERT_RECORD = 0x15
_HANDSHAKE_RECORD = 0x16
_PIECE = 32768
# A chain and a staple take a few thousand bytes; OpenSSL itself stops at 100 kB of certificates.
_MAXIMUM_RECEIVED = 512 * 1024
# poll() counts milliseconds in 31 bits.
_LONGEST_WAIT = 1_000_000
_NOT_TLS_REASONS = ("wrong version number", "unknown protocol", "http request", "packet length too long")


class HandshakeError(StaplingError):
    """No handshake: a word of the table of problems, the details, and the alert that the server sent."""

    def __init__(self, code: str, message: str = "", alert: str | None = None) -> None:
        super().__init__(code, message)
        self.alert = alert


class Wanted(t.NamedTuple):
    """What to connect to, and what to ask for. A server_name of None sends no SNI."""

    address: str
    port: int
    server_name: str | None = None
    key_type: str | None = None
    tls_version: str | None = None
    status_request: bool = True


@dataclass(frozen=True)
class Handshake:
    """What the server presented: certificates in DER, its own first, and the staple, empty if there was none."""

    chain: tuple[bytes, ...]
    staple: bytes
    tls_version: str
    forced_by: str | None


def shake_hands(wanted: Wanted, *, contexts: Contexts, timeout: float) -> Handshake:
    """Connect, shake hands, hang up; or HandshakeError within the timeout."""
    deadline = time.monotonic() + timeout
    name = _encoded_name(wanted.server_name)
    context, forced_by = contexts.get(key_type=wanted.key_type, tls_version=wanted.tls_version)
    with _connect(wanted.address, wanted.port, deadline=deadline) as sock:
        # Without a socket of its own the connection sees only what we feed it. Given the socket, OpenSSL keeps reading
        # inside one call for as long as a server sends messages that it skips, and no timeout of ours would end that.
        connection = SSL.Connection(context, None)
        staple = Staple()
        connection.set_app_data(staple)
        if name is not None:
            connection.set_tlsext_host_name(name)
        if wanted.status_request:
            connection.request_ocsp()
        connection.set_connect_state()
        last = _finish(connection, sock, deadline=deadline)
        chain = tuple(
            crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
            for certificate in connection.get_peer_cert_chain() or ()
        )
        version = connection.get_protocol_version_name()
        _hang_up(connection, sock, last, deadline=deadline)
    return Handshake(chain, staple.data, version, forced_by)


def _encoded_name(server_name: str | None) -> bytes | None:
    if server_name is None:
        return None
    try:
        name = server_name.encode("ascii") if server_name.isascii() else server_name.encode("idna")
    except UnicodeError:
        name = b""
    # OpenSSL would leave a longer one out without a word.
    if not 1 <= len(name) <= 255 or b"\0" in name:
        raise HandshakeError("invalid_server_name", escape(server_name[:80]))
    return name


def _connect(address: str, port: int, *, deadline: float) -> socket.socket:
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HandshakeError("unresolvable", getattr(error, "strerror", None) or str(error)) from error
    failure = HandshakeError("unreachable", "no address")
    for family, kind, protocol, _name, place in found:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise HandshakeError("timeout", "connecting")
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            failure = HandshakeError("unreachable", error.strerror or str(error))
            continue
        try:
            sock.settimeout(remaining)
            sock.connect(place)
            # From here on it is waited for explicitly: to set a time before each step costs two calls into the kernel.
            sock.setblocking(False)
            return sock
        except socket.timeout:
            failure = HandshakeError("timeout", "connecting")
        except ConnectionRefusedError:
            failure = HandshakeError("refused")
        except OSError as error:
            failure = HandshakeError("unreachable", error.strerror or str(error))
        sock.close()
    raise failure


def _finish(connection: SSL.Connection, sock: socket.socket, *, deadline: float) -> bytes:
    """All of the handshake but for its end, where that is ours to send (TLS 1.3)."""
    received = 0
    while True:
        try:
            connection.do_handshake()
            return _outgoing(connection)
        except SSL.WantReadError:
            pass
        except (SSL.SysCallError, SSL.ZeroReturnError) as error:
            raise HandshakeError("closed") from error
        except SSL.Error as error:
            # The alert with which OpenSSL would answer is not sent: nobody is waiting for it.
            raise _classified(error) from error
        _send(sock, _outgoing(connection), deadline=deadline)
        part = _receive(sock, deadline=deadline)
        if received == 0:
            _check_beginning(part)
        received += len(part)
        if received > _MAXIMUM_RECEIVED:
            raise HandshakeError("handshake_failed", f"the server sends more than {_MAXIMUM_RECEIVED} bytes")
        connection.bio_write(part)


def _outgoing(connection: SSL.Connection) -> bytes:
    """What the connection wants to have sent."""
    data = b""
    with contextlib.suppress(SSL.WantReadError):
        # As long as pieces are full there may be more.
        while len(data) % _PIECE == 0:
            data += connection.bio_read(_PIECE)
    return data


def _send(sock: socket.socket, data: bytes, *, deadline: float) -> None:
    while data:
        try:
            data = data[sock.send(data) :]
        except BlockingIOError:
            _wait(sock, select.POLLOUT, "connected, but the server does not read", deadline=deadline)
        except OSError as error:
            raise HandshakeError("closed", error.strerror or str(error)) from error


def _receive(sock: socket.socket, *, deadline: float) -> bytes:
    while True:
        _wait(sock, select.POLLIN, "connected, then no answer in time", deadline=deadline)
        try:
            part = sock.recv(_PIECE)
        except BlockingIOError:
            continue
        except OSError as error:
            raise HandshakeError("closed", error.strerror or str(error)) from error
        if not part:
            raise HandshakeError("closed")
        return part


def _wait(sock: socket.socket, event: int, otherwise: str, *, deadline: float) -> None:
    poll = select.poll()
    poll.register(sock, event)
    if not poll.poll(math.ceil(min(_remaining(deadline), _LONGEST_WAIT) * 1000)):
        raise HandshakeError("timeout", otherwise)


def _remaining(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise HandshakeError("timeout", "connected, but the handshake was not finished in time")
    return remaining


def _check_beginning(data: bytes) -> None:
    """The first byte tells TLS from anything else; OpenSSL's own words for that differ between versions."""
    if data[0] not in (_ALERT_RECORD, _HANDSHAKE_RECORD):
        raise HandshakeError("not_tls", f"it says {escape(data[:40].decode('latin-1'))!r}")


def _classified(error: SSL.Error) -> HandshakeError:
    reasons = [entry[-1] for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    text = next((reason for reason in reasons if reason), "no reason given")
    if "unexpected eof" in text:
        return HandshakeError("closed")
    if any(reason in text for reason in _NOT_TLS_REASONS):
        return HandshakeError("not_tls", text)
    _before, separator, alert = text.partition(" alert ")
    return HandshakeError("handshake_failed", f"alert {alert}" if separator else text, alert if separator else None)


def _hang_up(connection: SSL.Connection, sock: socket.socket, last: bytes, *, deadline: float) -> None:
    with contextlib.suppress(SSL.Error):
        connection.shutdown()
    farewell = _outgoing(connection)
    if last:
        _send(sock, last + farewell, deadline=deadline)
        return
    # Politeness only: everything that was wanted is there.
    with contextlib.suppress(HandshakeError):
        _send(sock, farewell, deadline=deadline)
