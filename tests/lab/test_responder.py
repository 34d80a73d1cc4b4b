# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each behaviour of the scripted responder, judged by the openssl command. No container takes part."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from labtool.pki import Leaf, Pki
from responder.behaviours import NAMES

HTTPD_LARGEST_CACHED_RESPONSE = 10239


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
    leaf = pki.leaf(
        label="leaf", names=["leaf.lab.test"], key_type="ecdsa", uris=[], must_staple=False, days=90, shared=None
    )
    pki.save()
    command = [sys.executable, "-m", "responder", "--directory", str(pki.directory), "--address", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--control-port", "0"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    words = process.stdout.readline().split()
    assert words[:2] == ["listening", "on"], words
    try:
        yield Lab(int(words[2]), int(words[3]), pki, leaf)
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0


def ask(lab: Lab, path: str, *options: str, about: list[str] | None = None) -> Verdict:
    """One question by `openssl ocsp`, about the leaf unless told otherwise."""
    about = about or ["-cert", str(lab.leaf.certificate)]
    command = ["openssl", "ocsp", "-issuer", str(lab.issuer), *options, *about]
    command += ["-url", f"http://127.0.0.1:{lab.port}{path}", "-CAfile", str(lab.root), "-no_nonce", "-timeout", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return Verdict(done.returncode, done.stdout + done.stderr)


def fetch(lab: Lab, path: str) -> tuple[int, bytes]:
    """The raw answer to the same question."""
    request = lab.pki.directory / "request.der"
    command = ["openssl", "ocsp", "-issuer", str(lab.issuer), "-cert", str(lab.leaf.certificate), "-no_nonce"]
    subprocess.run([*command, "-reqout", str(request)], capture_output=True, check=True)
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=10)
    connection.request("POST", path, request.read_bytes(), {"Content-Type": "application/ocsp-request"})
    response = connection.getresponse()
    return response.status, response.read()


def control(lab: Lab, method: str, path: str) -> dict[str, object]:
    """One call of the control port."""
    connection = http.client.HTTPConnection("127.0.0.1", lab.control_port, timeout=10)
    connection.request(method, path)
    answer: dict[str, object] = json.loads(connection.getresponse().read())
    return answer


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        ("good", "good"),
        ("revoked", "revoked"),
        ("unknown", "unknown"),
        ("oversized", "good"),
        ("no_next_update", "good"),
        ("delegated", "good"),
        ("hang:1", "good"),
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
        ("wrong_signer", "Response Verify Failure"),
        ("delegated_without_eku", "Response Verify Failure"),
        ("stale", "status expired"),
        ("future", "status not yet valid"),
        ("other_certificate", "No Status found"),
        ("try_later", "Responder Error: trylater (3)"),
        ("unauthorized", "Responder Error: unauthorized (6)"),
        ("internal_error", "Responder Error: internalerror (2)"),
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


def test_sizes_at_the_limit_of_what_httpd_caches(lab: Lab) -> None:
    assert len(fetch(lab, "/as/oversized")[1]) > HTTPD_LARGEST_CACHED_RESPONSE
    assert len(fetch(lab, "/as/good")[1]) < 1000


def test_the_hash_of_the_question_is_the_hash_of_the_answer(lab: Lab) -> None:
    assert ask(lab, "/", "-sha256").says("good")


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


def test_an_unknown_behaviour_is_refused(lab: Lab) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", lab.control_port, timeout=10)
    connection.request("PUT", "/behaviour/perfect")
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
