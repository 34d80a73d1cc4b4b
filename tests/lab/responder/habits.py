# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Habits of HTTP servers, by name: the OCSP response is good, and the way in which it is sent is not the usual one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n"


@dataclass(frozen=True)
class Habit:
    """What goes over the wire for a response, byte for byte.

    open: seconds that the connection stays open afterwards; reset: it ends in a reset; only_for: the header that a
    request needs, or its version of HTTP, to be answered.
    """

    wire: Callable[[bytes], bytes]
    open: float = 0.0
    reset: bool = False
    only_for: str = ""


def _with(*headers: bytes, status: bytes = _OK, before: bytes = b"", after: bytes = b"") -> Callable[[bytes], bytes]:
    return lambda body: before + status + b"".join(line + b"\r\n" for line in headers) + b"\r\n" + body + after


def _length(difference: int) -> Callable[[bytes], bytes]:
    return lambda body: _OK + b"Content-Length: %d\r\n\r\n" % (len(body) + difference) + body


def _chunked(body: bytes) -> bytes:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:], b""))
    return _OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks


def _many(count: int, size: int) -> Callable[[bytes], bytes]:
    return _with(*[b"X-%d: %s" % (number, b"y" * size) for number in range(count)])


HABITS: dict[str, Habit] = {
    "http-plain": Habit(_length(0)),
    "http-no-length": Habit(_with()),
    "http-keep-alive": Habit(_length(0), open=20),
    "http-chunked": Habit(_chunked),
    "http-reset": Habit(_length(0), reset=True),
    "http-only-1.1": Habit(_length(0), only_for="HTTP/1.1"),
    "http-needs-agent": Habit(_length(0), only_for="User-Agent"),
    "http-needs-accept": Habit(_length(0), only_for="Accept"),
    "http-100-continue": Habit(lambda body: b"HTTP/1.1 100 Continue\r\n\r\n" + _length(0)(body)),
    "http-103-early-hints": Habit(
        lambda body: b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" + _length(0)(body)
    ),
    "http-header-of-7-kb": Habit(_many(1, 7000)),
    "http-header-of-70-kb": Habit(_many(1, 70_000)),
    "http-80-headers-of-1-kb": Habit(_many(80, 1000)),
    "http-250-headers": Habit(_many(250, 1)),
    "http-300-headers": Habit(_many(300, 1)),
    "http-line-end-after": Habit(_with(after=b"\r\n")),
    "http-zeros-after": Habit(_with(after=bytes(1000))),
    "http-length-too-large": Habit(_length(100)),
    "http-length-too-small": Habit(_length(-100)),
    "http-header-without-colon": Habit(_with(b"nonsense")),
    "http-status-2000": Habit(_with(status=b"HTTP/1.1 2000 OK\r\n")),
    "http-status-204": Habit(_with(status=b"HTTP/1.1 204 No Content\r\n")),
    "http-status-500": Habit(_with(status=b"HTTP/1.1 500 Oh no\r\n")),
    "http-status-299": Habit(_with(status=b"HTTP/1.1 299 Fine\r\n")),
    "http-without-reason": Habit(_with(status=b"HTTP/1.1 200\r\n")),
    "http-line-feeds": Habit(lambda body: b"HTTP/1.0 200 OK\nX: y\n\n" + body),
}
