# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP server for questions: bounded, and with a thread per client, so that none can hold up the others."""

from __future__ import annotations

import base64
import binascii
import signal
import socket
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .behaviours import Reply
from .habits import Habit

LARGEST_REQUEST = 65536


class Listener(ThreadingHTTPServer):
    """A server for many clients at once: its queue must hold a handshake per vhost of a large fleet."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
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


class Handler(BaseHTTPRequestHandler):
    """A handler that reads one whole question; a client that goes away, or sends half of one and waits, is let go."""

    timeout = 30

    def answer(self, path: str, question: bytes) -> None:
        """Answer one question; a handler that takes none refuses it."""
        self.send(Reply(b"no questions here\n", status=404, content_type="text/plain"))

    def body(self) -> bytes | None:
        """Return the whole body; None where it is too long, of unknown length, or not sent to its end."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_REQUEST:
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def do_POST(self) -> None:
        """Answer the form that httpd uses."""
        question = self.body()
        if question is None:
            self.send(Reply(b"no usable body\n", status=400, content_type="text/plain"))
        else:
            self.answer(self.path, question)

    def do_GET(self) -> None:
        """Answer the form of RFC 6960, appendix A: the question as the last part of the path, base64 and escaped."""
        path, _slash, encoded = self.path.rpartition("/")
        try:
            question = base64.b64decode(urllib.parse.unquote(encoded), validate=True)
        except binascii.Error:
            question = b""
        self.answer(path or "/", question)

    def send(self, reply: Reply) -> None:
        """Send a whole reply."""
        if reply.habit is not None:
            self._send_by_habit(reply.habit, reply.body)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if reply.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(reply.body)))
        if reply.location is not None:
            self.send_header("Location", reply.location)
        self.end_headers()
        if reply.chunked:
            self.wfile.write(b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (reply.body, b"")))
        elif reply.drip:
            self._drip(reply)
        else:
            self.wfile.write(reply.body)
        time.sleep(reply.linger)

    def _send_by_habit(self, habit: Habit, body: bytes) -> None:
        """Send the bytes as the habit has it, to those who ask as it needs it."""
        if habit.only_for and habit.only_for != self.request_version and habit.only_for not in self.headers:
            self.send_error(505 if habit.only_for.startswith("HTTP/") else 403)
            return
        self.wfile.write(habit.wire(body))
        time.sleep(habit.open)
        if habit.reset:
            # Time for the bytes to arrive before what cuts them off.
            time.sleep(0.2)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self.connection.close()

    def _drip(self, reply: Reply) -> None:
        """Send a piece each second: no pause in which anybody would give up."""
        size = max(1, int(len(reply.body) / max(reply.drip, 1)))
        for begin in range(0, len(reply.body), size):
            self.wfile.write(reply.body[begin : begin + size])
            time.sleep(1)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log one line per request."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {self.client_address[0]} {format % arguments}\n")


def serve_until_told(*servers: Listener) -> None:
    """Serve until a signal says to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    # The ports as they are: port 0 asks for any free one.
    print("listening on", *(server.server_port for server in servers), flush=True)
    stop.wait()
    for server in servers:
        server.shutdown()
