# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the responder can do with a question, by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from .answers import (
    VALID_FOR,
    Question,
    answer_with_neighbour,
    corrupt_signature,
    error_answer,
    is_about,
    of_another_type,
    signed_answer,
)
from .authority import Authority, Signer
from .habits import HABITS, Habit
from .oddities import ODDITIES, odd_answer

OCSP_RESPONSE = "application/ocsp-response"


@dataclass(frozen=True)
class Reply:
    """A reply over HTTP.

    close: the connection ends without a byte; delay: seconds before the first one; linger: after the last one, without
    an end; drip: over which the body is spread; chunked: in the coding that HTTP/1.0 does not have; habit: how it is
    sent instead of all that.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = OCSP_RESPONSE
    location: str | None = None
    delay: float = 0.0
    linger: float = 0.0
    drip: float = 0.0
    chunked: bool = False
    close: bool = False
    habit: Habit | None = None


@dataclass(frozen=True)
class Behaviour:
    """The name of a behaviour, and for those that take one an argument: `hang:5`."""

    name: str
    argument: float | None = None


Maker = Callable[[Question, Authority], Reply]


def parse_behaviour(text: str) -> Behaviour:
    """Read `NAME` or `NAME:NUMBER`; ValueError says what is wrong with it."""
    name, colon, argument = text.partition(":")
    if name not in (*NAMES, *ODDITIES, *HABITS):
        raise ValueError(f"unknown behaviour {name!r}; known: {', '.join((*NAMES, *ODDITIES, *HABITS))}")
    if not colon:
        return Behaviour(name)
    if name not in (*_WITH_SECONDS, LIFE):
        raise ValueError(f"behaviour {name!r} takes no argument")
    seconds = float(argument)
    if not 0 <= seconds <= 600:
        raise ValueError(f"{argument} is not a number of seconds from 0 to 600")
    return Behaviour(name, seconds)


def parse_script(text: str) -> list[Behaviour]:
    """Read behaviours with commas between them: one per request, of which the last one stays."""
    return [parse_behaviour(name) for name in text.split(",")]


def reply_to(behaviour: Behaviour, question: Question, authority: Authority) -> Reply:
    """Answer one question as the behaviour has it."""
    if not is_about(question, authority.issuer.certificate):
        return Reply(error_answer("UNAUTHORIZED"))
    if behaviour.name in ODDITIES:
        return Reply(odd_answer(behaviour.name, question, authority))
    if behaviour.name in HABITS:
        return Reply(signed_answer(question, authority), habit=HABITS[behaviour.name])
    if behaviour.name == LIFE:
        life = timedelta(seconds=120.0 if behaviour.argument is None else behaviour.argument)
        return Reply(signed_answer(question, authority, age=timedelta(0), valid_for=life))
    if behaviour.name in _WITH_SECONDS:
        # A client that waits long enough gets its answer: this is a slow responder too.
        seconds = 60.0 if behaviour.argument is None else behaviour.argument
        how = {_WITH_SECONDS[behaviour.name]: seconds}
        return replace(_MAKERS["good"](question, authority), **how)  # type: ignore[arg-type]
    return _MAKERS[behaviour.name](question, authority)


def _signed(**options: object) -> Maker:
    return lambda question, authority: Reply(signed_answer(question, authority, **options))  # type: ignore[arg-type]


def _error(status: str) -> Maker:
    return lambda question, authority: Reply(error_answer(status))


def _fixed(reply: Reply) -> Maker:
    return lambda question, authority: reply


def _padded(times: int) -> Maker:
    """Make an answer that is valid in every respect, and as long as asked for: about 11 KB for each time."""
    return lambda question, authority: Reply(signed_answer(question, authority, embedded=[authority.padding] * times))


def _as_it_is(**options: object) -> Maker:
    """Answer well, whatever is wrong with how it is sent."""
    return lambda question, authority: Reply(signed_answer(question, authority), **options)  # type: ignore[arg-type]


def _other_nonce(question: Question, authority: Authority) -> Reply:
    return Reply(signed_answer(replace(question, nonce=b"not the one asked"[:16]), authority, nonce=True))


def _nonce_refused(question: Question, authority: Authority) -> Reply:
    if question.nonce is not None:
        return Reply(error_answer("MALFORMED_REQUEST"))
    return Reply(signed_answer(question, authority))


def _bad_signature(question: Question, authority: Authority) -> Reply:
    return Reply(corrupt_signature(signed_answer(question, authority)))


def _not_basic(question: Question, authority: Authority) -> Reply:
    return Reply(of_another_type(signed_answer(question, authority)))


def _wrong_signer(question: Question, authority: Authority) -> Reply:
    impostor = authority.impostor
    return Reply(signed_answer(question, authority, signer=impostor, embedded=[impostor.certificate]))


def _other_certificate(question: Question, authority: Authority) -> Reply:
    # The low bit: a number that is surely valid as a serial number, and never the one that was asked for.
    other = replace(question, serial_number=(question.serial_number ^ 1) or 2)
    return Reply(signed_answer(other, authority, status="GOOD"))


def _delegated(signer: str = "delegate") -> Maker:
    def make(question: Question, authority: Authority) -> Reply:
        delegate: Signer = getattr(authority, signer)
        return Reply(signed_answer(question, authority, signer=delegate, embedded=[delegate.certificate]))

    return make


def _not_alone(question: Question, authority: Authority) -> Reply:
    # Some authorities answer for a certificate's neighbours as well; this neighbour is revoked.
    neighbour = replace(question, serial_number=(question.serial_number ^ 1) or 2)
    return Reply(answer_with_neighbour(question, neighbour, authority))


# To the field of the reply that they set.
_WITH_SECONDS = {"hang": "delay", "drip": "drip", "keep_open": "linger"}
_MAKERS: dict[str, Maker] = {
    "good": _signed(),
    "revoked": _signed(status="REVOKED"),
    "unknown": _signed(status="UNKNOWN"),
    "try_later": _error("TRY_LATER"),
    "unauthorized": _error("UNAUTHORIZED"),
    "malformed_request": _error("MALFORMED_REQUEST"),
    "sig_required": _error("SIG_REQUIRED"),
    "internal_error": _error("INTERNAL_ERROR"),
    "http_500": _fixed(Reply(b"Internal Server Error\n", status=500, content_type="text/plain")),
    "redirect": _fixed(Reply(b"", status=302, content_type="text/plain", location="/as/good")),
    "close": _fixed(Reply(close=True)),
    "garbage": lambda question, authority: Reply(os.urandom(512)),
    "html": _fixed(Reply(b"<!DOCTYPE html><title>Log in</title>\n", content_type="text/html")),
    "huge": _fixed(Reply(b"\0" * (3 * 1024 * 1024))),
    "empty": _fixed(Reply(b"")),
    "chunked": _as_it_is(chunked=True),
    "wrong_type": _as_it_is(content_type="text/html"),
    "nonce": _signed(nonce=True),
    "other_nonce": _other_nonce,
    "nonce_refused": _nonce_refused,
    "not_alone": _not_alone,
    # More than httpd is ready to cache (10239 bytes), and more than OpenSSL takes in a handshake of TLS 1.2 (16380).
    "oversized": _padded(1),
    "enormous": _padded(3),
    "bad_signature": _bad_signature,
    "not_basic": _not_basic,
    "wrong_signer": _wrong_signer,
    "stale": _signed(age=2 * VALID_FOR),
    "future": _signed(age=timedelta(days=-2)),
    "no_next_update": _signed(valid_for=None),
    "other_certificate": _other_certificate,
    "delegated": _delegated(),
    "delegated_without_eku": _delegated("delegate_without_eku"),
    "delegated_expired": _delegated("delegate_expired"),
}
# A fresh answer each time, which lives for so many seconds.
LIFE = "life"
NAMES = (*_MAKERS, *_WITH_SECONDS, LIFE)
