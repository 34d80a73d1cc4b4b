# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each behaviour of the scripted responder, judged by the openssl command. No container takes part."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from labtool.pki import Leaf, Pki
from responder.behaviours import NAMES
from responder.habits import HABITS
from responder.oddities import ODDITIES

HTTPD_LARGEST_CACHED_RESPONSE = 10239
OPENSSL_LARGEST_STAPLE = 16380  # in TLS 1.2
BASIC_RESPONSE = bytes.fromhex("2b0601050507300101")
REFUSED_BY_OPENSSL = {
    "delegate-inner-differs",
    "delegate-without-purpose",
    "delegate-any-purpose",
    "delegate-purpose-twice",
    "delegate-usage-unused-bits",
    "delegate-expired",
    "delegate-not-yet",
    "delegate-critical-extension",
    "delegate-other-authority-key",
    "delegate-broken-name",
    "delegate-behind-namesake",
    "ahead-600",
    "stale-before",
    "time-fraction",
    "time-offset",
    "no-certificate-in-bag",
    "trailing",
    "trailing-zero",
}


@dataclass(frozen=True)
class Lab:
    """A running responder, and the authority that it answers for."""

    port: int
    control_port: int
    pki: Pki
    leaf: Leaf

    @property
    def root(self) -> Path:
        return self.pki.directory / "root.pem"

    @property
    def issuer(self) -> Path:
        return self.pki.directory / "issuing.pem"


@dataclass(frozen=True)
class Verdict:
    """What `openssl ocsp` says."""

    returncode: int
    text: str

    @property
    def verified(self) -> bool:
        return "Response verify OK" in self.text

    @property
    def accepted(self) -> bool:
        return self.verified and self.says("good") and "times invalid" not in self.text

    def says(self, status: str) -> bool:
        return any(line.endswith(f".pem: {status}") for line in self.text.splitlines())


@pytest.fixture(scope="module", params=["rsa", "ecdsa", "ed25519"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    pki = Pki(tmp_path_factory.mktemp("pki"), request.param)
    leaf = issue(pki, "leaf")
    with serving("responder", pki, "--control-port", "0") as ports:
        yield Lab(ports[0], ports[1], pki, leaf)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    pki = Pki(tmp_path_factory.mktemp("pki"), "ecdsa")
    leaf = issue(pki, "leaf")
    with serving("responder.plain", pki) as ports:
        yield Lab(ports[0], 0, pki, leaf)


@pytest.fixture(scope="module")
def rsa_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    pki = Pki(tmp_path_factory.mktemp("pki"), "rsa")
    leaf = issue(pki, "leaf")
    with serving("responder", pki, "--control-port", "0") as ports:
        yield Lab(ports[0], ports[1], pki, leaf)


def issue(pki: Pki, label: str) -> Leaf:
    """Issue a certificate that the responder knows of."""
    leaf = pki.leaf(
        label=label,
        names=[f"{label}.lab.test"],
        key_type="ecdsa",
        uris=[],
        must_staple=False,
        days=(-1, 90),
        shared=None,
    )
    pki.save()
    return leaf


@contextlib.contextmanager
def serving(module: str, pki: Pki, *options: str) -> Iterator[list[int]]:
    """Run a responder; return its ports."""
    command = [sys.executable, "-m", module, "--directory", str(pki.directory), "--address", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--port", "0", *options],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    words = process.stdout.readline().split()
    assert words[:2] == ["listening", "on"], words
    try:
        yield [int(word) for word in words[2:]]
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0


def ask(lab: Lab, path: str, *options: str, about: list[str] | None = None, nonce: bool = False) -> Verdict:
    """One question by `openssl ocsp`, about the leaf unless told otherwise."""
    about = about or ["-cert", str(lab.leaf.certificate)]
    command = ["openssl", "ocsp", "-issuer", str(lab.issuer), *options, *about]
    command += ["-url", f"http://127.0.0.1:{lab.port}{path}", "-CAfile", str(lab.root), "-timeout", "3"]
    command += ["-nonce" if nonce else "-no_nonce"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return Verdict(done.returncode, done.stdout + done.stderr)


def fetch(lab: Lab, path: str) -> tuple[int, bytes]:
    """Return the raw answer to the same question."""
    request = lab.pki.directory / "request.der"
    command = ["openssl", "ocsp", "-issuer", str(lab.issuer), "-cert", str(lab.leaf.certificate), "-no_nonce"]
    subprocess.run([*command, "-reqout", str(request)], capture_output=True, check=True)
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=10)
    connection.request("POST", path, request.read_bytes(), {"Content-Type": "application/ocsp-request"})
    response = connection.getresponse()
    return response.status, response.read()


def control(lab: Lab, method: str, path: str, body: bytes | None = None) -> dict[str, object]:
    """One call of the control port."""
    connection = http.client.HTTPConnection("127.0.0.1", lab.control_port, timeout=10)
    connection.request(method, path, body)
    answer: dict[str, object] = json.loads(connection.getresponse().read())
    return answer


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        ("good", "good"),
        ("revoked", "revoked"),
        ("unknown", "unknown"),
        ("oversized", "good"),
        ("enormous", "good"),
        ("nonce", "good"),
        ("other_nonce", "good"),
        ("nonce_refused", "good"),
        ("not_alone", "good"),
        ("keep_open:1", "good"),
        ("drip:2", "good"),
        ("no_next_update", "good"),
        ("delegated", "good"),
        ("hang:1", "good"),
        ("life:60", "good"),
    ],
)
def test_a_strict_client_accepts_the_signature_and_reads_the_status(lab: Lab, behaviour: str, status: str) -> None:
    verdict = ask(lab, f"/as/{behaviour}")
    assert verdict.verified, verdict.text
    assert verdict.says(status), verdict.text
    assert "times invalid" not in verdict.text


@pytest.mark.parametrize(
    ("behaviour", "complaint"),
    [
        ("bad_signature", "Response Verify Failure"),
        ("not_basic", "Error parsing response"),
        ("wrong_signer", "Response Verify Failure"),
        ("delegated_without_eku", "Response Verify Failure"),
        ("delegated_expired", "Response Verify Failure"),
        ("stale", "status expired"),
        ("future", "status not yet valid"),
        ("other_certificate", "No Status found"),
        ("try_later", "Responder Error: trylater (3)"),
        ("unauthorized", "Responder Error: unauthorized (6)"),
        ("internal_error", "Responder Error: internalerror (2)"),
        ("malformed_request", "Responder Error: malformedrequest (1)"),
        ("sig_required", "Responder Error: sigrequired (5)"),
        # The command asks in HTTP/1.0 and knows no chunks either; unlike httpd it wants the right type.
        ("chunked", "Error querying OCSP responder"),
        ("wrong_type", "Error querying OCSP responder"),
        ("html", "Error querying OCSP responder"),
        ("huge", "Error querying OCSP responder"),
        ("http_500", "Error querying OCSP responder"),
        ("redirect", "Error querying OCSP responder"),
        ("close", "Error querying OCSP responder"),
        ("garbage", "Error querying OCSP responder"),
        ("empty", "Error querying OCSP responder"),
        ("hang:5", "Error querying OCSP responder"),
    ],
)
def test_a_strict_client_refuses(lab: Lab, behaviour: str, complaint: str) -> None:
    verdict = ask(lab, f"/as/{behaviour}")
    assert complaint in verdict.text
    assert not verdict.accepted


def test_every_behaviour_is_judged_here() -> None:
    judged = set()
    for test in (test_a_strict_client_accepts_the_signature_and_reads_the_status, test_a_strict_client_refuses):
        for mark in test.pytestmark:  # type: ignore[attr-defined]
            judged |= {row[0].partition(":")[0] for row in mark.args[1]}
    assert judged == set(NAMES)


def test_nonces_that_mod_md_refuses(lab: Lab) -> None:
    assert "Nonce Verify error" in ask(lab, "/as/other_nonce", nonce=True).text
    assert "Responder Error: malformedrequest (1)" in ask(lab, "/as/nonce_refused", nonce=True).text


@pytest.mark.parametrize("habit", sorted(set(HABITS) - {"http-keep-alive"}))
def test_habits_spoil_only_how_the_response_is_sent(lab: Lab, habit: str) -> None:
    assert fetch(lab, "/as/http-plain")[0] == 200
    request = (lab.pki.directory / "request.der").read_bytes()
    head = f"POST /as/{habit} HTTP/1.1\r\nUser-Agent: x\r\nAccept: */*\r\nContent-Length: {len(request)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", lab.port), timeout=5) as connection:
        connection.sendall(head.encode() + request)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                received += part
    assert BASIC_RESPONSE in received
    assert received.startswith(b"HTTP/1.")


def test_sizes_at_the_limit_of_what_httpd_caches(lab: Lab) -> None:
    assert HTTPD_LARGEST_CACHED_RESPONSE < len(fetch(lab, "/as/oversized")[1]) < OPENSSL_LARGEST_STAPLE
    assert len(fetch(lab, "/as/enormous")[1]) > OPENSSL_LARGEST_STAPLE
    assert len(fetch(lab, "/as/good")[1]) < 1000


def test_the_hash_of_the_question_is_the_hash_of_the_answer(lab: Lab) -> None:
    assert ask(lab, "/", "-sha256").says("good")


def test_a_nonce_that_was_asked_for_comes_back(lab: Lab) -> None:
    # The command complains of another nonce, and warns where there is none.
    verdict = ask(lab, "/as/nonce", nonce=True)
    assert verdict.accepted
    assert "nonce" not in verdict.text.lower()


def test_a_certificate_that_was_never_issued_is_unknown(lab: Lab) -> None:
    verdict = ask(lab, "/", about=["-serial", "0x1234"])
    assert verdict.verified
    assert "0x1234: unknown" in verdict.text


def test_another_issuer_is_none_of_its_business(lab: Lab) -> None:
    command = ["openssl", "ocsp", "-issuer", str(lab.root), "-cert", str(lab.leaf.certificate)]
    command += ["-url", f"http://127.0.0.1:{lab.port}/", "-CAfile", str(lab.root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "Responder Error: unauthorized (6)" in done.stdout + done.stderr


def test_the_global_behaviour_is_switched_at_run_time(lab: Lab) -> None:
    assert ask(lab, "/").says("good")
    try:
        assert control(lab, "PUT", "/behaviour/revoked")["behaviour"] == "revoked"
        assert ask(lab, "/").says("revoked")
        assert ask(lab, "/as/good").says("good")
    finally:
        control(lab, "PUT", "/behaviour/good")


def test_a_path_has_a_script_of_its_own(lab: Lab) -> None:
    control(lab, "PUT", "/paths", b'{"/host/a": "good,stale,revoked", "/host/b": "unknown"}')
    assert ask(lab, "/host/a").accepted
    assert ask(lab, "/host/b").says("unknown")
    assert "status expired" in ask(lab, "/host/a").text
    assert [ask(lab, "/host/a").says("revoked") for _client in range(2)] == [True, True]
    assert ask(lab, "/host/c").accepted


def test_an_unknown_behaviour_is_refused(lab: Lab) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", lab.control_port, timeout=10)
    connection.request("PUT", "/behaviour/perfect")
    assert connection.getresponse().status == 400
    connection.request("PUT", "/paths", b'{"/": "good,perfect"}')
    assert connection.getresponse().status == 400
    assert fetch(lab, "/as/perfect")[0] == 404
    assert control(lab, "GET", "/")["behaviour"] == "good"


def test_requests_are_counted_by_path_and_serial_number(lab: Lab) -> None:
    assert control(lab, "DELETE", "/counts")["requests"] == 0
    ask(lab, "/as/good")
    ask(lab, "/as/good")
    ask(lab, "/elsewhere")
    counts = control(lab, "GET", "/")
    assert counts["requests"] == 3
    assert counts["paths"] == {"/as/good": 2, "/elsewhere": 1}
    assert counts["serials"] == {f"{lab.leaf.serial_number:X}": 3}


def test_a_hanging_answer_holds_up_nobody_else(lab: Lab) -> None:
    started = time.monotonic()
    with subprocess.Popen(
        ["openssl", "ocsp", "-issuer", lab.issuer, "-cert", lab.leaf.certificate, "-url",
         f"http://127.0.0.1:{lab.port}/as/hang:2", "-CAfile", lab.root],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as hanging:  # fmt: skip
        assert ask(lab, "/").says("good")
        assert hanging.poll() is None
    assert time.monotonic() - started >= 2


def test_the_plain_responder_answers_what_the_index_says(plain: Lab) -> None:
    assert ask(plain, "/").accepted
    assert ask(plain, "/", "-sha256").accepted
    assert "0x1234: unknown" in ask(plain, "/", about=["-serial", "0x1234"]).text
    later = issue(plain.pki, "later")
    assert ask(plain, "/", about=["-cert", str(later.certificate)]).says("good")


def test_no_client_stops_the_plain_responder(plain: Lab) -> None:
    address = ("127.0.0.1", plain.port)
    head = b"POST / HTTP/1.0\r\nContent-Type: application/ocsp-request\r\nContent-Length: "
    with contextlib.ExitStack() as hanging:
        for sent in (b"", b"POST / HT", head, head + b"80\r\n\r\n0Q", head + b"5\r\n\r\nhello", b"\x16\x03\x01" * 99):
            # Once each gone at once (as `nc -z` does), once done with writing, once left hanging.
            with socket.create_connection(address, timeout=5) as gone:
                gone.sendall(sent)
            with socket.create_connection(address, timeout=5) as half:
                half.sendall(sent)
                half.shutdown(socket.SHUT_WR)
                half.recv(1)
            hanging.enter_context(socket.create_connection(address, timeout=5)).sendall(sent)
        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            verdicts = list(pool.map(lambda _: ask(plain, "/"), range(24)))
        assert all(verdict.accepted for verdict in verdicts)
        # Far less than the time after which those that hang are let go.
        assert time.monotonic() - started < 20


@pytest.mark.parametrize("oddity", ODDITIES)
def test_odd_answers_are_really_signed_and_openssl_refuses_only_some(rsa_lab: Lab, oddity: str) -> None:
    verdict = ask(rsa_lab, f"/as/{oddity}")
    assert verdict.accepted == (oddity not in REFUSED_BY_OPENSSL), verdict.text


def test_the_deep_chain_leads_to_the_root(rsa_lab: Lab) -> None:
    deep = rsa_lab.pki.directory / "deep-chain.pem"
    command = ["openssl", "verify", "-CAfile", str(rsa_lab.root), "-untrusted", str(deep), "-show_chain"]
    done = subprocess.run([*command, str(rsa_lab.leaf.certificate)], capture_output=True, text=True, check=True)
    assert "depth=4" in done.stdout
    assert rsa_lab.pki.chain_pem("deep") == deep.read_bytes()
