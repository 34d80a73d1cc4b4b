# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`openssl ocsp` behind an HTTP server that clients cannot stop.

Every answer is the openssl command's own, so that not everything in the lab stands on one library. Its own HTTP server
is left out: with -ignore_err it spins for ever once a client goes away without a question, and answers nobody any more.
Its answers live for a week, or below the path /minutes/NUMBER for so long.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from pathlib import Path

from .behaviours import Reply
from .listener import Handler, Listener, serve_until_told

ANSWER_SECONDS = 20
AT_ONCE = 8
# RFC 6960: OCSPResponse ::= SEQUENCE { responseStatus malformedRequest (1) }
MALFORMED = bytes.fromhex("30030a0101")


class PlainServer(Listener):
    """A server that knows the authority's directory, and how many commands may run at once."""

    def __init__(self, address: tuple[str, int], handler: type[Handler], directory: Path) -> None:
        self.directory = directory
        self.turns = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(address, handler)

    def answer(self, question: bytes, life: list[str]) -> bytes:
        """Return the answer of `openssl ocsp`, which reads index.txt again each time."""
        issuing = self.directory / "issuing"
        command: list[str | Path] = ["openssl", "ocsp", "-index", self.directory / "index.txt"]
        command += ["-CA", f"{issuing}.pem", "-rsigner", f"{issuing}.pem", "-rkey", f"{issuing}.key", *life]
        command += ["-reqin", "/dev/stdin", "-respout", "/dev/stdout", "-out", "/dev/null"]
        with self.turns:
            done = subprocess.run(command, input=question, capture_output=True, timeout=ANSWER_SECONDS, check=False)
        if done.returncode:
            sys.stderr.write(done.stderr.decode(errors="replace"))
            return MALFORMED
        return done.stdout


class PlainHandler(Handler):
    """A handler for questions under any path."""

    server: PlainServer

    def answer(self, path: str, question: bytes) -> None:
        """Answer one question."""
        try:
            self.send(Reply(self.server.answer(question, _life(path))))
        except subprocess.TimeoutExpired:
            self.send(Reply(b"openssl is too slow\n", status=503, content_type="text/plain"))


def _life(path: str) -> list[str]:
    words = path.strip("/").split("/")
    return ["-nmin", str(int(words[1]))] if words[0] == "minutes" and len(words) > 1 else ["-ndays", "7"]


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="responder.plain", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="issuing.pem, issuing.key and index.txt")
    parser.add_argument("--address", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=80)
    arguments = parser.parse_args()
    serve_until_told(PlainServer((arguments.address, arguments.port), PlainHandler, arguments.directory))


if __name__ == "__main__":
    main()
