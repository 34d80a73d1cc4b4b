# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import gc
import random
import shutil
import signal
import socket
import ssl
import threading
import time
import typing as t
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("OpenSSL")

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import fingerprint_sha256
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.plugins.module_utils._tls import confirm as confirm_module
from ansible_collections.stapling.httpd.plugins.module_utils._tls import context as context_module
from ansible_collections.stapling.httpd.plugins.module_utils._tls.confirm import Finding, Settings, Target, confirm
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import HandshakeRequest
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust
from ansible_collections.stapling.httpd.tests.unit.support import answers, servers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

PKI = authority.pki()
RSA = authority.pki("rsa")
needs_signature_algorithms = pytest.mark.skipif(
    context_module.Contexts().get(key_type="rsa").forced_by != "signature_algorithms",
    reason="this cryptography (36 or 37) does not bind SSL_CTX_set1_sigalgs_list",
)
QUICK = Settings(timeout=2, retries=0, delay=0)
# OpenSSL 4, which serves here, staples neither what it cannot read nor what is about another certificate.
LIBRARY_REFUSES = ("garbage", "other_certificate")
BEHAVIOURS = {name: problem for name, problem in answers.PROBLEM_OF.items() if name not in LIBRARY_REFUSES}


def site(pki: authority.Pki = PKI, behaviour: str | None = "good") -> servers.Site:
    staple = answers.behaviour(behaviour, pki) if behaviour else b""
    return servers.Site((pki.leaf,), lambda _identity: staple)


def two_keys() -> servers.Site:
    staples = {pki.leaf.der: answers.behaviour("good", pki) for pki in (PKI, RSA)}
    return servers.Site((PKI.leaf, RSA.leaf), lambda identity: staples[identity.der])


def look(
    server: servers.Server | servers.OpenSslServer,
    *,
    settings: Settings = QUICK,
    trust: Trust | None = None,
    expected: t.Iterable[str] = (),
    **requested: t.Any,
) -> Finding:
    target = Target(HandshakeRequest(server.host, server.port, **requested), frozenset(expected))
    (finding,) = confirm([target], trust=trust or Trust(), settings=settings)
    assert finding.problem is None or finding.problem in PROBLEMS
    return finding


@pytest.mark.parametrize("tls_version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize(("behaviour", "problem"), BEHAVIOURS.items())
def test_every_staple_gets_its_word(behaviour: str, problem: str | None, tls_version: str) -> None:
    with servers.Server(servers.StaplingServer({None: site(behaviour=behaviour)})) as server:
        finding = look(server, tls_version=tls_version)
    assert finding.problem == problem
    assert finding.handshake is not None
    assert (finding.handshake.tls_version, finding.fingerprint) == (
        tls_version,
        fingerprint_sha256(PKI.leaf.certificate),
    )


def test_no_staple() -> None:
    with servers.Server(servers.StaplingServer({None: site(behaviour=None)})) as server:
        finding = look(server)
    assert (finding.problem, finding.verdict) == ("no_staple", None)


@needs_signature_algorithms
@pytest.mark.parametrize("tls_version", [None, "TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize(("key_type", "pki"), [("rsa", RSA), ("ecdsa", PKI)])
def test_the_type_of_key_is_forced(key_type: str, pki: authority.Pki, tls_version: str | None) -> None:
    with servers.Server(servers.StaplingServer({None: two_keys()})) as server:
        finding = look(server, key_type=key_type, tls_version=tls_version)
    assert (finding.problem, finding.key_type) == (None, key_type)
    assert finding.fingerprint == fingerprint_sha256(pki.leaf.certificate)
    assert finding.handshake is not None
    assert finding.handshake.forced_by == "signature_algorithms"


@pytest.fixture(name="no_signature_algorithms")
def fixture_no_signature_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pyOpenSSL what it is with cryptography 36 and 37."""
    real = context_module.SSL

    class WithoutLibrary:
        def __getattr__(self, name: str) -> t.Any:
            if name == "_lib":
                raise AttributeError(name)
            return getattr(real, name)

    monkeypatch.setattr(context_module, "SSL", WithoutLibrary())


@pytest.mark.usefixtures("no_signature_algorithms")
@pytest.mark.parametrize("tls_version", [None, "TLSv1.2"])
@pytest.mark.parametrize("key_type", ["rsa", "ecdsa"])
def test_without_signature_algorithms_the_cipher_list_forces(key_type: str, tls_version: str | None) -> None:
    with servers.Server(servers.StaplingServer({None: two_keys()})) as server:
        finding = look(server, key_type=key_type, tls_version=tls_version)
    assert (finding.problem, finding.key_type) == (None, key_type)
    assert finding.handshake is not None
    assert (finding.handshake.forced_by, finding.handshake.tls_version) == ("cipher_list", "TLSv1.2")


@pytest.mark.usefixtures("no_signature_algorithms")
@pytest.mark.parametrize("tls_version", [None, "TLSv1.3"])
def test_without_signature_algorithms_tls_1_3_forces_nothing(tls_version: str | None) -> None:
    """The right certificate is as good as a forced one; another one is our fault and not the server's."""
    with servers.Server(servers.StaplingServer({None: two_keys()}, only="TLSv1.3")) as server:
        found = {key_type: look(server, key_type=key_type, tls_version=tls_version) for key_type in ("rsa", "ecdsa")}
    presented = found["rsa"].key_type
    for key_type, finding in found.items():
        assert finding.problem == (None if key_type == presented else "key_type_not_forced")
        assert finding.handshake is not None
        assert (finding.handshake.forced_by, finding.handshake.tls_version) == (None, "TLSv1.3")


def test_a_type_of_key_that_the_server_does_not_have() -> None:
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        finding = look(server, key_type="rsa")
    assert (finding.problem, finding.alert) == ("handshake_failed", "handshake failure")
    assert "without a certificate of type rsa" in finding.detail


def test_a_tls_version_that_the_server_does_not_have() -> None:
    with servers.Server(servers.StaplingServer({None: site()}, only="TLSv1.2")) as server:
        assert look(server, tls_version="TLSv1.3").alert == "protocol version"
        assert look(server, tls_version="TLSv1.3", key_type="ecdsa").alert == "protocol version"
        assert look(server).problem is None


def test_names_lead_to_their_virtual_hosts() -> None:
    sites = {
        None: site(),
        "revoked.example": site(behaviour="revoked"),
        "rsa.example": site(RSA),
        "xn--bcher-kva.example": site(behaviour="unknown"),
    }
    with servers.Server(servers.StaplingServer(sites)) as server:
        assert look(server).problem is None
        assert look(server, server_name="revoked.example").problem == "revoked"
        assert look(server, server_name="rsa.example").key_type == "rsa"
        assert look(server, server_name="bücher.example").problem == "unknown"
        assert look(server, server_name="revoked.example.").problem == "revoked"


@pytest.mark.parametrize("name", ["", "x" * 256, "a\0b", "ü" * 80])
def test_names_that_cannot_be_sent(name: str) -> None:
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        assert look(server, server_name=name).problem == "invalid_server_name"


def test_the_expected_certificate() -> None:
    right, wrong = fingerprint_sha256(PKI.leaf.certificate), fingerprint_sha256(RSA.leaf.certificate)
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        assert look(server, expected=[wrong, right]).problem is None
        finding = look(server, expected=[wrong])
    assert finding.problem == "wrong_certificate"
    assert right in finding.detail
    assert finding.verdict is not None and finding.verdict.acceptable


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize("tls_version", ["TLSv1.2", "TLSv1.3"])
def test_a_staple_for_another_certificate_than_the_one_presented(tmp_path: Path, tls_version: str) -> None:
    """Both are good and signed by the same CA; only the leaf tells them apart."""
    with servers.OpenSslServer(tmp_path, PKI.leaf, answers.behaviour("other_certificate", PKI)) as server:
        assert look(server, tls_version=tls_version).problem == "other_certificate"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize("behaviour", ["good", "revoked", "bad_signature", "try_later"])
def test_another_implementation_of_the_server(tmp_path: Path, behaviour: str) -> None:
    with servers.OpenSslServer(tmp_path, PKI.leaf, answers.behaviour(behaviour, PKI)) as server:
        assert look(server).problem == answers.PROBLEM_OF[behaviour]


def test_a_certificate_that_has_expired() -> None:
    expired = authority.certificate("expired.test.example", issuer=PKI.issuer, days=(-30, -1))
    pki = authority.Pki(PKI.root, PKI.issuer, expired, PKI.stranger)
    with servers.Server(servers.StaplingServer({None: site(pki)})) as server:
        assert look(server).problem == "certificate_expired"


def _without_chain(pki: authority.Pki = PKI) -> authority.Pki:
    return authority.Pki(pki.root, pki.issuer, authority.Identity(pki.leaf.certificate, pki.leaf.key), pki.stranger)


def test_trust() -> None:
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        strict = Settings(timeout=2, retries=0, strict_trust=True)
        without = look(server)
        rightly = look(server, trust=Trust([PKI.root.certificate]), settings=strict)
        by_intermediate = look(server, trust=Trust([PKI.issuer.certificate]), settings=strict)
        wrongly = look(server, trust=Trust([PKI.stranger.certificate]), settings=strict)
    assert (without.problem, without.issuer_trusted) == (None, False)
    assert (rightly.problem, rightly.issuer_trusted) == (None, True)
    assert (by_intermediate.problem, by_intermediate.issuer_trusted) == (None, True)
    assert (wrongly.problem, wrongly.issuer_trusted) == ("untrusted", False)


def test_trust_in_one_issuer_is_not_trust_in_another() -> None:
    """Two servers send the same chain; each certificate was issued by another part of it."""
    chain = (PKI.issuer.certificate, PKI.stranger.certificate)
    odd = authority.certificate("odd.test.example", issuer=PKI.stranger)
    staple = answers.response(
        answers.single(odd.certificate, PKI.stranger.certificate),
        signer=answers.Signer(PKI.stranger.key, PKI.stranger.certificate),
    )
    sites = {
        None: servers.Site((authority.Identity(PKI.leaf.certificate, PKI.leaf.key, chain),), site().staple),
        "odd.example": servers.Site((authority.Identity(odd.certificate, odd.key, chain),), lambda _: staple),
    }
    trust = Trust([PKI.root.certificate])
    with servers.Server(servers.StaplingServer(sites)) as server:
        assert look(server, trust=trust).issuer_trusted is True
        assert look(server, trust=trust, server_name="odd.example").issuer_trusted is False


def test_a_server_that_does_not_send_its_chain() -> None:
    with servers.Server(servers.StaplingServer({None: site(_without_chain())})) as server:
        assert look(server).problem == "issuer_missing"
        finding = look(server, trust=Trust([PKI.issuer.certificate, PKI.root.certificate]))
    assert (finding.problem, finding.issuer_trusted) == (None, True)


def test_a_namesake_of_the_issuer_in_the_chain_is_not_the_issuer() -> None:
    namesake = authority.certificate("Test Issuer", key=authority.private_key("ecdsa", 4711), ca=True)
    leaf = authority.Identity(PKI.leaf.certificate, PKI.leaf.key, (namesake.certificate,))
    forged = answers.response(
        answers.single(PKI.leaf.certificate, namesake.certificate),
        signer=answers.Signer(namesake.key, namesake.certificate),
    )
    with servers.Server(servers.StaplingServer({None: servers.Site((leaf,), lambda _: forged)})) as server:
        assert look(server).problem == "issuer_missing"


def test_rules_are_passed_on() -> None:
    settings = Settings(timeout=2, retries=0, rules=Rules(min_validity=30 * 86400))
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        assert look(server, settings=settings).problem == "expires_soon"


class Fetching:
    """Like httpd after a reload: no staple until the responder has answered."""

    def __init__(self, tries: int) -> None:
        self.tries = tries

    def __call__(self, _identity: authority.Identity) -> bytes:
        self.tries -= 1
        return b"" if self.tries >= 0 else answers.behaviour("good", PKI)


def test_a_fetch_that_takes_a_while_is_waited_for() -> None:
    with servers.Server(servers.StaplingServer({None: servers.Site((PKI.leaf,), Fetching(2))})) as server:
        finding = look(server, settings=Settings(timeout=2, retries=3, delay=0.01))
        assert (finding.problem, finding.attempts, server.connections) == (None, 3, 3)


def test_retries_end() -> None:
    with servers.Server(servers.StaplingServer({None: servers.Site((PKI.leaf,), Fetching(99))})) as server:
        finding = look(server, settings=Settings(timeout=2, retries=2, delay=0.01))
        assert (finding.problem, finding.attempts, server.connections) == ("no_staple", 3, 3)


@pytest.mark.parametrize("behaviour", ["revoked", "try_later", "bad_signature"])
def test_what_waiting_does_not_mend_is_not_tried_again(behaviour: str) -> None:
    with servers.Server(servers.StaplingServer({None: site(behaviour=behaviour)})) as server:
        look(server, settings=Settings(timeout=2, retries=3, delay=0.01))
        assert server.connections == 1


def test_clients_that_do_not_ask() -> None:
    settings = Settings(timeout=2, retries=0, without_status_request=True)
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        finding = look(server, settings=settings)
        assert (finding.problem, finding.plain_handshake, server.connections) == (None, True, 2)


def test_a_server_that_cuts_off_those_who_ask() -> None:
    """What mod_ssl does when the responder is not http://."""
    settings = Settings(timeout=2, retries=0, without_status_request=True)
    with servers.Server(servers.StaplingServer({None: site()}, alert_when_asked=True)) as server:
        finding = look(server, settings=settings)
    assert finding.problem in ("handshake_failed", "closed")
    assert finding.plain_handshake is True


def test_a_server_that_cuts_off_those_who_do_not_ask() -> None:
    stapling = servers.StaplingServer({None: site()})
    count = iter(range(10))

    def handler(connection: socket.socket) -> None:
        if next(count) == 0:
            stapling(connection)

    settings = Settings(timeout=2, retries=0, without_status_request=True)
    with servers.Server(handler) as server:
        finding = look(server, settings=settings)
    assert (finding.problem, finding.plain_handshake) == ("plain_handshake_failed", False)


# Hostile targets.


def _say(data: bytes) -> servers.Handler:
    def handler(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)
        servers.hang(connection)

    return handler


def _close(connection: socket.socket) -> None:
    connection.recv(65536)


def _reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def _drip(connection: socket.socket) -> None:
    """Send a handshake record that never ends, a byte at a time."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x40\x00")
    while True:
        connection.sendall(b"\x02")
        time.sleep(0.02)


def _warn(connection: socket.socket) -> None:
    """Send warning alerts without end."""
    connection.recv(65536)
    while True:
        connection.sendall(b"\x15\x03\x03\x00\x02\x01\x5a" * 100)


def _ask_again(connection: socket.socket) -> None:
    """Send Hello requests without end: renegotiate, and again, and again."""
    connection.recv(65536)
    while True:
        connection.sendall(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 100)


def _half(connection: socket.socket) -> None:
    """Send the beginning of a real handshake, cut off in the middle."""
    inner = servers.Server(servers.StaplingServer({None: site()}, only="TLSv1.2"))
    with inner, socket.create_connection((inner.host, inner.port)) as upstream:
        upstream.sendall(connection.recv(65536))
        connection.sendall(upstream.recv(200))


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (servers.hang, {"timeout"}),
        (_say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {"not_tls"}),
        (_say(b"220 mail.example ESMTP\r\n"), {"not_tls"}),
        (_say(b"\0" * 100), {"not_tls"}),
        (_say(bytes(range(256)) * 50), {"not_tls"}),
        (_say(b"\x15\x03\x03\x00\x02\x02\x28"), {"handshake_failed"}),
        (_say(b"\x15\x03\x03\x00\x02\x02\x50"), {"handshake_failed"}),
        (_say(b"\x16\x03\x03\x00\x04\x0b\x00\x00\x00"), {"handshake_failed"}),
        (_say(b"\x16\x03\x03\xff\xff" + b"x" * 70_000), {"handshake_failed", "not_tls"}),
        (_close, {"closed"}),
        (_reset, {"closed"}),
        (_half, {"closed"}),
        (_drip, {"timeout", "handshake_failed"}),
        (_warn, {"handshake_failed", "closed", "timeout"}),
        (_ask_again, {"timeout", "handshake_failed"}),
    ],
)
def test_hostile_targets(handler: servers.Handler, words: set[str]) -> None:
    begin = time.monotonic()
    with servers.Server(handler) as server:
        finding = look(server, settings=Settings(timeout=0.7, retries=0))
    assert finding.problem in words
    assert finding.detail.isprintable()
    assert time.monotonic() - begin < 3


class Meddler:
    """Something between a client and a real server, which changes one byte of what the server sends."""

    def __init__(self, server: servers.Server) -> None:
        self.server = server
        self.position = 0
        self.change = 1

    def __call__(self, connection: socket.socket) -> None:
        position = self.position
        with socket.create_connection((self.server.host, self.server.port)) as upstream:
            threading.Thread(target=self._forward, args=(connection, upstream), daemon=True).start()
            while data := bytearray(upstream.recv(65536)):
                if 0 <= position < len(data):
                    data[position] ^= self.change
                position -= len(data)
                connection.sendall(data)

    @staticmethod
    def _forward(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("tls_version", ["TLSv1.2", "TLSv1.3"])
def test_a_handshake_that_was_meddled_with_is_never_accepted(tls_version: str) -> None:
    chooser = random.Random(tls_version)
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        meddler = Meddler(server)
        with servers.Server(meddler) as between:
            for _attempt in range(60):
                # TLS 1.3 has about 1,200 bytes here and TLS 1.2 about 1,500; what comes after them is not looked at.
                meddler.position, meddler.change = chooser.randrange(1100), chooser.randrange(1, 256)
                finding = look(between, tls_version=tls_version, settings=Settings(timeout=0.3, retries=0))
                assert finding.problem is not None, (meddler.position, meddler.change)


def test_alerts_are_named() -> None:
    with servers.Server(_say(b"\x15\x03\x03\x00\x02\x02\x50")) as server:
        assert look(server).alert == "internal error"


def test_nobody_listens() -> None:
    target = Target(HandshakeRequest("127.0.0.1", servers.closed_port()))
    (finding,) = confirm([target], trust=Trust(), settings=QUICK)
    assert finding.problem == "refused"


@pytest.mark.parametrize("address", ["no-such-host.invalid", "256.1.1.1", "", "a" * 300, "\0"])
def test_addresses_that_are_none(address: str) -> None:
    (finding,) = confirm([Target(HandshakeRequest(address, 443))], trust=Trust(), settings=QUICK)
    assert finding.problem in ("unresolvable", "refused")


def test_ipv6() -> None:
    try:
        server = servers.Server(servers.StaplingServer({None: site()}), host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        assert look(server).problem is None


def test_a_bad_target_does_not_affect_the_others() -> None:
    bad = [servers.hang, _close, _say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), _warn]
    good = servers.Server(servers.StaplingServer({None: site()}))
    opened = [servers.Server(handler) for handler in bad]
    targets = [Target(HandshakeRequest("127.0.0.1", server.port)) for server in opened]
    mixed = [
        target for bad_target in targets for target in (bad_target, Target(HandshakeRequest("127.0.0.1", good.port)))
    ] * 3
    with good:
        findings = confirm(mixed, trust=Trust(), settings=Settings(timeout=1, retries=0, workers=6))
    for server in opened:
        server.__exit__()
    assert [finding.problem for finding in findings[1::2]] == [None] * 12
    assert all(finding.problem for finding in findings[::2])


def test_a_handshake_that_fails_as_nobody_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    real = confirm_module.shake_hands

    def shake_hands(requested: HandshakeRequest, **options: t.Any) -> t.Any:
        if requested.server_name == "odd.example":
            raise MemoryError
        return real(requested, **options)

    monkeypatch.setattr(confirm_module, "shake_hands", shake_hands)
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        targets = [Target(HandshakeRequest(server.host, server.port, name)) for name in ("odd.example", None)]
        odd, good = confirm(targets, trust=Trust(), settings=QUICK)
    assert (odd.problem, good.problem) == ("judge_failed", None)
    assert "MemoryError" in odd.detail


def test_a_large_handshake_is_judged_like_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm_module, "_LARGE", 100)
    sites = {None: site(), "revoked.example": site(behaviour="revoked")}
    with servers.Server(servers.StaplingServer(sites)) as server:
        targets = [Target(HandshakeRequest(server.host, server.port, name)) for name in ("revoked.example", None)] * 10
        findings = confirm(targets, trust=Trust(), settings=QUICK)
    assert [finding.problem for finding in findings] == ["revoked", None] * 10


def test_the_total_timeout_ends_everything() -> None:
    begin = time.monotonic()
    with servers.Server(servers.hang) as server:
        targets = [Target(HandshakeRequest("127.0.0.1", server.port))] * 20
        settings = Settings(timeout=5, total_timeout=0.6, retries=3, delay=0.1, workers=4)
        findings = confirm(targets, trust=Trust(), settings=settings)
    assert {finding.problem for finding in findings} == {"timeout"}
    assert "not tried" in findings[-1].detail
    assert time.monotonic() - begin < 3


def test_nobody_listens_for_those_who_do_not_ask_either() -> None:
    settings = Settings(timeout=2, retries=0, without_status_request=True)
    (finding,) = confirm(
        [Target(HandshakeRequest("127.0.0.1", servers.closed_port()))], trust=Trust(), settings=settings
    )
    assert (finding.problem, finding.plain_handshake) == ("refused", False)


def test_the_pool_is_bounded_and_keeps_order() -> None:
    sites: dict[str | None, servers.Site] = {f"host{number}": site() for number in range(20)}
    sites["host7"] = site(behaviour="revoked")
    with servers.Server(servers.StaplingServer(sites)) as server:
        targets = [Target(HandshakeRequest("127.0.0.1", server.port, f"host{number}")) for number in range(20)]
        findings = confirm(targets, trust=Trust(), settings=Settings(timeout=5, retries=0, workers=3))
        # A connection that we have closed may still be open on the server's side for a moment.
        assert server.most_at_once <= 6
    assert [index for index, finding in enumerate(findings) if finding.problem] == [7]


def test_no_handshake_is_made_while_one_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm_module, "_AT_ONCE", 4)
    steps: list[str] = []

    class Observer(confirm_module._Observer):
        def look_at(self, target: Target) -> confirm_module._Sight:
            steps.append("look")
            return super().look_at(target)

        def conclude(self, target: Target, sight: confirm_module._Sight) -> Finding:
            steps.append("judge")
            return super().conclude(target, sight)

    monkeypatch.setattr(confirm_module, "_Observer", Observer)
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        targets = [Target(HandshakeRequest(server.host, server.port))] * 10
        findings = confirm(targets, trust=Trust(), settings=Settings(timeout=5, retries=0, workers=3))
    assert {finding.problem for finding in findings} == {None}
    assert steps == [*["look"] * 4, *["judge"] * 4] * 2 + [*["look"] * 2, *["judge"] * 2]


def test_what_was_judged_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[weakref.ref[t.Any]] = []
    alive: list[int] = []

    class Observer(confirm_module._Observer):
        def conclude(self, target: Target, sight: confirm_module._Sight) -> Finding:
            alive.append(sum(reference() is not None for reference in kept))
            kept.append(weakref.ref(sight.handshake))
            return super().conclude(target, sight)

    monkeypatch.setattr(confirm_module, "_Observer", Observer)
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        confirm([Target(HandshakeRequest(server.host, server.port))] * 10, trust=Trust(), settings=QUICK)
    assert max(alive) <= 1


def test_a_worker_that_fails_is_not_passed_over() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise IndexError("not that of the numbers that are left")
        return number

    with ThreadPoolExecutor(2) as pool:
        assert confirm_module._of_each(lambda number: -number, range(5), pool=pool, workers=2) == {
            number: -number for number in range(5)
        }
        with pytest.raises(IndexError, match="not that"):
            confirm_module._of_each(work, range(5), pool=pool, workers=2)


@pytest.fixture(name="interruptible")
def fixture_interruptible() -> t.Iterator[None]:
    """Have SIGINT raise KeyboardInterrupt, also where this process was started in the background and ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_does_not_wait_for_the_rest() -> None:
    begin = time.monotonic()
    timer = threading.Timer(0.2, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt), ThreadPoolExecutor(2) as pool:
        timer.start()
        confirm_module._of_each(lambda _number: time.sleep(0.05), range(1000), pool=pool, workers=2)
    assert time.monotonic() - begin < 10


def test_nothing_is_hidden_from_the_garbage_collector_afterwards() -> None:
    with servers.Server(servers.StaplingServer({None: site()})) as server:
        look(server)
    assert gc.get_freeze_count() == 0


def test_no_threads_are_left_behind() -> None:
    before = threading.active_count()
    with servers.Server(_close) as server:
        look(server)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_pythons_own_tls_agrees_that_the_server_is_sound(tmp_path: Path) -> None:
    """The server of these tests is a real one: an independent client shakes hands with it and verifies its chain."""
    anchors = tmp_path / "root.pem"
    anchors.write_text(PKI.root.pem)
    context = ssl.create_default_context(cafile=str(anchors))
    with (
        servers.Server(servers.StaplingServer({None: site()})) as server,
        socket.create_connection((server.host, server.port), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname="test.example") as connection,
    ):
        assert connection.getpeercert(binary_form=True) == PKI.leaf.der


def test_a_server_that_takes_clients_with_a_certificate_only_is_confirmed_with_a_note(tmp_path: Path) -> None:
    options = ["-Verify", "1", "-verify_return_error", "-tls1_2"]
    staple = answers.behaviour("good", PKI)
    with servers.OpenSslServer(tmp_path, PKI.leaf, staple, options) as server:
        finding = look(server, settings=Settings(timeout=5, retries=0, without_status_request=True))
    assert (finding.problem, finding.stapled, finding.plain_handshake) == (None, True, True)
    assert "client_certificate" in [word for word, _detail in finding.warnings]


@pytest.mark.parametrize("offered", ["-tls1", "-tls1_1"])
def test_a_server_that_is_too_old_has_its_own_word(tmp_path: Path, offered: str) -> None:
    options = [offered, "-cipher", "ALL:@SECLEVEL=0"]
    with servers.OpenSslServer(tmp_path, PKI.leaf, b"", options) as server:
        finding = look(server)
    if finding.detail == "alert internal error":
        pytest.skip("to a client of an older OpenSSL this server only says that it has an internal error")
    assert finding.problem == "old_tls_only"
