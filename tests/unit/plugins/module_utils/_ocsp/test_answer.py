# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each engine takes for an answer, as target habits of the integration tests has it from a real httpd."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.answer import (
    MAXIMUM_BODY,
    AnswerError,
    buffered,
    read_like_mod_md,
    read_like_mod_ssl,
)
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS

RESPONSE = b"\x30\x82\x01\x00" + bytes(range(256))
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(RESPONSE)
READERS = {"mod_ssl": read_like_mod_ssl, "mod_md": read_like_mod_md}


def in_pieces(data: bytes, size: int) -> t.Callable[[], bytes]:
    pieces = iter([data[begin : begin + size] for begin in range(0, len(data), size)])
    return lambda: next(pieces, b"")


def read(engine: str, data: bytes, *, keep: int = MAXIMUM_BODY, size: int = 1000) -> bytes | str:
    """Return the response, or the word for why there is none."""
    try:
        return b"".join(READERS[engine](buffered(in_pieces(data, size)), keep=keep))
    except AnswerError as error:
        assert error.code in PROBLEMS
        assert error.message.isprintable()
        return error.code


def chunks(*parts: bytes, trailer: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailer + b"\r\n"


CHUNKED = OK + b"Transfer-Encoding: Chunked\r\n\r\n"
GOOD = "good"
# name: (answer, what mod_ssl makes of it, what mod_md makes of it)
HABITS: dict[str, tuple[bytes, str, str]] = {
    "plain": (OK + LENGTH + b"\r\n" + RESPONSE, GOOD, GOOD),
    "without a length": (OK + b"\r\n" + RESPONSE, GOOD, GOOD),
    "line feeds alone": (b"HTTP/1.0 200 OK\nX: y\n\n" + RESPONSE, GOOD, GOOD),
    "without a reason": (b"HTTP/1.1 200\r\n\r\n" + RESPONSE, GOOD, GOOD),
    "status 2000": (b"HTTP/1.1 2000 OK\r\n\r\n" + RESPONSE, "responder_http_error", GOOD),
    "status 204": (b"HTTP/1.1 204 No Content\r\n\r\n" + RESPONSE, GOOD, "responder_empty"),
    "status 299": (b"HTTP/1.1 299 Fine\r\n\r\n" + RESPONSE, GOOD, GOOD),
    "a response with an error 500": (b"HTTP/1.1 500 Oh no\r\n\r\n" + RESPONSE, "responder_http_error", GOOD),
    "a page with an error 500": (
        b"HTTP/1.1 500 Oh no\r\n\r\n<html>",
        "responder_http_error",
        "responder_http_error",
    ),
    "zeros after the response": (OK + b"\r\n" + RESPONSE + bytes(70_000), GOOD, GOOD),
    "a line end after the response": (OK + b"\r\n" + RESPONSE + b"\r\n", GOOD, GOOD),
    "a length that is too large": (
        OK + b"Content-Length: 500\r\n\r\n" + RESPONSE,
        GOOD,
        "responder_closed",
    ),
    "a length that is too small": (OK + b"Content-Length: 100\r\n\r\n" + RESPONSE, GOOD, "responder_closed"),
    "a header without a colon": (OK + b"nonsense\r\n\r\n" + RESPONSE, GOOD, "responder_not_speaking_http"),
    "80 headers of 1 kB": (
        OK + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(80)) + b"\r\n" + RESPONSE,
        GOOD,
        GOOD,
    ),
    "255 headers": (OK + b"X: y\r\n" * 255 + b"\r\n" + RESPONSE, GOOD, GOOD),
    "256 headers": (OK + b"X: y\r\n" * 256 + b"\r\n" + RESPONSE, "responder_not_speaking_http", GOOD),
    "a header of 70 kB": (OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n" + RESPONSE, "responder_not_speaking_http", GOOD),
    "a header of 110 kB": (
        OK + b"X: " + b"y" * 110_000 + b"\r\n\r\n" + RESPONSE,
        "responder_not_speaking_http",
        "responder_not_speaking_http",
    ),
    "400 kB of headers": (
        OK + (b"X: " + b"y" * 8_000 + b"\r\n") * 50 + b"\r\n" + RESPONSE,
        GOOD,
        "responder_not_speaking_http",
    ),
    "chunks": (CHUNKED + chunks(RESPONSE[:99], RESPONSE[99:]), "not_ocsp", GOOD),
    "chunks with a trailer": (CHUNKED + chunks(RESPONSE, trailer=b"X: y\r\n"), "not_ocsp", GOOD),
    "chunks that end early": (CHUNKED + chunks(RESPONSE)[:200], "not_ocsp", "responder_closed"),
    "chunks of no size": (CHUNKED + b"zz\r\n", "not_ocsp", "responder_not_speaking_http"),
    "in chunks by its header only": (CHUNKED + RESPONSE, GOOD, "responder_not_speaking_http"),
    "100 continue": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n" + RESPONSE, "responder_http_error", GOOD),
    "103 early hints": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + LENGTH + b"\r\n" + RESPONSE,
        "responder_http_error",
        GOOD,
    ),
    "505": (b"HTTP/1.1 505 No\r\n\r\n", "responder_http_error", "responder_http_error"),
    "redirect": (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", "responder_redirect", "responder_redirect"),
    "a response that ends early": (OK + b"\r\n" + RESPONSE[:-1], "responder_closed", "responder_closed"),
    "nothing": (b"", "responder_closed", "responder_closed"),
    "an empty body": (OK + b"\r\n", "responder_empty", "responder_empty"),
    "half a header": (OK + b"Content-Len", "responder_closed", "responder_closed"),
    "more than 2 MiB": (OK + b"\r\n" + bytes(MAXIMUM_BODY + 1), "responder_oversized", "responder_oversized"),
    "another protocol": (b"\x15\x03\x03", "responder_not_speaking_http", "responder_not_speaking_http"),
}


@pytest.mark.parametrize("size", [1, 1000, 1_000_000])
@pytest.mark.parametrize("habit", HABITS)
def test_habits(habit: str, size: int) -> None:
    data, *expected = HABITS[habit]
    if size == 1 and len(data) > 100_000:
        pytest.skip("too slow")
    assert [RESPONSE if word == GOOD else word for word in expected] == [
        read(engine, data, size=size) for engine in READERS
    ]


@pytest.mark.parametrize("engine", READERS)
def test_what_is_not_kept(engine: str) -> None:
    large = b"\x30\x83\x01\x00\x00" + bytes(65536)
    assert read(engine, OK + b"\r\n" + large) == large
    assert read(engine, OK + b"\r\n" + large, keep=1000) == "too_large"
    assert read(engine, OK + b"\r\n" + RESPONSE + large, keep=1000) == RESPONSE


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(READERS)),
    st.integers(1, 50),
    st.one_of(
        st.binary(max_size=300),
        st.builds(
            lambda status, headers, body: b"HTTP/1.0 " + status + b"\r\n" + headers + b"\r\n\r\n" + body,
            st.sampled_from([b"200 OK", b"200", b"999 x", b"302 y", b"2\xff0", b"", b"100"]),
            st.one_of(
                st.binary(max_size=60),
                st.sampled_from(
                    [b"Content-Length: 5", b"content-length:99999999999", b"Transfer-Encoding: chunked", b"Location:"]
                ),
            ),
            st.binary(max_size=60),
        ),
    ),
)
def test_any_bytes_are_a_response_or_a_problem(engine: str, size: int, data: bytes) -> None:
    found = read(engine, data, size=size)
    assert isinstance(found, str) or (found and found in data)
