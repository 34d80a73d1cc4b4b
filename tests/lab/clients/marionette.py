# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firefox's remote protocol: JSON messages, each behind its length, over TCP."""

from __future__ import annotations

import json
import socket
import time
from typing import Any


class MarionetteError(Exception):
    """What Firefox answers to a command that did not succeed."""


class Marionette:
    """One session with a Firefox that listens on a port of this machine."""

    def __init__(self, port: int, seconds: float) -> None:
        self._socket = _connect(port, seconds)
        self._socket.settimeout(seconds)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self._read()  # its greeting

    def call(self, command: str, **parameters: Any) -> Any:
        """Return the result of a command; MarionetteError has the message of one that failed."""
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _kind, _number, error, result = self._read()
        if error:
            raise MarionetteError(f"{error['error']}: {error['message']}")
        return result

    def close(self) -> None:
        """Leave Firefox."""
        self._stream.close()
        self._socket.close()

    def _read(self) -> Any:
        digits = b""
        while not digits.endswith(b":"):
            byte = self._stream.read(1)
            if not byte:
                raise MarionetteError("Firefox has hung up")
            digits += byte
        return json.loads(self._stream.read(int(digits[:-1])))


def _connect(port: int, seconds: float) -> socket.socket:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=seconds)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
