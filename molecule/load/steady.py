# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A steady load of TLS handshakes, with a request for a staple and without.

`steady.py OUTPUT STOP SECONDS HOST:ADDRESS:NAME...` goes on until the file STOP is there, for SECONDS at most, and
makes at most LIMIT handshakes for each target. Each is a new connection to port 443 of the address, and a JSON object
in a line of OUTPUT says when it was, how long it took and how it ended. Nothing of the collection is used.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from typing import TextIO

from OpenSSL import SSL

LIMIT = 30000
PAUSE = 0.05
PATIENCE = 10.0


def context_of(staples: list[bytes] | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    if staples is not None:
        context.set_ocsp_client_callback(lambda _connection, staple, _data: staples.append(staple) or True)
    return context


def finish(connection: SSL.Connection, deadline: float) -> None:
    """Shake hands on a socket with a timeout, which pyOpenSSL sees as one that does not block."""
    while True:
        try:
            connection.do_handshake()
            return
        except (SSL.WantReadError, SSL.WantWriteError):
            if time.monotonic() > deadline:
                raise TimeoutError("no end of the handshake") from None
            time.sleep(0.001)


def shake_hands(address: str, name: str, asking: bool) -> tuple[str, bool]:
    """Return how a handshake ended, and whether there was a staple."""
    staples: list[bytes] = []
    try:
        with socket.create_connection((address, 443), timeout=PATIENCE) as sock:
            connection = SSL.Connection(context_of(staples if asking else None), sock)
            connection.set_tlsext_host_name(name.encode("ascii"))
            if asking:
                connection.request_ocsp()
            connection.set_connect_state()
            finish(connection, time.monotonic() + PATIENCE)
    except ConnectionRefusedError:
        return "refused", False
    except (TimeoutError, socket.timeout):
        return "timeout", False
    except (OSError, SSL.SysCallError, SSL.ZeroReturnError) as error:
        # Handshakes in progress when the server stopped.
        return f"cut off: {error!r}", False
    except SSL.Error as error:
        return f"alert: {error!r}", False
    return "ok", any(staples)


class Load:
    def __init__(self, output: TextIO, stop: str, seconds: float, targets: int) -> None:
        self._output = output
        self._stop = stop
        self._until = time.monotonic() + seconds
        self._left = LIMIT * targets
        self._lock = threading.Lock()

    def over(self) -> bool:
        return self._left <= 0 or time.monotonic() > self._until or os.path.exists(self._stop)

    def work(self, host: str, address: str, name: str, asking: bool) -> None:
        while not self.over():
            begin = time.time()
            end, stapled = shake_hands(address, name, asking)
            entry = {"host": host, "asking": asking, "begin": begin, "seconds": time.time() - begin, "end": end}
            with self._lock:
                self._left -= 1
                self._output.write(json.dumps({**entry, "stapled": stapled}) + "\n")
            time.sleep(PAUSE)


def main() -> None:
    output, stop, seconds, *targets = sys.argv[1:]
    with open(output, "w", encoding="utf-8") as stream:
        load = Load(stream, stop, float(seconds), len(targets))
        workers = [
            threading.Thread(target=load.work, args=(*target.split(":"), asking))
            for target in targets
            for asking in (True, False)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


if __name__ == "__main__":
    main()
