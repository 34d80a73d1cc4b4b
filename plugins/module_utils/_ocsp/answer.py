# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP answers as the engine reads them that will ask: mod_ssl by its own few rules, mod_md by those of libcurl.

http.client has neither set of rules: it refuses 101 headers, accepts a header without a colon, and a body that ends
early is none of its concern when it is read up to a limit.
"""

from __future__ import annotations

import io
import re
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._connection import NetworkError
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

# Both engines stop here at the latest.
MAXIMUM_BODY = 2048 * 1024
# mod_ssl: 255 header lines, of 8192 bytes each.
_MOD_SSL_LINES = 255
_MOD_SSL_LINE = 8192
# libcurl: 100 kB for a line, 300 kB for all of them, 5000 lines.
_MOD_MD_LINES = 5000
_MOD_MD_LINE = 100 * 1024
_MOD_MD_HEAD = 300 * 1024
_SHOWN = 120
_PIECE = 65536
# A tag and a length.
_TELLING = 6

_MOD_SSL_STATUS = re.compile(rb"HTTP/[^ ]* [ \t]*\+?([0-9]{1,9})")
_MOD_MD_STATUS = re.compile(rb"HTTP/1\.[01] +([0-9]{3})")
_DIGITS = re.compile(rb"[0-9]{1,9}\Z")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?\Z")


class AnswerError(StaplingError):
    """An answer that the engine does not take: a word of the table of problems, and the details."""


class Stream(io.RawIOBase):
    """What a connection receives, as a file that can only be read."""

    def __init__(self, receive: t.Callable[[], bytes]) -> None:
        super().__init__()
        self._receive = receive
        self._left = b""

    def readable(self) -> bool:
        """Return True: reading is all that it can do."""
        return True

    def readinto(self, buffer: t.Any) -> int:
        """Fill the buffer with what comes next; 0 at the end."""
        part = self._left or self._receive()
        size = min(len(part), len(buffer))
        buffer[:size] = part[:size]
        self._left = part[size:]
        return size


def buffered(receive: t.Callable[[], bytes]) -> io.BufferedReader:
    """Return a file over the bytes that the function returns, piece by piece."""
    return io.BufferedReader(Stream(receive), _PIECE)


def read_like_mod_ssl(stream: io.BufferedReader, *, keep: int) -> tuple[bytes, ...]:
    """Return the response that mod_ssl would decode, in parts, at most `keep` bytes; or raise AnswerError."""
    first = _first_line(stream, _MOD_SSL_LINE)
    _check_status(_MOD_SSL_STATUS.match(first), first, _rest_of_head(stream))
    headers = _headers(stream, most=_MOD_SSL_LINES, longest=_MOD_SSL_LINE, log="AH01982")
    # It asks by HTTP/1.0, so the end of the connection is the end of the answer, whatever a header promises.
    body = _Body(keep)
    body.take(stream, None)
    if not body.beginning.startswith(b"\x30") and b"chunked" in _value(headers, b"transfer-encoding").lower():
        raise AnswerError(
            "not_ocsp", "it comes in chunks, which HTTP/1.0 does not have and mod_ssl does not put together"
        )
    return body.response()


def read_like_mod_md(stream: io.BufferedReader, *, keep: int) -> tuple[bytes, ...]:
    """Return the response that mod_md would decode, in parts, at most `keep` bytes; or raise AnswerError."""
    match, first, headers = _mod_md_head(stream)
    body = _Body(keep)
    length = _value(headers, b"content-length")
    if match.group(1) in (b"204", b"304"):
        # These have no body, whatever follows.
        raise AnswerError("responder_empty", "")
    if b"chunked" in _value(headers, b"transfer-encoding").lower():
        _take_chunks(stream, body)
    elif _DIGITS.match(length):
        body.take(stream, int(length))
    else:
        body.take(stream, None)
    if not body.beginning.startswith(b"\x30"):
        # It decodes the body whatever the status is; only what is no response anyway is explained by it.
        _check_status(match, first, lambda: headers)
    return body.response()


def _mod_md_head(stream: io.BufferedReader) -> tuple[re.Match[bytes], bytes, list[bytes]]:
    """Return status and headers of the answer proper; what is provisional (100, 103) is passed over."""
    while True:
        first = _first_line(stream, _MOD_MD_LINE)
        match = _MOD_MD_STATUS.match(first)
        if match is None:
            raise AnswerError("responder_not_speaking_http", f"it says {_shown(first)}")
        headers = _headers(stream, most=_MOD_MD_LINES, longest=_MOD_MD_LINE, log="")
        if not match.group(1).startswith(b"1"):
            break
    if sum(map(len, headers)) > _MOD_MD_HEAD:
        raise AnswerError("responder_not_speaking_http", f"its headers have more than {_MOD_MD_HEAD} bytes")
    for header in headers:
        if b":" not in header and not header.startswith((b" ", b"\t")):
            raise AnswerError("responder_not_speaking_http", f"a header has no colon: {_shown(header)}")
    return match, first, headers


def _first_line(stream: io.BufferedReader, longest: int) -> bytes:
    """Return the line that tells HTTP from anything else."""
    beginning = stream.peek(1)
    if not beginning:
        raise AnswerError("responder_closed", "without any answer")
    # Less than the whole word may be there so far.
    if not beginning.startswith(b"HTTP/"[: len(beginning)]):
        raise AnswerError("responder_not_speaking_http", f"it says {_shown(beginning)}")
    return _line(stream, longest)


def _line(stream: io.BufferedReader, longest: int) -> bytes:
    """Return the next line without its end."""
    line = stream.readline(longest + 1)
    if not line:
        raise AnswerError("responder_closed", "before the end of the HTTP headers")
    if not line.endswith(b"\n"):
        if len(line) > longest:
            raise AnswerError(
                "responder_not_speaking_http", f"a line of its HTTP headers has more than {longest} bytes"
            )
        raise AnswerError("responder_closed", "in the middle of the HTTP headers")
    return line[:-2] if line.endswith(b"\r\n") else line[:-1]


def _headers(stream: io.BufferedReader, *, most: int, longest: int, log: str) -> list[bytes]:
    """Return the header lines up to the empty one."""
    headers: list[bytes] = []
    while True:
        line = _line(stream, longest)
        if not line:
            return headers
        headers.append(line)
        if len(headers) > most:
            logged = f"; httpd would log {log}" if log else ""
            raise AnswerError("responder_not_speaking_http", f"it sends more than {most} headers{logged}")


def _rest_of_head(stream: io.BufferedReader) -> t.Callable[[], list[bytes]]:
    """Return a function that reads the headers of an answer that is refused already, for what they explain."""

    def read() -> list[bytes]:
        try:
            return _headers(stream, most=_MOD_SSL_LINES, longest=_MOD_SSL_LINE, log="")
        except (AnswerError, NetworkError):
            return []

    return read


def _check_status(match: re.Match[bytes] | None, line: bytes, headers: t.Callable[[], list[bytes]]) -> None:
    if match is None:
        raise AnswerError("responder_not_speaking_http", f"it says {_shown(line)}")
    code = int(match.group(1))
    if 300 <= code <= 399:
        location = _value(headers(), b"location")
        raise AnswerError("responder_redirect", f"to {_shown(location)}" if location else f"HTTP {code}")
    if not 200 <= code <= 299:
        raise AnswerError("responder_http_error", f"HTTP {code}: {_shown(line[match.end() :].strip())}")


def _value(headers: t.Sequence[bytes], name: bytes) -> bytes:
    """Return the value of the last header with this name, or nothing."""
    found = b""
    for header in headers:
        before, colon, value = header.partition(b":")
        if colon and before.strip().lower() == name:
            found = value.strip()
    return found


def _take_chunks(stream: io.BufferedReader, body: _Body) -> None:
    while True:
        line = _line(stream, _MOD_MD_LINE)
        match = _CHUNK.match(line)
        if match is None:
            raise AnswerError("responder_not_speaking_http", f"a chunk begins with {_shown(line)}")
        size = int(match.group(1), 16)
        if size == 0:
            _headers(stream, most=_MOD_MD_LINES, longest=_MOD_MD_LINE, log="")
            return
        body.take(stream, size)
        if _line(stream, _MOD_MD_LINE):
            raise AnswerError("responder_not_speaking_http", "a chunk is longer than it says")


class _Body:
    """The body so far: its first bytes, and how many there were."""

    def __init__(self, keep: int) -> None:
        self.length = 0
        self._keep = keep
        self._kept = 0
        self._parts: list[bytes] = []

    @property
    def beginning(self) -> bytes:
        """The first bytes, as many as tell what it is."""
        begin = b""
        for part in self._parts:
            begin += part
            if len(begin) >= _TELLING:
                break
        return begin

    def take(self, stream: io.BufferedReader, size: int | None) -> None:
        """Read `size` bytes, or all that come if it is None."""
        expected = None if size is None else self.length + size
        while expected is None or self.length < expected:
            part = stream.read1(_PIECE if expected is None else min(_PIECE, expected - self.length))
            if not part and expected is None:
                return
            if not part:
                raise AnswerError("responder_closed", f"after {self.length} of {expected} bytes")
            if self._kept < self._keep:
                self._parts.append(part[: self._keep - self._kept])
                self._kept += len(self._parts[-1])
            self.length += len(part)
            if self.length > MAXIMUM_BODY:
                raise AnswerError("responder_oversized", f"more than {MAXIMUM_BODY} bytes")

    def response(self) -> tuple[bytes, ...]:
        """Return the parts of the response without what follows it: no decoder of OpenSSL looks at that."""
        if not self._parts:
            raise AnswerError("responder_empty", "")
        length = _der_length(self.beginning)
        if length is None:
            return tuple(self._parts)
        if self.length < length:
            raise AnswerError("responder_closed", f"after {self.length} of {length} bytes of the response")
        if length > self._kept:
            raise AnswerError("too_large", f"it has {length} bytes")
        return tuple(_cut(self._parts, length))


def _cut(parts: t.Iterable[bytes], length: int) -> t.Iterator[bytes]:
    for part in parts:
        if length <= 0:
            return
        yield part[:length]
        length -= len(part)


def _der_length(data: bytes) -> int | None:
    """Return how long the SEQUENCE is that these bytes begin with, or None if it is none that says so."""
    if len(data) < 2 or data[0] != 0x30 or data[1] == 0x80 or data[1] > 0x84:
        return None
    if data[1] < 0x80:
        return 2 + data[1]
    size = data[1] & 0x7F
    return 2 + size + int.from_bytes(data[2 : 2 + size], "big") if len(data) >= 2 + size else None


def _shown(data: bytes) -> str:
    """Return a piece of what a stranger sent, safe to show."""
    return repr(escape(data[:_SHOWN].decode("latin-1")))
