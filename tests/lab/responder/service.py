# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: one handler for OCSP, one for control."""

from __future__ import annotations

import base64
import binascii
import json
import socket
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .answers import error_answer, read_question
from .authority import Authority
from .behaviours import Behaviour, Reply, parse_behaviour, reply_to
from .ledger import Ledger

LARGEST_REQUEST = 65536


class Server(ThreadingHTTPServer):
    """Many clients at once: the queue must hold a handshake per vhost of a large fleet."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], authority: Authority, ledger: Ledger
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.authority = authority
        self.ledger = ledger
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Listen on IPv4 as well, where the address is the IPv6 wildcard."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Not the parent's: it asks the name server for a host name, which may take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 30

    def log_message(self, format: str, *arguments: object) -> None:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {self.client_address[0]} {format % arguments}\n")

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_REQUEST:
            return None
        return self.rfile.read(int(length))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if reply.location is not None:
            self.send_header("Location", reply.location)
        self.end_headers()
        self.wfile.write(reply.body)


class OcspHandler(_Handler):
    """`/as/BEHAVIOUR` answers in that way, any other path in the way that is switched on."""

    def do_POST(self) -> None:
        """The form that httpd uses."""
        body = self._body()
        if body is None:
            self._send(Reply(b"no usable Content-Length\n", status=400, content_type="text/plain"))
            return
        self._answer(self.path, body)

    def do_GET(self) -> None:
        """The form of RFC 6960, appendix A: the question as the last part of the path, base64 and escaped."""
        path, _slash, question = self.path.rpartition("/")
        try:
            body = base64.b64decode(urllib.parse.unquote(question), validate=True)
        except binascii.Error:
            body = b""
        self._answer(path or "/", body)

    def _answer(self, path: str, body: bytes) -> None:
        ledger = self.server.ledger
        try:
            question = read_question(body)
        except ValueError:
            ledger.count(path, None)
            self._send(Reply(error_answer("MALFORMED_REQUEST")))
            return
        ledger.count(path, question.serial_number)
        try:
            behaviour = _behaviour_of(path) or ledger.behaviour
        except ValueError as error:
            self._send(Reply(f"{error}\n".encode(), status=404, content_type="text/plain"))
            return
        reply = reply_to(behaviour, question, self.server.authority)
        if reply.delay:
            time.sleep(reply.delay)
        if reply.close:
            self.close_connection = True
            return
        self._send(reply)


class ControlHandler(_Handler):
    """GET / shows behaviour and counts; PUT /behaviour/NAME switches; DELETE /counts forgets all requests."""

    def do_GET(self) -> None:
        """Show everything."""
        self._send_summary()

    def do_PUT(self) -> None:
        """Switch the global behaviour."""
        word, _slash, name = urllib.parse.unquote(self.path).strip("/").partition("/")
        try:
            if word != "behaviour":
                raise ValueError(f"no such control: {word}")
            self.server.ledger.behaviour = parse_behaviour(name)
        except ValueError as error:
            self._send(Reply(f"{error}\n".encode(), status=400, content_type="text/plain"))
            return
        self._send_summary()

    def do_DELETE(self) -> None:
        """Forget all requests."""
        self.server.ledger.reset()
        self._send_summary()

    def _send_summary(self) -> None:
        body = json.dumps(self.server.ledger.summary(), sort_keys=True).encode() + b"\n"
        self._send(Reply(body, content_type="application/json"))


def _behaviour_of(path: str) -> Behaviour | None:
    parts = urllib.parse.unquote(path).strip("/").split("/")
    return parse_behaviour(parts[1]) if parts[0] == "as" and len(parts) > 1 else None
