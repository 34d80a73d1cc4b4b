# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that clients disagree about, put together byte by byte and really signed.

Each is a behaviour of the responder, `/as/NAME`. httpd staples most of them; what clients make of them is theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .algorithms import HASH_OIDS, NOTHING, Algorithm, algorithm_for, pss
from .answers import Question, key_bits
from .authority import Authority
from .delegates import FALSE, TRUE, UNKNOWN_OID, Delegate, delegate, extension, name_of, pairs_of
from .der import (
    ENUMERATED,
    EXPLICIT_0,
    EXPLICIT_1,
    EXPLICIT_2,
    GENERALIZED_TIME,
    NULL,
    OCTET_STRING,
    PRINTABLE_STRING,
    SEQUENCE,
    UTF8_STRING,
    bit_string,
    generalized_time,
    integer,
    oid,
    tlv,
)

_BASIC_RESPONSE, _NONCE, _SCT_LIST = "1.3.6.1.5.5.7.48.1.1", "1.3.6.1.5.5.7.48.1.2", "1.3.6.1.4.1.11129.2.4.5"
_GOOD = tlv(0x80)


@dataclass(frozen=True)
class Statement:
    """A SingleResponse."""

    cert_id: bytes
    this_update: bytes
    next_update: bytes
    status: bytes = _GOOD
    extensions: tuple[bytes, ...] = ()

    @property
    def der(self) -> bytes:
        """All of it."""
        until = tlv(EXPLICIT_0, self.next_update) if self.next_update else b""
        more = tlv(EXPLICIT_1, tlv(SEQUENCE, *self.extensions)) if self.extensions else b""
        return tlv(SEQUENCE, self.cert_id, self.status, self.this_update, until, more)


@dataclass(frozen=True)
class Answer:
    """What an answer is made from; each oddity changes a little of a good one."""

    question: Question
    authority: Authority
    now: datetime
    statements: tuple[Statement, ...]
    responder_id: bytes
    produced_at: bytes
    key: Any
    algorithm: Algorithm
    version: bytes = b""
    extensions: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] | None = None
    behind: bytes = b""

    @property
    def own(self) -> Statement:
        """The statement about the certificate that was asked about, before there is another."""
        return self.statements[0]

    @property
    def der(self) -> bytes:
        """All of it, signed."""
        more = tlv(EXPLICIT_1, tlv(SEQUENCE, *self.extensions)) if self.extensions else b""
        statements = tlv(SEQUENCE, *(statement.der for statement in self.statements))
        signed = tlv(SEQUENCE, self.version, self.responder_id, self.produced_at, statements, more)
        signature = bit_string(self.algorithm.sign(self.key, signed))
        bag = b"" if self.certificates is None else tlv(EXPLICIT_0, tlv(SEQUENCE, *self.certificates))
        basic = tlv(SEQUENCE, signed, self.algorithm.identifier, signature, bag)
        body = tlv(EXPLICIT_0, tlv(SEQUENCE, oid(_BASIC_RESPONSE), tlv(OCTET_STRING, basic)))
        return tlv(SEQUENCE, tlv(ENUMERATED, b"\0"), body) + self.behind


Change = Callable[[Answer], Answer]


def odd_answer(name: str, question: Question, authority: Authority) -> bytes:
    """Return the answer with the oddities of that name."""
    answer = _good(question, authority)
    for change in _ODDITIES[name]:
        answer = change(answer)
    return answer.der


def _good(question: Question, authority: Authority) -> Answer:
    now = datetime.now(tz=timezone.utc)
    issuer = authority.issuer
    return Answer(
        question=question,
        authority=authority,
        now=now,
        statements=(_statement(_own_id(question), now, age=timedelta(hours=1)),),
        responder_id=tlv(EXPLICIT_1, issuer.certificate.subject.public_bytes()),
        produced_at=generalized_time(now - timedelta(hours=1)),
        key=issuer.key,
        algorithm=algorithm_for(issuer.key),
    )


def _statement(
    cert_id: bytes, now: datetime, *, age: timedelta, life: timedelta | None = timedelta(days=7), **more: Any
) -> Statement:
    begins = now - age
    until = b"" if life is None else generalized_time(begins + life)
    return Statement(cert_id, generalized_time(begins), until, **more)


def _own_id(question: Question) -> bytes:
    return _cert_id(
        question.hash_algorithm.name, question.issuer_name_hash, question.issuer_key_hash, question.serial_number
    )


def _cert_id(hash_name: str, name_hash: bytes, key_hash: bytes, serial_number: int) -> bytes:
    algorithm = tlv(SEQUENCE, oid(HASH_OIDS[hash_name]), NOTHING)
    return tlv(SEQUENCE, algorithm, tlv(OCTET_STRING, name_hash), tlv(OCTET_STRING, key_hash), integer(serial_number))


def _own_id_by(answer: Answer, hash_name: str) -> bytes:
    """Name the same certificate by hashes of another kind."""
    issuer = answer.authority.issuer.certificate
    hashed = [hashlib.new(hash_name, part).digest() for part in (issuer.subject.public_bytes(), key_bits(issuer))]
    return _cert_id(hash_name, hashed[0], hashed[1], answer.question.serial_number)


def _neighbour_id(answer: Answer) -> bytes:
    question = answer.question
    return _own_id(replace(question, serial_number=(question.serial_number ^ 1) or 2))


def _stranger_id(answer: Answer) -> bytes:
    """Name the same serial number of an authority that nobody knows."""
    question = answer.question
    return _own_id(replace(question, issuer_name_hash=b"\x11" * 20, issuer_key_hash=b"\x22" * 20))


def _revoked(now: datetime) -> bytes:
    return tlv(0xA1, generalized_time(now - timedelta(days=2)))


# Who signs.


def _certificate(signer: Delegate | None, answer: Answer) -> bytes:
    return signer.certificate if signer else answer.authority.issuer.certificate.public_bytes(Encoding.DER)


def _by(kind: str, *embedded: str, hash_name: str = "sha256", parameters: bytes | None = None) -> Change:
    """Let a delegate sign, and embed certificates: kinds of delegates, or `issuer`."""

    def change(answer: Answer) -> Answer:
        signer = delegate(answer.authority, kind)
        return replace(
            answer,
            key=signer.key,
            algorithm=algorithm_for(signer.key, hash_name, parameters),
            responder_id=tlv(EXPLICIT_1, signer.name),
            certificates=_bag(answer, embedded or (kind,)),
        )

    return change


def _bag(answer: Answer, kinds: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(_certificate(None if kind == "issuer" else delegate(answer.authority, kind), answer) for kind in kinds)


def _embed(*kinds: str) -> Change:
    return lambda answer: replace(answer, certificates=_bag(answer, kinds))


def _embed_too(data: bytes, times: int = 1) -> Change:
    return lambda answer: replace(answer, certificates=(*(answer.certificates or ()), *[data] * times))


def _embed_padding(times: int) -> Change:
    def change(answer: Answer) -> Answer:
        more = tuple(delegate(answer.authority, "another").certificate for _number in range(times))
        return replace(answer, certificates=(*(answer.certificates or ()), *more))

    return change


def _by_key(kind: str = "") -> Change:
    """Name the signer by the hash of its key."""

    def change(answer: Answer) -> Answer:
        certificate = answer.authority.issuer.certificate
        if kind:
            certificate = x509.load_der_x509_certificate(delegate(answer.authority, kind).certificate)
        digest = hashlib.sha1(key_bits(certificate)).digest()
        return replace(answer, responder_id=tlv(EXPLICIT_2, tlv(OCTET_STRING, digest)))

    return change


def _sign_with(hash_name: str, parameters: bytes | None = None) -> Change:
    return lambda answer: replace(answer, algorithm=algorithm_for(answer.key, hash_name, parameters))


def _sign_pss(hash_name: str, mask_hash: str | None = None) -> Change:
    return lambda answer: replace(answer, algorithm=pss(hash_name, mask_hash))


def _responder_name(spell: Callable[[str], str] = str, tag: int = UTF8_STRING) -> Change:
    def change(answer: Answer) -> Answer:
        pairs = [(kind, spell(value)) for kind, value in pairs_of(answer.authority.issuer.certificate.subject)]
        return replace(answer, responder_id=tlv(EXPLICIT_1, name_of(pairs, tag)))

    return change


def _delegate_name(kind: str, tag: int) -> Change:
    pairs = [("2.5.4.10", "Lab"), ("2.5.4.3", f"Lab OCSP {kind}")]
    return lambda answer: replace(answer, responder_id=tlv(EXPLICIT_1, name_of(pairs, tag)))


# What it says, and when.


def _own(**changes: Any) -> Change:
    return lambda answer: replace(answer, statements=(replace(answer.own, **changes),))


def _times(age: timedelta, life: timedelta | None = timedelta(days=7)) -> Change:
    """Let thisUpdate and producedAt be so old, and nextUpdate follow after so long."""

    def change(answer: Answer) -> Answer:
        statement = _statement(answer.own.cert_id, answer.now, age=age, life=life)
        return replace(answer, statements=(statement,), produced_at=generalized_time(answer.now - age))

    return change


def _left(left: timedelta) -> Change:
    return _times(timedelta(days=1), timedelta(days=1) + left)


def _produced(after: timedelta) -> Change:
    return lambda answer: replace(answer, produced_at=generalized_time(answer.now + after))


def _until(year: int) -> Change:
    until = generalized_time(datetime(year, 1, 1, tzinfo=timezone.utc))
    return lambda answer: replace(answer, statements=(replace(answer.own, next_update=until),))


def _spelled_time(form: str) -> Change:
    """Spell thisUpdate in a form of its own."""

    def change(answer: Answer) -> Answer:
        text = (answer.now - timedelta(hours=1)).strftime(form)
        return replace(answer, statements=(replace(answer.own, this_update=tlv(GENERALIZED_TIME, text.encode())),))

    return change


def _another(make: Callable[[Answer], Statement], *, first: bool) -> Change:
    """Add a statement before or after the own one."""

    def change(answer: Answer) -> Answer:
        more = make(answer)
        return replace(answer, statements=(more, answer.own) if first else (answer.own, more))

    return change


def _about(cert_id: Callable[[Answer], bytes], *, revoked: bool = False, **more: Any) -> Callable[[Answer], Statement]:
    def make(answer: Answer) -> Statement:
        status = _revoked(answer.now) if revoked else _GOOD
        return _statement(cert_id(answer), answer.now, **{"age": timedelta(hours=1), "status": status, **more})

    return make


def _same_id(answer: Answer) -> bytes:
    return answer.own.cert_id


def _sha256_id(answer: Answer) -> bytes:
    return _own_id_by(answer, "sha256")


def _extended(*extensions: bytes) -> Change:
    return lambda answer: replace(answer, extensions=extensions)


def _fields(**changes: Any) -> Change:
    return lambda answer: replace(answer, **changes)


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_ODD = extension(UNKNOWN_OID, tlv(NULL))
_ODD_CRITICAL = extension(UNKNOWN_OID, tlv(NULL), TRUE)
_DELEGATES = (
    "rsa", "ecdsa", "p384", "p521", "p224", "secp256k1", "brainpool256", "ed25519", "ed448", "rsa1024", "rsa4096",
    "sha1-certificate", "sha224-certificate", "inner-differs", "without-purpose", "any-purpose", "purpose-twice",
    "purpose-trailing", "without-no-check", "ca", "ca-false", "without-constraints", "without-usage",
    "no-signature-usage", "non-repudiation", "usage-unused-bits", "expired", "not-yet", "before-1970",
    "critical-extension", "critical-false", "unknown-extension", "other-authority-key", "issuer-name-case",
    "issuer-name-string-type",
)  # fmt: skip
_ODDITIES: dict[str, list[Change]] = {
    "by-key": [_by_key()],
    "issuer-embedded": [_embed("issuer")],
    "issuer-embedded-by-key": [_embed("issuer"), _by_key()],
    **{f"delegate-{kind}": [_by(kind)] for kind in _DELEGATES},
    "delegate-broken-name": [_by("broken-name"), _by_key("broken-name")],
    "delegate-by-key": [_by("rsa"), _by_key("rsa")],
    "delegate-embedded-last": [_by("ecdsa", "issuer", "ecdsa")],
    "delegate-embedded-first": [_by("ecdsa", "ecdsa", "issuer")],
    "delegate-embedded-twice": [_by("ecdsa", "ecdsa", "ecdsa")],
    "delegate-behind-namesake": [_by("same-name", "namesake", "same-name")],
    "delegate-by-key-behind-namesake": [_by("same-name", "namesake", "same-name"), _by_key("same-name")],
    "signature-sha1": [_sign_with("sha1")],
    "signature-sha224": [_sign_with("sha224")],
    "signature-sha384": [_sign_with("sha384")],
    "signature-sha512": [_sign_with("sha512")],
    "signature-pss": [_sign_pss("sha256")],
    "signature-pss-sha384": [_sign_pss("sha384")],
    "signature-pss-mask-sha1": [_sign_pss("sha256", "sha1")],
    "signature-without-parameters": [_sign_with("sha256", b"")],
    "signature-odd-parameters": [_sign_with("sha256", integer(1))],
    "ecdsa-null-parameters": [_by("ecdsa", parameters=NOTHING)],
    "ecdsa-sha512": [_by("ecdsa", hash_name="sha512")],
    "ecdsa-sha1": [_by("ecdsa", hash_name="sha1")],
    "p521-sha512": [_by("p521", hash_name="sha512")],
    "delegate-pss": [_by("rsa"), _sign_pss("sha256")],
    "no-next-update": [_times(_HOUR, None)],
    "no-next-update-fresh": [_times(timedelta(0), None)],
    # Firefox gives a day of grace, so an hour more makes these too old for it whenever it looks.
    "no-next-update-2-days": [_times(2 * _DAY + _HOUR, None)],
    "ahead-250": [_times(timedelta(seconds=-250)), _produced(timedelta(0))],
    "ahead-600": [_times(timedelta(seconds=-600)), _produced(timedelta(seconds=600))],
    "age-9-days": [_times(9 * _DAY, 30 * _DAY)],
    "age-11-days": [_times(11 * _DAY + _HOUR, 30 * _DAY)],
    "late-5": [_left(timedelta(seconds=-5))],
    "late-200": [_left(timedelta(seconds=-200))],
    "left-600": [_left(timedelta(seconds=600))],
    "neighbour-first": [_another(_about(_neighbour_id, revoked=True), first=True)],
    "good-neighbour-first": [_another(_about(_neighbour_id), first=True)],
    "neighbour-after": [_another(_about(_neighbour_id, revoked=True), first=False)],
    "stale-before": [_another(_about(_same_id, age=14 * _DAY), first=True)],
    "stale-after": [_another(_about(_same_id, age=14 * _DAY), first=False)],
    "revoked-after": [_another(_about(_same_id, revoked=True), first=False)],
    "future-after": [_another(_about(_same_id, age=-2 * _DAY), first=False)],
    "no-next-update-after": [_another(_about(_same_id, age=2 * _DAY, life=None), first=False)],
    "critical-after": [_another(_about(_same_id, extensions=(_ODD_CRITICAL,)), first=False)],
    "critical-neighbour-after": [_another(_about(_neighbour_id, extensions=(_ODD_CRITICAL,)), first=False)],
    "sha256-first": [_another(_about(_sha256_id), first=True)],
    "sha256-after": [_another(_about(_sha256_id), first=False)],
    "stranger-first": [_another(_about(_stranger_id), first=True)],
    "stranger-after": [_another(_about(_stranger_id), first=False)],
    "produced-now": [_produced(timedelta(0))],
    "produced-ahead": [_produced(timedelta(minutes=2))],
    "produced-before": [_produced(-2 * _HOUR)],
    "produced-long-before": [_produced(-30 * _DAY)],
    "produced-after": [_produced(30 * _DAY)],
    "produced-2099": [_produced(timedelta(days=26500))],
    "version-written": [_fields(version=tlv(EXPLICIT_0, integer(0)))],
    "time-fraction": [_spelled_time("%Y%m%d%H%M%S.5Z")],
    "time-offset": [_spelled_time("%Y%m%d%H%M%S+0000")],
    "time-without-seconds": [_spelled_time("%Y%m%d%H%MZ")],
    "until-2045": [_until(2045)],
    "until-2060": [_until(2060)],
    "critical-extension": [_extended(_ODD_CRITICAL)],
    "unknown-extension": [_extended(_ODD)],
    "critical-false": [_extended(extension(UNKNOWN_OID, tlv(NULL), FALSE))],
    "critical-nonce": [_extended(extension(_NONCE, tlv(OCTET_STRING, b"0123456789abcdef"), TRUE))],
    "critical-single-extension": [_own(extensions=(_ODD_CRITICAL,))],
    "unknown-single-extension": [_own(extensions=(_ODD,))],
    "empty-sct-list": [_own(extensions=(extension(_SCT_LIST, tlv(OCTET_STRING, b"\0\0")),))],
    "empty-bag": [_fields(certificates=())],
    "no-certificate-in-bag": [_by("ecdsa"), _embed_too(tlv(SEQUENCE, integer(7)))],
    "nine-in-bag": [_by("ecdsa"), _embed_padding(8)],
    "name-string-type": [_responder_name(tag=PRINTABLE_STRING)],
    "name-case": [_responder_name(str.swapcase)],
    "name-spaces": [_responder_name(lambda text: text.replace(" ", "  "))],
    "delegate-name-string-type": [_by("ecdsa"), _delegate_name("ecdsa", PRINTABLE_STRING)],
    "trailing": [_fields(behind=b"\r\n")],
    "trailing-zero": [_fields(behind=b"\0\0")],
}
ODDITIES = tuple(_ODDITIES)
