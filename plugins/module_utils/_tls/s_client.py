# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
One TLS handshake by the program `openssl s_client`, for a host without pyOpenSSL.

Python's own ssl module can neither ask for a staple nor show one. The program never sees the network: it talks to a
socket in a directory of its own, and every byte is passed on here, so that deadline and limits are those of a handshake
by pyOpenSSL. What the server presents is read from the messages of TLS, which s_client writes into a file.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import subprocess
import tempfile
import time
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._connection import Connection, NetworkError
from ansible_collections.stapling.httpd.plugins.module_utils._process import find_program
from ansible_collections.stapling.httpd.plugins.module_utils._tls.context import CIPHERS, SIGNATURE_ALGORITHMS
from ansible_collections.stapling.httpd.plugins.module_utils._tls.messages import (
    Message,
    MessageError,
    Presented,
    is_complete,
    presented,
    read_messages,
)

_PIECE = 32768
# In hexadecimal digits and with what both sides say, of the bytes that a server may send.
_MOST_TEXT = 16 * 1024 * 1024
_MOST_ERRORS = 64 * 1024
_REASON = re.compile(r":error:[0-9A-F]+:[^:\n]*:[^:\n]*:([^:\n]+):", re.ASCII)
_VERSION_OPTIONS = {"TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}


class Refused(Exception):
    """The handshake was not completed: the reason in OpenSSL's words, None where the server has just hung up.

    `shown` is what the server had presented by then.
    """

    def __init__(self, reason: str | None, shown: Presented | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.shown = shown


def has_s_client() -> bool:
    """Tell whether the program is there."""
    return find_program("openssl") is not None


def ask_by_program(
    peer: Connection,
    *,
    name: bytes | None,
    key_type: str | None,
    tls_version: str | None,
    status_request: bool,
    deadline: float,
    check: t.Callable[[bytes], None],
) -> Presented:
    """
    Shake hands over this connection; or raise Refused, NetworkError, or what `check` raises.

    `name` is sent as SNI. `check` gets each piece that the server sends before the program does.
    """
    options = _options(name, key_type, tls_version, status_request=status_request)
    with tempfile.TemporaryDirectory(prefix="ocsp-stapling-") as directory:
        messages_file, errors_file = os.path.join(directory, "messages"), os.path.join(directory, "errors")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, open(errors_file, "wb") as errors:
            listener.bind(os.path.join(directory, "server"))
            listener.listen(1)
            command = [find_program("openssl") or "openssl", "s_client", "-unix", str(listener.getsockname())]
            process = subprocess.Popen(
                [*command, "-msg", "-msgfile", messages_file, *options],
                stdin=subprocess.DEVNULL,
                # What the server says after the handshake.
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env={**os.environ, "LC_ALL": "C"},
                cwd="/",
            )
            with process:
                try:
                    hung_up = _pass_on(peer, listener, process, deadline=deadline, check=check)
                    process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    raise NetworkError("timeout", "no answer in time", peer.attempts) from None
                finally:
                    process.kill()
        messages = read_messages(_read(messages_file, _MOST_TEXT))
        return _outcome(messages, _read(errors_file, _MOST_ERRORS), hung_up=hung_up)


def _options(name: bytes | None, key_type: str | None, tls_version: str | None, *, status_request: bool) -> list[str]:
    # As pyOpenSSL's contexts: no version of TLS that clients refuse.
    options = ["-no_tls1", "-no_tls1_1"] if tls_version is None else [_VERSION_OPTIONS[tls_version]]
    options += ["-noservername"] if name is None else ["-servername", name.decode("ascii")]
    if status_request:
        options.append("-status")
    if key_type is not None:
        options += ["-sigalgs", SIGNATURE_ALGORITHMS[key_type], "-cipher", CIPHERS[key_type]]
    return options


def _pass_on(
    peer: Connection,
    listener: socket.socket,
    process: subprocess.Popen[bytes],
    *,
    deadline: float,
    check: t.Callable[[bytes], None],
) -> bool:
    """Pass on what both sides say until one hangs up, and return whether that was the server."""
    program = _accepted(listener, process, deadline=deadline)
    if program is None:
        return False
    poll = select.poll()
    with program:
        poll.register(program, select.POLLIN)
        poll.register(peer, select.POLLIN)
        while True:
            remaining = deadline - time.monotonic()
            ready = [descriptor for descriptor, _event in poll.poll(remaining * 1000)] if remaining > 0 else []
            if not ready:
                raise NetworkError("timeout", "no answer in time", peer.attempts)
            if program.fileno() in ready:
                data = _received(program)
                if not data:
                    return False
                _send_leniently(peer, data)
            if peer.fileno() in ready:
                part = peer.receive()
                if not part:
                    return True
                check(part)
                with contextlib.suppress(OSError):
                    program.sendall(part)


def _accepted(listener: socket.socket, process: subprocess.Popen[bytes], *, deadline: float) -> socket.socket | None:
    """Return the program's end of the connection, or None if it has ended without making one."""
    listener.settimeout(0.2)
    while time.monotonic() < deadline:
        try:
            program, _address = listener.accept()
        except socket.timeout:
            if process.poll() is not None:
                return None
            continue
        program.settimeout(max(0.1, deadline - time.monotonic()))
        return program
    raise NetworkError("timeout", "openssl s_client did not start in time")


def _received(program: socket.socket) -> bytes:
    try:
        return program.recv(_PIECE)
    except OSError:
        return b""


def _send_leniently(peer: Connection, data: bytes) -> None:
    """Send to the server. One that has hung up may have said before why it did so."""
    try:
        peer.send(data)
    except NetworkError as error:
        if error.code != "closed":
            raise


def _outcome(messages: list[Message], errors: str, *, hung_up: bool) -> Presented:
    try:
        found = presented(messages)
    except MessageError as error:
        raise Refused(f"a message cannot be read: {error}") from error
    if is_complete(messages):
        return found or Presented((), b"", messages[-1].version)
    reasons = [reason for reason in _REASON.findall(errors) if "unexpected eof" not in reason]
    if reasons:
        raise Refused(reasons[0], found)
    raise Refused(None if hung_up or "unexpected eof" in errors or not errors else _shown(errors), found)


def _shown(errors: str) -> str:
    return f"openssl s_client: {errors.strip().splitlines()[-1][:200]}" if errors.strip() else "no reason given"


def _read(path: str, most: int) -> str:
    try:
        with open(path, "rb") as stream:
            return stream.read(most).decode("latin-1")
    except FileNotFoundError:
        return ""
