# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
One TLS handshake with one server, within a deadline, whatever the server does.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape
from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import HAS_PYOPENSSL
from ansible_collections.stapling.httpd.plugins.module_utils._tls_context import Contexts, Staple

if HAS_PYOPENSSL:
    from OpenSSL import SSL, crypto

_ALERT_RECORD = 0x15
_HANDSHAKE_RECORD = 0x16
_NOT_TLS_REASONS = ("wrong version number", "unknown protocol", "http request", "packet length too long")


class HandshakeError(Exception):
    """No handshake: a word of the table of problems, the details, and the alert that the server sent."""

    def __init__(self, word: str, detail: str = "", alert: str | None = None) -> None:
        super().__init__(detail)
        self.word = word
        self.detail = detail
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
        connection = SSL.Connection(context, sock)
        staple = Staple()
        connection.set_app_data(staple)
        if name is not None:
            connection.set_tlsext_host_name(name)
        if wanted.status_request:
            connection.request_ocsp()
        connection.set_connect_state()
        _finish(connection, sock, deadline=deadline)
        chain = tuple(
            crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
            for certificate in connection.get_peer_cert_chain() or ()
        )
        version = connection.get_protocol_version_name()
        _hang_up(connection)
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
    except (OSError, UnicodeError) as exc:
        raise HandshakeError("unresolvable", getattr(exc, "strerror", None) or str(exc)) from exc
    error = HandshakeError("unreachable", "no address")
    for family, kind, protocol, _name, place in found:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise HandshakeError("timeout", "connecting")
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as exc:
            error = HandshakeError("unreachable", exc.strerror or str(exc))
            continue
        try:
            # A socket with a timeout is one that does not block, which is what the handshake needs as well.
            sock.settimeout(remaining)
            sock.connect(place)
            return sock
        except socket.timeout:
            error = HandshakeError("timeout", "connecting")
        except ConnectionRefusedError:
            error = HandshakeError("refused")
        except OSError as exc:
            error = HandshakeError("unreachable", exc.strerror or str(exc))
        sock.close()
    raise error


def _finish(connection: SSL.Connection, sock: socket.socket, *, deadline: float) -> None:
    answered = False
    while True:
        try:
            connection.do_handshake()
            return
        except SSL.WantReadError:
            _wait(sock, select.POLLIN, deadline)
            if not answered:
                _check_first_byte(sock)
                answered = True
        except SSL.WantWriteError:
            _wait(sock, select.POLLOUT, deadline)
        except (SSL.SysCallError, SSL.ZeroReturnError) as exc:
            raise HandshakeError("closed") from exc
        except SSL.Error as exc:
            raise _classified(exc) from exc


def _wait(sock: socket.socket, event: int, deadline: float) -> None:
    remaining = deadline - time.monotonic()
    poll = select.poll()
    poll.register(sock, event)
    if remaining <= 0 or not poll.poll(remaining * 1000):
        raise HandshakeError("timeout", "connected, then no answer in time")


def _check_first_byte(sock: socket.socket) -> None:
    """The first byte tells TLS from anything else; OpenSSL's own words for that differ between versions."""
    try:
        begin = sock.recv(40, socket.MSG_PEEK)
    except BlockingIOError:
        return
    except OSError as exc:
        raise HandshakeError("closed", exc.strerror or str(exc)) from exc
    if not begin:
        raise HandshakeError("closed", "without a byte")
    if begin[0] not in (_ALERT_RECORD, _HANDSHAKE_RECORD):
        raise HandshakeError("not_tls", f"it says {escape(begin.decode('latin-1'))!r}")


def _classified(error: SSL.Error) -> HandshakeError:
    reasons = [entry[-1] for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    text = next((reason for reason in reasons if reason), "no reason given")
    if "unexpected eof" in text:
        return HandshakeError("closed")
    if any(reason in text for reason in _NOT_TLS_REASONS):
        return HandshakeError("not_tls", text)
    _before, separator, alert = text.partition(" alert ")
    return HandshakeError("handshake_failed", f"alert {alert}" if separator else text, alert if separator else None)


def _hang_up(connection: SSL.Connection) -> None:
    # Politeness only: everything that was wanted is there.
    with contextlib.suppress(SSL.Error):
        connection.shutdown()
