# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to an OCSP responder as the engine asks them: mod_ssl by HTTP/1.0, mod_md by HTTP/1.1.

They go straight or through a proxy, and never after a redirect. What succeeds here succeeds in httpd and what fails
here fails there. The only difference is a deadline for the whole question, which httpd does not have.
"""

from __future__ import annotations

import re
import ssl
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._connection import (
    Attempt,
    Connection,
    NetworkError,
    TlsConnection,
    connect,
)
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import (
    Endpoint,
    EndpointError,
    escape,
    parse_ocsp_uri,
)
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import MOD_MD, MOD_SSL
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.answer import (
    MAXIMUM_BODY,
    AnswerError,
    buffered,
    read_like_mod_md,
    read_like_mod_ssl,
)

ENGINES = (MOD_SSL, MOD_MD)
_MOD_MD_AGENT = "Apache/2.4 mod_md/2.4"


class ResponderError(StaplingError):
    """No answer: a word of the table of problems, the details of this case, and the addresses that were tried."""

    def __init__(self, code: str, message: str = "", attempts: t.Sequence[Attempt] = ()) -> None:
        super().__init__(code, message)
        self.attempts = tuple(attempts)


@dataclass(frozen=True)
class Destination:
    """Where to connect to, and what to ask for there. `name` is the responder's host as the URI writes it."""

    endpoint: Endpoint
    name: str
    host: str
    port: int
    through_proxy: bool
    engine: str = MOD_SSL


@dataclass(frozen=True)
class Answer:
    """The OCSP response that came.

    It stays in parts until somebody looks at it: pieces of memory as large as a whole one are slow to come back.
    """

    parts: tuple[bytes, ...]
    attempts: tuple[Attempt, ...]

    @property
    def body(self) -> bytes:
        """The response as a whole."""
        return b"".join(self.parts)


def destination(uri: str, *, proxy_url: str | None = None, engine: str = MOD_SSL) -> Destination:
    """Return where httpd would connect to for this responder, or raise ResponderError."""
    try:
        endpoint = parse_ocsp_uri(uri)
    except EndpointError as error:
        raise ResponderError("responder_invalid", error.message) from error
    _check_scheme(uri, endpoint, engine)
    name = _name_in(uri)
    if engine == MOD_MD and "idna" in endpoint.warnings:
        # libcurl translates it.
        name = endpoint.host
    if not proxy_url:
        if engine == MOD_MD and _is_this_host(endpoint.host):
            return Destination(endpoint, name, "localhost", endpoint.port, through_proxy=False, engine=engine)
        if not name.isascii():
            raise ResponderError("responder_unresolvable", f"{escape(name)}: mod_ssl does not translate it for DNS")
        return Destination(endpoint, name, name, endpoint.port, through_proxy=False, engine=engine)
    try:
        proxy = parse_ocsp_uri(proxy_url)
    except EndpointError as error:
        raise ResponderError("proxy_invalid", error.message) from error
    if not re.search(r":[0-9]+/*\Z", proxy_url):
        raise ResponderError("proxy_invalid", "it has no port")
    return Destination(endpoint, name, proxy.host, proxy.port, through_proxy=True, engine=engine)


def _is_this_host(host: str) -> bool:
    """Return whether libcurl, from 7.77 on, takes this name for the own host (RFC 6761) without looking it up."""
    return host == "localhost" or host.endswith(".localhost")


def _check_scheme(uri: str, endpoint: Endpoint, engine: str) -> None:
    if engine == MOD_MD and endpoint.scheme in ("http", "https"):
        return
    # mod_ssl compares it byte for byte: HTTP:// is another scheme.
    if endpoint.scheme != "http" or not uri.startswith("http:"):
        raise ResponderError("responder_not_http", escape(uri))


def _name_in(uri: str) -> str:
    """Return the host as it is written, which is how httpd looks it up and names it to the responder."""
    authority = re.split(r"[/?#]", uri.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]
    return authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]


def ask(where: Destination, request: bytes, *, timeout: float, deadline: float, keep: int = MAXIMUM_BODY) -> Answer:
    """Send the request and read the answer, or raise ResponderError.

    `timeout` is for each step, in seconds; `deadline` for all of them, name resolution included, on the monotonic
    clock. A response of more than `keep` bytes is `too_large`.
    """
    try:
        connection = connect(where.host, where.port, deadline=deadline, patience=timeout)
    except NetworkError as error:
        word = "unresolvable" if error.code == "unresolvable" else "unreachable"
        raise ResponderError(_party(where, word), error.message, error.attempts) from error
    with connection:
        try:
            peer = _with_tls(connection, where) if where.endpoint.scheme == "https" else connection
            peer.send(_head(where, len(request)) + request)
            read = read_like_mod_md if where.engine == MOD_MD else read_like_mod_ssl
            return Answer(read(buffered(peer.receive), keep=keep), connection.attempts)
        except AnswerError as error:
            raise ResponderError(error.code, _told(error, where), connection.attempts) from error
        except NetworkError as error:
            raise _broken_off(error, connection, where) from error
        except ssl.SSLError as error:
            reason = (getattr(error, "verify_message", "") or error.reason or str(error)).replace("_", " ").lower()
            raise ResponderError("responder_tls_failed", escape(reason), connection.attempts) from error


def _party(where: Destination, word: str) -> str:
    return f"{'proxy' if where.through_proxy else 'responder'}_{word}"


def _told(error: AnswerError, where: Destination) -> str:
    if error.code == "responder_http_error" and where.through_proxy:
        return f"by way of the proxy: {error.message}"
    return error.message


def _broken_off(error: NetworkError, connection: Connection, where: Destination) -> ResponderError:
    if error.code != "timeout":
        return ResponderError("responder_closed", error.message, connection.attempts)
    detail = error.message
    if connection.received > 0:
        detail = f"{connection.received} bytes and not the end"
        if where.engine == MOD_SSL:
            detail += "; it has to close the connection after its answer"
    return ResponderError("responder_timeout", detail, connection.attempts)


def _with_tls(connection: Connection, where: Destination) -> TlsConnection:
    """Return a TLS connection to the responder, whose certificate has to be one that the system trusts."""
    name = where.endpoint.host
    if where.through_proxy:
        authority = where.endpoint.authority
        connection.send(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode("ascii"))
        _read_tunnel(connection)
    return TlsConnection(connection, ssl.create_default_context(), name)


def _read_tunnel(connection: Connection) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.receive()
        head += part
        if not part or len(head) > 65536:
            raise NetworkError("closed", "the proxy opens no tunnel")
    if not re.match(rb"HTTP/1\.[01] 2[0-9]{2}(?![0-9])", head) or not head.endswith(b"\r\n\r\n"):
        raise AnswerError("responder_http_error", f"the proxy opens no tunnel: {escape(head[:60].decode('latin-1'))!r}")


def _head(where: Destination, length: int) -> bytes:
    path = where.endpoint.path.partition("#")[0]
    if not path.startswith("/"):
        path = "/" + path
    lines = _mod_md_head(where, path) if where.engine == MOD_MD else _mod_ssl_head(where, path)
    return "".join(line + "\r\n" for line in [*lines, f"Content-Length: {length}", ""]).encode("ascii")


def _mod_ssl_head(where: Destination, path: str) -> list[str]:
    # An IPv6 address goes without its brackets, and a name with its dot at the end.
    authority = f"{where.name}:{where.endpoint.port}"
    return [
        f"POST {'http://' + authority if where.through_proxy else ''}{path} HTTP/1.0",
        f"Host: {authority}",
        "Content-Type: application/ocsp-request",
        "Connection: close",
    ]


def _mod_md_head(where: Destination, path: str) -> list[str]:
    authority = f"[{where.name}]" if ":" in where.name else where.name
    if where.endpoint.port != {"http": 80, "https": 443}[where.endpoint.scheme]:
        authority += f":{where.endpoint.port}"
    by_proxy = where.through_proxy and where.endpoint.scheme == "http"
    return [
        f"POST {'http://' + authority if by_proxy else ''}{path} HTTP/1.1",
        f"Host: {authority}",
        f"User-Agent: {_MOD_MD_AGENT}",
        "Accept: */*",
        *(["Proxy-Connection: Keep-Alive"] if by_proxy else []),
        "Content-Type: application/ocsp-request",
    ]
