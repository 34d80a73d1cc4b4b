# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Handshake messages of TLS as `openssl s_client -msg` prints them, and what a server says in them.

The messages are those of RFC 5246 and RFC 8446, their status extension that of RFC 6066.
"""

from __future__ import annotations

import re
import typing as t

_HEADER = re.compile(r"(<<<|>>>) TLS (1\.[0-3]),? Handshake \[length [0-9a-f]+\], (\w+)")
_BYTES = re.compile(r" {4}[0-9a-f]{2}(?: [0-9a-f]{2})* ?\Z")
_VERSIONS = {"1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3"}
_STATUS_REQUEST = 5
_OCSP = 1


class Message(t.NamedTuple):
    """A handshake message: who sent it, its name, the version of TLS, and its body without type and length."""

    from_server: bool
    name: str
    version: str
    body: bytes


class Presented(t.NamedTuple):
    """What a server presented: certificates in DER, its own first, and the staple, empty if there was none."""

    chain: tuple[bytes, ...]
    staple: bytes
    tls_version: str


class MessageError(ValueError):
    """A message that ends before it should."""


def read_messages(text: str) -> list[Message]:
    """Return the handshake messages, in their order. What is none is passed over."""
    messages: list[Message] = []
    pieces: list[str] | None = None
    header: re.Match[str] | None = None
    for line in [*text.split("\n"), ""]:
        if pieces is not None and _BYTES.match(line):
            pieces.append(line)
            continue
        if pieces is not None and header is not None:
            data = bytes.fromhex("".join(pieces))
            messages.append(Message(header.group(1) == "<<<", header.group(3), _VERSIONS[header.group(2)], data[4:]))
        header = _HEADER.match(line)
        pieces = [] if header else None
    return messages


def is_complete(messages: t.Iterable[Message]) -> bool:
    """Tell whether both sides have finished the handshake."""
    return {message.from_server for message in messages if message.name == "Finished"} == {True, False}


def presented(messages: t.Iterable[Message]) -> Presented | None:
    """Return what the server presented, None if it presented nothing; or raise MessageError."""
    found: Presented | None = None
    for message in messages:
        if message.from_server and message.name == "Certificate" and found is None:
            read = _certificates_with_extensions if message.version == "TLSv1.3" else _certificates
            found = Presented(*read(message.body), message.version)
        elif message.from_server and message.name == "CertificateStatus" and found is not None and not found.staple:
            found = found._replace(staple=_status(message.body))
    return found


def _certificates(body: bytes) -> tuple[tuple[bytes, ...], bytes]:
    entries, _rest = _vector(body, 3)
    chain: list[bytes] = []
    while entries:
        certificate, entries = _vector(entries, 3)
        chain.append(certificate)
    return tuple(chain), b""


def _certificates_with_extensions(body: bytes) -> tuple[tuple[bytes, ...], bytes]:
    _context, rest = _vector(body, 1)
    entries, _rest = _vector(rest, 3)
    chain: list[bytes] = []
    staple = b""
    while entries:
        certificate, entries = _vector(entries, 3)
        extensions, entries = _vector(entries, 2)
        # Only the server's own certificate is of interest.
        staple = staple if chain else _status_among(extensions)
        chain.append(certificate)
    return tuple(chain), staple


def _status_among(extensions: bytes) -> bytes:
    while extensions:
        kind = int.from_bytes(extensions[:2], "big")
        data, extensions = _vector(extensions[2:], 2)
        if kind == _STATUS_REQUEST:
            return _status(data)
    return b""


def _status(data: bytes) -> bytes:
    return _vector(data[1:], 3)[0] if data[:1] == bytes([_OCSP]) else b""


def _vector(data: bytes, size: int) -> tuple[bytes, bytes]:
    """Return the bytes whose number stands before them in `size` bytes, and what follows."""
    length = int.from_bytes(data[:size], "big")
    if len(data) < size + length:
        raise MessageError(f"{len(data)} bytes where {size + length} were announced")
    return data[size : size + length], data[size + length :]
