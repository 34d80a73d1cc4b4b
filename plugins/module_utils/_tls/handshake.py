# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One TLS handshake with one server, within a deadline, whatever the server does."""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.stapling.httpd.plugins.module_utils._connection import Connection, NetworkError, connect
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._names import HostNameError, sni_name
from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import HAS_PYOPENSSL
from ansible_collections.stapling.httpd.plugins.module_utils._tls.context import Contexts, Staple, TlsContext
from ansible_collections.stapling.httpd.plugins.module_utils._tls.proxy_protocol import is_exception, proxy_line
from ansible_collections.stapling.httpd.plugins.module_utils._tls.s_client import Refused, ask_by_program

if HAS_PYOPENSSL:
    from OpenSSL import SSL, crypto

_ALERT_RECORD = 0x15
_HANDSHAKE_RECORD = 0x16
_PIECE = 32768
# A chain and a staple take a few thousand bytes; OpenSSL itself stops at 100 kB of certificates.
_MAXIMUM_RECEIVED = 512 * 1024
# With these a server refuses a client that has no certificate: RFC 5246, 7.4.6, and RFC 8446, 4.4.2.4.
_WITHOUT_CLIENT_CERTIFICATE = ("handshake failure", "certificate required")
_NOT_TLS_REASONS = ("wrong version number", "unknown protocol", "http request", "packet length too long")


class HandshakeError(StaplingError):
    """No handshake: a word of the table of problems, the details, and the alert that the server sent."""

    def __init__(self, code: str, message: str = "", alert: str | None = None) -> None:
        super().__init__(code, message)
        self.alert = alert


class HandshakeRequest(t.NamedTuple):
    """What to connect to, and what to ask for.

    A server_name of None sends no SNI. proxy_protocol says that the server expects the line of a proxy first, except
    from addresses and networks among proxy_exceptions.
    """

    address: str
    port: int
    server_name: str | None = None
    key_type: str | None = None
    tls_version: str | None = None
    status_request: bool = True
    proxy_protocol: bool = False
    proxy_exceptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Handshake:
    """What the server presented: certificates in DER, its own first, and the staple, empty if there was none.

    client_refused says that the server ended the handshake afterwards, since the client has no certificate. loaded is
    the first certificate as OpenSSL has read it, where pyOpenSSL made the handshake.
    """

    chain: tuple[bytes, ...]
    staple: bytes
    tls_version: str
    forced_by: str | None
    client_refused: bool = False
    loaded: crypto.X509 | None = None

    def without_content(self) -> Handshake:
        """Return the same without what a stranger decides the size of."""
        return replace(self, chain=(), staple=b"", loaded=None)


def shake_hands(requested: HandshakeRequest, *, contexts: Contexts, timeout: float) -> Handshake:
    """Connect, shake hands, hang up; or raise HandshakeError. `timeout` (seconds) includes name resolution."""
    deadline = time.monotonic() + timeout
    name = _encoded_name(requested.server_name)
    tls = contexts.get(key_type=requested.key_type, tls_version=requested.tls_version)
    try:
        return _shake_hands(requested, name, tls, deadline=deadline)
    except HandshakeError as error:
        if not tls.few_groups or error.alert != "handshake failure":
            raise
    # The server may want one of the groups that were not offered.
    tls = contexts.get(key_type=requested.key_type, tls_version=requested.tls_version, every_group=True)
    return _shake_hands(requested, name, tls, deadline=deadline)


def _shake_hands(requested: HandshakeRequest, name: bytes | None, how: TlsContext, *, deadline: float) -> Handshake:
    context, forced_by, _few_groups = how
    try:
        with connect(requested.address, requested.port, deadline=deadline) as peer:
            if requested.proxy_protocol:
                _introduce(peer, requested.proxy_exceptions)
            if context is None:
                return _by_program(peer, requested, name, forced_by=forced_by, deadline=deadline)
            tls = SSL.Connection(context, None)
            staple = Staple()
            tls.set_app_data(staple)
            if name is not None:
                tls.set_tlsext_host_name(name)
            if requested.status_request:
                tls.request_ocsp()
            tls.set_connect_state()
            last = _finish_or_be_refused(tls, peer)
            certificates = tls.get_peer_cert_chain() or []
            chain = tuple([crypto.dump_certificate(crypto.FILETYPE_ASN1, found) for found in certificates])
            version = tls.get_protocol_version_name()
            if last is not None:
                _hang_up(tls, peer, last)
    except NetworkError as error:
        raise HandshakeError(error.code, error.message) from error
    loaded = certificates[0] if certificates else None
    return Handshake(chain, staple.data, version, forced_by, client_refused=last is None, loaded=loaded)


def _introduce(peer: Connection, exceptions: tuple[str, ...]) -> None:
    """Send what a proxy would send first, unless the server takes none from this address."""
    source, destination = peer.ends()
    if not is_exception(source[0], exceptions):
        peer.send(proxy_line(source, destination))


def _finish_or_be_refused(tls: SSL.Connection, peer: Connection) -> bytes | None:
    """Shake hands; None if the server has shown all it has, and then refused a client without a certificate.

    In TLS 1.2 its certificates and the staple come before it asks for the client's. In TLS 1.3 it refuses only
    after the handshake, when nobody listens any more.
    """
    try:
        return _finish(tls, peer)
    except HandshakeError as error:
        if error.alert not in _WITHOUT_CLIENT_CERTIFICATE or not tls.get_peer_cert_chain():
            raise
        return None


def _by_program(
    peer: Connection, requested: HandshakeRequest, name: bytes | None, *, forced_by: str | None, deadline: float
) -> Handshake:
    """Have `openssl s_client` shake hands, where pyOpenSSL is missing."""
    try:
        found = ask_by_program(
            peer,
            name=name,
            key_type=requested.key_type,
            tls_version=requested.tls_version,
            status_request=requested.status_request,
            deadline=deadline,
            check=lambda part: _check(part, peer),
        )
    except Refused as error:
        failure = _explained(error.reason) if error.reason is not None else HandshakeError("closed")
        if error.shown is None or not error.shown.chain or failure.alert not in _WITHOUT_CLIENT_CERTIFICATE:
            raise failure from error
        return Handshake(*error.shown, forced_by, client_refused=True)
    return Handshake(*found, forced_by)


def _encoded_name(server_name: str | None) -> bytes | None:
    try:
        name = sni_name(server_name)
    except HostNameError as error:
        raise HandshakeError(error.code, f"{escape((server_name or '')[:80])}: {error.message}") from error
    return None if name is None else name.encode("ascii")


def _finish(tls: SSL.Connection, peer: Connection) -> bytes:
    """Shake hands, and return what is left to send at the end: the client's last message in TLS 1.3."""
    while True:
        try:
            tls.do_handshake()
            return _outgoing(tls)
        except SSL.WantReadError:
            pass
        except (SSL.SysCallError, SSL.ZeroReturnError) as error:
            raise HandshakeError("closed") from error
        except SSL.Error as error:
            # The alert with which OpenSSL would answer is not sent: nobody is waiting for it.
            raise _classified(error) from error
        peer.send(_outgoing(tls))
        part = peer.receive()
        if not part:
            raise HandshakeError("closed")
        _check(part, peer)
        tls.bio_write(part)


def _outgoing(tls: SSL.Connection) -> bytes:
    """Return what OpenSSL has to send."""
    data = b""
    with contextlib.suppress(SSL.WantReadError):
        # As long as pieces are full there may be more.
        while len(data) % _PIECE == 0:
            data += tls.bio_read(_PIECE)
    return data


def _check(data: bytes, peer: Connection) -> None:
    """Raise HandshakeError for too much, or a first byte that is none of TLS; OpenSSL's own words for that differ."""
    if peer.received > _MAXIMUM_RECEIVED:
        raise HandshakeError("handshake_failed", f"the server sends more than {_MAXIMUM_RECEIVED} bytes")
    if peer.received == len(data) and data[0] not in (_ALERT_RECORD, _HANDSHAKE_RECORD):
        raise HandshakeError("not_tls", f"it says {escape(data[:40].decode('latin-1'))!r}")


def _classified(error: SSL.Error) -> HandshakeError:
    reasons = [entry[-1] for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    return _explained(next((reason for reason in reasons if reason), "no reason given"))


def _explained(text: str) -> HandshakeError:
    """Return what the reason that OpenSSL gives means."""
    if "unexpected eof" in text:
        return HandshakeError("closed")
    if any(reason in text for reason in _NOT_TLS_REASONS):
        return HandshakeError("not_tls", text)
    if "unsupported protocol" in text:
        return HandshakeError("old_tls_only", text)
    _before, separator, alert = text.partition(" alert ")
    return HandshakeError("handshake_failed", f"alert {alert}" if separator else text, alert if separator else None)


def _hang_up(tls: SSL.Connection, peer: Connection, last: bytes) -> None:
    with contextlib.suppress(SSL.Error):
        tls.shutdown()
    farewell = _outgoing(tls)
    if last:
        peer.send(last + farewell)
        return
    # Politeness only: everything that was asked for is there.
    with contextlib.suppress(NetworkError):
        peer.send(farewell)
