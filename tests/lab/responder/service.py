# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: one handler for OCSP, one for control."""

from __future__ import annotations

import json
import time
import urllib.parse

from .answers import error_answer, read_question
from .authority import Authority
from .behaviours import Behaviour, Reply, parse_behaviour, parse_script, reply_to
from .ledger import Ledger
from .listener import Handler, Listener


class Server(Listener):
    """A server that knows what to answer with."""

    def __init__(self, address: tuple[str, int], handler: type[Handler], authority: Authority, ledger: Ledger) -> None:
        self.authority = authority
        self.ledger = ledger
        super().__init__(address, handler)


class OcspHandler(Handler):
    """A handler that answers `/as/BEHAVIOUR` so, and any other path as is switched on for it, or for all."""

    server: Server

    def answer(self, path: str, question: bytes) -> None:
        """Answer one question."""
        ledger = self.server.ledger
        try:
            asked = read_question(question)
        except ValueError:
            ledger.count(path, None)
            self.send(Reply(error_answer("MALFORMED_REQUEST")))
            return
        ledger.count(path, asked.serial_number)
        try:
            behaviour = _behaviour_of(path) or ledger.next_behaviour(path)
        except ValueError as error:
            self.send(Reply(f"{error}\n".encode(), status=404, content_type="text/plain"))
            return
        reply = reply_to(behaviour, asked, self.server.authority)
        if reply.delay:
            time.sleep(reply.delay)
        if reply.close:
            self.close_connection = True
            return
        self.send(reply)


class ControlHandler(Handler):
    """The control port: GET / shows behaviour and counts, PUT /behaviour/NAME switches for all, DELETE /counts resets.

    PUT /paths switches for single paths: a JSON object of path and behaviours, `{"/host/a": "good,stale"}`.
    """

    server: Server

    def do_GET(self) -> None:
        """Show everything."""
        self._send_summary()

    def do_PUT(self) -> None:
        """Switch behaviours."""
        word, _slash, name = urllib.parse.unquote(self.path).strip("/").partition("/")
        try:
            if word == "behaviour":
                self.server.ledger.behaviour = parse_behaviour(name)
            elif word == "paths":
                scripts = json.loads(self.body() or b"{}")
                self.server.ledger.script({path: parse_script(text) for path, text in scripts.items()})
            else:
                raise ValueError(f"no such control: {word}")
        except ValueError as error:
            self.send(Reply(f"{error}\n".encode(), status=400, content_type="text/plain"))
            return
        self._send_summary()

    def do_DELETE(self) -> None:
        """Forget all requests."""
        self.server.ledger.reset()
        self._send_summary()

    def _send_summary(self) -> None:
        body = json.dumps(self.server.ledger.summary(), sort_keys=True).encode() + b"\n"
        self.send(Reply(body, content_type="application/json"))


def _behaviour_of(path: str) -> Behaviour | None:
    parts = urllib.parse.unquote(path).strip("/").split("/")
    return parse_behaviour(parts[1]) if parts[0] == "as" and len(parts) > 1 else None
