# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers on the loopback interface: OCSP responders, proxies, TLS servers that staple, and some that misbehave."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
import typing as t
import warnings
from pathlib import Path

from OpenSSL import SSL, crypto

from ansible_collections.stapling.httpd.tests.unit.support.pki import Identity

Handler = t.Callable[[socket.socket], None]


class Server:
    """Accepts connections and gives each to the handler in a thread of its own; counts them."""

    def __init__(self, handler: Handler, *, host: str = "127.0.0.1") -> None:
        self.handler = handler
        self.connections = 0
        self.most_at_once = 0
        self._open = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, 0))
        self._listener.listen(128)
        self.host, self.port = self._listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        try:
            with connection, contextlib.suppress(OSError, SSL.Error):
                connection.settimeout(20)
                self.handler(connection)
        finally:
            with self._lock:
                self._open -= 1


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of an HTTP request."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return data, b""
        data += part
    head, _separator, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        part = connection.recv(65536)
        if not part:
            break
        body += part
    return head, body


class Responder:
    """An HTTP server whose answers are made by a function from the request's head and body, byte for byte."""

    def __init__(self, answer: t.Callable[[bytes, bytes], bytes], *, delay: float = 0.0) -> None:
        self.answer = answer
        self.delay = delay
        self.requests: list[tuple[bytes, bytes]] = []
        self.most_at_once = 0
        self._asked = 0
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket) -> None:
        head, body = read_request(connection)
        with self._lock:
            self.requests.append((head, body))
            self._asked += 1
            self.most_at_once = max(self.most_at_once, self._asked)
        time.sleep(self.delay)
        answer = self.answer(head, body)
        with self._lock:
            # Before the answer goes out: whoever has it may ask the next question at once.
            self._asked -= 1
        connection.sendall(answer)


def http_answer(body: bytes, *, status: str = "200 OK", headers: t.Sequence[str] = ()) -> bytes:
    lines = [f"HTTP/1.0 {status}", "Content-Type: application/ocsp-response", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def hang(connection: socket.socket) -> None:
    """Read, and never answer."""
    while connection.recv(65536):
        pass


class Site(t.NamedTuple):
    """What a virtual host presents: an identity for each type of key, and what it staples to each."""

    identities: tuple[Identity, ...]
    staple: t.Callable[[Identity], bytes]


class StaplingServer:
    """A TLS server with virtual hosts; the site under None is the default one."""

    def __init__(
        self,
        sites: dict[str | None, Site],
        *,
        only: str | None = None,
        alert_when_asked: bool = False,
        groups: str | None = None,
    ) -> None:
        self.alert_when_asked = alert_when_asked
        self.groups = groups
        self.only = only
        self.sites = {name: (self._context(site), site) for name, site in sites.items()}

    def _context(self, site: Site) -> SSL.Context:
        context = SSL.Context(getattr(SSL, "TLS_METHOD", SSL.SSLv23_METHOD))
        if self.only == "TLSv1.2":
            context.set_options(SSL.OP_NO_TLSv1_3)
        elif self.only == "TLSv1.3":
            context.set_options(SSL.OP_NO_TLSv1_2 | SSL.OP_NO_TLSv1_1 | SSL.OP_NO_TLSv1)
        if self.groups is not None:
            assert SSL._lib.SSL_CTX_set1_curves_list(context._context, self.groups.encode("ascii")) == 1
        with warnings.catch_warnings():
            # pyOpenSSL 26 would rather have the objects of cryptography, which pyOpenSSL 20 does not take.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._present(context, site)
        context.set_ocsp_server_callback(self._staple)
        context.set_tlsext_servername_callback(self._choose)
        return context

    def _present(self, context: SSL.Context, site: Site) -> None:
        for identity in site.identities:
            context.use_certificate(crypto.X509.from_cryptography(identity.certificate))
            # pyOpenSSL 20 converts no keys but RSA and DSA.
            context.use_privatekey(crypto.load_privatekey(crypto.FILETYPE_PEM, identity.key_pem.encode("ascii")))
        sent = set()
        for identity in site.identities:
            for certificate in identity.above:
                if certificate.serial_number not in sent:
                    sent.add(certificate.serial_number)
                    context.add_extra_chain_cert(crypto.X509.from_cryptography(certificate))

    def _choose(self, connection: SSL.Connection) -> None:
        name = (connection.get_servername() or b"").decode("ascii") or None
        if name in self.sites:
            connection.set_context(self.sites[name][0])
            connection.set_app_data(self.sites[name][1])

    def _staple(self, connection: SSL.Connection, _data: object) -> bytes:
        if self.alert_when_asked:
            raise ValueError("no staple can be prepared")
        site = connection.get_app_data() or self.sites[None][1]
        presented = connection.get_certificate().to_cryptography()
        identity = next(entry for entry in site.identities if entry.certificate == presented)
        return site.staple(identity)

    def __call__(self, connection: socket.socket) -> None:
        default = self.sites.get(None) or next(iter(self.sites.values()))
        connection.settimeout(None)
        tls = SSL.Connection(default[0], connection)
        tls.set_accept_state()
        with contextlib.suppress(ValueError, SSL.Error):
            tls.do_handshake()
            while tls.recv(4096):
                pass


class OpenSslServer:
    """`openssl s_server`, which staples whatever it is given; OpenSSL 4 as a library leaves out what does not fit."""

    def __init__(self, directory: Path, identity: Identity, staple: bytes, options: t.Sequence[str] = ()) -> None:
        self.host, self.port = "127.0.0.1", closed_port()
        (directory / "certificate.pem").write_text(identity.pem)
        (directory / "key.pem").write_text(identity.key_pem)
        (directory / "chain.pem").write_text(identity.chain_pem)
        (directory / "staple.der").write_bytes(staple)
        files = ["-cert", "certificate.pem", "-key", "key.pem", "-cert_chain", "chain.pem"]
        self._process = subprocess.Popen(
            [
                "openssl",
                "s_server",
                "-accept",
                f"{self.host}:{self.port}",
                *files,
                "-status_file",
                "staple.der",
                *options,
            ],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> OpenSslServer:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection((self.host, self.port), timeout=1).close()
                return self
            time.sleep(0.02)
        raise TimeoutError("openssl s_server does not listen")

    def __exit__(self, *_exception: object) -> None:
        self._process.kill()
        self._process.communicate()
