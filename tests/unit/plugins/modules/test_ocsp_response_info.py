# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from cryptography import x509

pytest.importorskip("OpenSSL")
pytest.importorskip("ansible.module_utils.testing")

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import fingerprint_sha256
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp import query as query_module
from ansible_collections.stapling.httpd.plugins.modules import ocsp_response_info
from ansible_collections.stapling.httpd.tests.unit.support import answers, modules, servers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

PKI = authority.pki()
Run = t.Callable[..., dict[str, t.Any]]


@pytest.fixture(name="run")
def fixture_run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(internal: dict[str, t.Any] | None = None, **arguments: t.Any) -> dict[str, t.Any]:
        return modules.run(ocsp_response_info, capsys, {"timeout": 2, **arguments}, **(internal or {}))

    return run


@pytest.fixture(name="responder", scope="module")
def fixture_responder() -> t.Iterator[servers.Server]:
    """Yield a responder that behaves as the path says under which it is asked."""

    def answer(head: bytes, _body: bytes) -> bytes:
        behaviour = head.split()[1].decode("ascii").rpartition("/")[2]
        if behaviour == "http_500":
            return b"HTTP/1.0 500 Internal Server Error\r\n\r\n"
        if behaviour == "redirect":
            return b"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"
        if behaviour == "empty":
            return servers.http_answer(b"")
        if behaviour == "close":
            return b""
        if behaviour == "trailing":
            return servers.http_answer(answers.behaviour("good", PKI) + b"\r\n")
        if behaviour == "oversized":
            return servers.http_answer(b"x" * 3_000_000)
        return servers.http_answer(answers.behaviour(behaviour, PKI))

    with servers.Server(servers.Responder(answer)) as server:
        yield server


def uri(responder: servers.Server, behaviour: str) -> str:
    return f"http://127.0.0.1:{responder.port}/as/{behaviour}"


def test_a_good_answer(run: Run, responder: servers.Server) -> None:
    result = run(certificate=PKI.leaf.chain_pem, responder=uri(responder, "good"))
    assert result["changed"] is False
    assert (result["all_acceptable"], result["acceptable"], result["problem"]) == (True, True, None)
    assert (result["reachable"], result["response_status"], result["certificate_status"]) == (
        True,
        "successful",
        "good",
    )
    assert (result["signature_valid"], result["signer"], result["certid_hash"]) == (True, "issuer", "sha1")
    assert result["fingerprint_sha256"] == fingerprint_sha256(PKI.leaf.certificate)
    assert result["addresses_tried"] == [{"address": "127.0.0.1", "port": responder.port, "outcome": "succeeded"}]
    (response,) = result["responses"]
    assert response.pop("warnings") == []
    assert response == {name: result[name] for name in response}


NETWORK_PROBLEMS = {
    "http_500": "responder_http_error",
    "redirect": "responder_redirect",
    "empty": "responder_empty",
    "close": "responder_closed",
    "oversized": "responder_oversized",
}


@pytest.mark.parametrize(("behaviour", "problem"), [*answers.PROBLEM_OF.items(), *NETWORK_PROBLEMS.items()])
def test_every_behaviour(run: Run, responder: servers.Server, behaviour: str, problem: str | None) -> None:
    result = run(certificate=PKI.leaf.chain_pem, responder=uri(responder, behaviour))
    assert (result["problem"], result["reachable"]) == (problem, True)
    if problem:
        assert result["message"].startswith(f"{problem}: {uri(responder, behaviour)} for CN=www.test.example: ")
        assert result["hint"]


def test_many_questions_keep_their_order(run: Run, responder: servers.Server) -> None:
    behaviours = [*answers.PROBLEM_OF, *NETWORK_PROBLEMS] * 2
    queries = [{"certificate": PKI.leaf.chain_pem, "responder": uri(responder, name)} for name in behaviours]
    result = run(queries=queries)
    assert [entry["problem"] for entry in result["responses"]] == [
        {**answers.PROBLEM_OF, **NETWORK_PROBLEMS}[name] for name in behaviours
    ]
    assert result["all_acceptable"] is False
    assert "acceptable" not in result


def test_files(run: Run, responder: servers.Server, tmp_path: Path) -> None:
    chain, leaf, leaf_der, issuers = (tmp_path / name for name in ("chain.pem", "leaf.pem", "leaf.der", "ca.pem"))
    chain.write_text(PKI.leaf.chain_pem)
    leaf.write_text(PKI.leaf.pem)
    leaf_der.write_bytes(PKI.leaf.der)
    issuers.write_text(PKI.stranger.pem + PKI.issuer.pem)
    place = {"responder": uri(responder, "good")}
    result = run(
        queries=[
            {"certificate": str(chain), **place},
            {"certificate": str(leaf), "issuer": str(issuers), **place},
            {"certificate": str(leaf_der), "issuer": PKI.issuer.pem, **place},
            {"certificate": str(chain), "issuer": str(chain), **place},
        ]
    )
    assert [entry["problem"] for entry in result["responses"]] == [None] * 4
    assert [entry["certificate"] for entry in result["responses"]] == [str(chain), str(leaf), str(leaf_der), str(chain)]


def test_questions_that_cannot_be_asked(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    silent = authority.certificate("silent.test.example", issuer=PKI.issuer)
    secure = authority.certificate("secure.test.example", issuer=PKI.issuer, ocsp_uris=["https://ocsp.example/"])
    odd = authority.certificate("odd.test.example", issuer=PKI.issuer, ocsp_uris=["http://exa mple/"])
    alone = authority.certificate("alone.test.example", ocsp_uris=["http://ocsp.example/"])
    cases = [
        ({"certificate": "/no/such/file"}, "certificate_unreadable"),
        ({"certificate": str(empty)}, "certificate_unreadable"),
        ({"certificate": str(fifo)}, "certificate_unreadable"),
        ({"certificate": str(tmp_path)}, "certificate_unreadable"),
        ({"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "certificate_unreadable"),
        ({"certificate": PKI.leaf.pem}, "issuer_missing"),
        ({"certificate": PKI.leaf.pem, "issuer": "/no/such/file"}, "issuer_missing"),
        ({"certificate": PKI.leaf.pem, "issuer": PKI.stranger.pem}, "issuer_mismatch"),
        ({"certificate": alone.pem}, "issuer_missing"),
        ({"certificate": silent.chain_pem}, "no_ocsp_uri"),
        ({"certificate": secure.chain_pem}, "responder_not_http"),
        ({"certificate": odd.chain_pem}, "responder_invalid"),
    ]
    result = run(queries=[query for query, _problem in cases])
    assert [entry["problem"] for entry in result["responses"]] == [problem for _query, problem in cases]
    assert {entry["reachable"] for entry in result["responses"]} == {None}


def test_the_responder_in_the_certificate(run: Run, responder: servers.Server) -> None:
    uris = [uri(responder, "revoked"), uri(responder, "good")]
    leaf = authority.certificate("two.test.example", issuer=PKI.issuer, ocsp_uris=uris)
    result = run(certificate=leaf.chain_pem)
    # httpd takes the first one, and so do we. The answer is about the other certificate of this CA.
    assert (result["responder"], result["problem"]) == (uris[0], "other_certificate")


def test_through_a_proxy(run: Run) -> None:
    heads: list[bytes] = []

    def answer(head: bytes, _body: bytes) -> bytes:
        heads.append(head)
        return servers.http_answer(answers.behaviour("good", PKI))

    with servers.Server(servers.Responder(answer)) as proxy:
        result = run(
            certificate=PKI.leaf.chain_pem,
            responder="http://ocsp.invalid/path",
            proxy_url=f"http://127.0.0.1:{proxy.port}",
        )
    assert result["acceptable"]
    assert heads[0].startswith(b"POST http://ocsp.invalid:80/path HTTP/1.0\r\n")


def test_http_proxy_in_the_environment_is_ignored(
    run: Run, responder: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{servers.closed_port()}")
    assert run(certificate=PKI.leaf.chain_pem, responder=uri(responder, "good"))["acceptable"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_as_another_user(run: Run, responder: servers.Server, tmp_path: Path) -> None:
    """The certificate is read as root, the network is used as nobody."""
    secret = tmp_path / "chain.pem"
    secret.write_text(PKI.leaf.chain_pem)
    secret.chmod(0o600)
    assert run(certificate=str(secret), responder=uri(responder, "good"), as_user="nobody")["acceptable"]
    port = servers.closed_port()
    result = run(certificate=str(secret), responder=f"http://127.0.0.1:{port}/", as_user="nobody")
    assert result["problem"] == "responder_unreachable"
    assert f"connect to 127.0.0.1:{port} was refused as nobody" in result["message"]
    assert result["reachable"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "certificate, queries"),
        ({"certificate": "x", "queries": []}, "mutually exclusive"),
        ({"issuer": "x", "queries": [{"certificate": "x"}]}, "mutually exclusive"),
        ({"queries": []}, "queries is empty"),
        ({"queries": [{"issuer": "x"}]}, "certificate"),
        ({"certificate": "x", "timeout": -1}, "timeout is -1.0, and has to be more than 0 and at most 3600"),
        ({"certificate": "x", "timeout": "inf"}, "timeout is inf"),
        ({"certificate": "x", "timeout": "nan"}, "timeout is nan"),
        ({"certificate": "x", "total_timeout": 1e14}, "total_timeout is 1"),
        ({"certificate": "x", "min_validity": 10**14}, "min_validity is 100000000000000, and has to be at least 0"),
        ({"certificate": "x", "max_size": 10**14}, "max_size is 100000000000000"),
        ({"certificate": "x", "max_age": "\u00b2"}, "max_age"),
        ({"certificate": "x", "as_user": "\u00b2"}, "there is no user"),
        ({"certificate": "x", "engine": "nginx"}, "engine"),
        ({"certificate": "x", "total_timeout": 0}, "total_timeout is 0"),
        ({"certificate": "x", "min_validity": -1}, "min_validity is -1"),
        ({"certificate": "x", "as_user": "no-such-user"}, "there is no user no-such-user"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(run: Run, arguments: dict[str, t.Any], message: str) -> None:
    result = run(**arguments)
    assert result["failed"]
    assert message in result["msg"]


def test_a_responder_that_drips_is_refused_before_it_has_finished(run: Run) -> None:
    """The patience of httpd would be enough, and every client of it would have to have it too."""

    def drip(connection: socket.socket) -> None:
        servers.read_request(connection)
        for byte in servers.http_answer(answers.behaviour("good", PKI)):
            connection.sendall(bytes([byte]))
            time.sleep(0.01)

    with servers.Server(drip) as server:
        result = run(certificate=PKI.leaf.chain_pem, responder=f"http://127.0.0.1:{server.port}/", timeout=0.5)
    assert (result["problem"], result["reachable"]) == ("responder_timeout", True)
    assert result["elapsed"] < 2


def test_who_was_not_asked(run: Run) -> None:
    with servers.Server(servers.hang) as server:
        queries = [
            {"certificate": PKI.leaf.chain_pem, "responder": f"http://127.0.0.1:{server.port}/{number}"}
            for number in range(5)
        ]
        result = run(queries=queries, timeout=0.5, total_timeout=1)
    last = result["responses"][-1]
    assert (last["problem"], last["reachable"], last["elapsed"], last["addresses_tried"]) == (
        "not_asked",
        None,
        None,
        [],
    )
    assert "1 s for all" in last["message"]


@pytest.mark.parametrize(
    ("nonce", "mod_ssl", "mod_md"), [("none", None, None), ("same", None, None), ("other", None, "nonce_mismatch")]
)
def test_the_nonce_of_mod_md(run: Run, nonce: str, mod_ssl: str | None, mod_md: str | None) -> None:
    asked: list[bytes | None] = []

    def answer(_head: bytes, body: bytes) -> bytes:
        request = x509.ocsp.load_der_ocsp_request(body)
        sent = [entry.value.nonce for entry in request.extensions]
        asked.append(sent[0] if sent else None)
        value = {"none": None, "same": sent[0] if sent else None, "other": b"n" * 16}[nonce]
        return servers.http_answer(answers.good_with_nonce(PKI, value))

    with servers.Server(servers.Responder(answer)) as server:
        place = {"certificate": PKI.leaf.chain_pem, "responder": f"http://127.0.0.1:{server.port}/"}
        assert run(**place)["problem"] == mod_ssl
        assert run(engine="mod_md", **place)["problem"] == mod_md
        run(engine="mod_md", **place)
    assert asked[0] is None
    assert len(asked[1] or b"") == len(asked[2] or b"") == 16
    assert asked[1] != asked[2]


@pytest.mark.parametrize("as_user", [None, "nobody"])
def test_answers_of_2_mib_are_not_piled_up(tmp_path: Path, as_user: str | None) -> None:
    """All of them together would be 600 MiB; both processes together, with Python in them, get less than half."""
    if as_user and os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    large = answers.sequence(answers.octets(bytes(0x1FFF00)))

    def answer(head: bytes, _body: bytes) -> bytes:
        return servers.http_answer(large)

    (tmp_path / "chain.pem").write_text(PKI.leaf.chain_pem)
    with everywhere(servers.Responder(answer)) as server:
        queries = [
            {
                "certificate": str(tmp_path / "chain.pem"),
                "responder": f"http://127.0.0.{1 + number % 254}:{server.port}/",
            }
            for number in range(300)
        ]
        program = tmp_path / "run.py"
        program.write_text(_MEASURE)
        arguments = {"queries": queries, "as_user": as_user, "max_size": 0, "total_timeout": 120}
        (tmp_path / "arguments.json").write_text(json.dumps(arguments))
        done = subprocess.run(
            [sys.executable, str(program), str(tmp_path / "arguments.json")], capture_output=True, text=True, check=True
        )
    measured = json.loads(done.stdout.splitlines()[-1])
    assert measured["problems"] == ["not_ocsp"]
    assert measured["result"] < 300 * 4096
    assert measured["megabytes"] < 300


_MEASURE = """
import contextlib, io, json, resource, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp import query as query_module
from ansible_collections.stapling.httpd.plugins.modules import ocsp_response_info
out = io.StringIO()
with open(sys.argv[1]) as file, patch_module_args(json.load(file)), contextlib.redirect_stdout(out):
    with contextlib.suppress(SystemExit):
        ocsp_response_info.main()
result = json.loads(out.getvalue())
# Not ru_maxrss for the process itself: that remembers the one from which it was started.
with open("/proc/self/status") as status:
    used = int(next(line for line in status if line.startswith("VmHWM:")).split()[1])
used += resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({
    "problems": sorted({entry["problem"] for entry in result["responses"]}),
    "result": len(json.dumps(result["responses"])),
    "megabytes": used / 1024,
}))
"""


def everywhere(handler: servers.Handler) -> servers.Server:
    return servers.Server(handler, host="0.0.0.0")


def test_check_mode_is_the_same(run: Run, responder: servers.Server) -> None:
    arguments = {"certificate": PKI.leaf.chain_pem, "responder": uri(responder, "revoked")}
    checked, real = run(internal={"check_mode": True}, **arguments), run(**arguments)
    assert (checked["problem"], real["problem"]) == ("revoked", "revoked")


def test_the_documentation_names_what_is_returned(run: Run, responder: servers.Server) -> None:
    yaml = pytest.importorskip("yaml")
    documented = yaml.safe_load(ocsp_response_info.RETURN)
    result = run(queries=[{"certificate": PKI.leaf.chain_pem, "responder": uri(responder, "good")}])
    assert set(result) - {"changed", "invocation"} == set(documented)
    assert set(result["responses"][0]) == set(documented["responses"]["contains"])


def test_a_site_may_accept_what_its_ca_does(run: Run, responder: servers.Server) -> None:
    query = {"certificate": PKI.leaf.chain_pem, "responder": uri(responder, "no_next_update")}
    assert run(queries=[query])["responses"][0]["problem"] == "no_next_update"
    (response,) = run(queries=[query], accept_problems=["no_next_update", "too_old"])["responses"]
    assert (response["acceptable"], response["problem"]) == (True, None)
    ((code, message),) = [(warning["code"], warning["message"]) for warning in response["warnings"]]
    assert code == "no_next_update"
    assert message.startswith("no_next_update: http://127.0.0.1:")
    assert "Java refuses it after 15 minutes" in message


def test_what_loses_everybody_cannot_be_accepted(run: Run) -> None:
    result = run(certificate=PKI.leaf.chain_pem, accept_problems=["bad_signature"])
    assert "value of accept_problems must be one or more of" in result["msg"]


def test_bytes_after_the_answer_do_not_matter(run: Run, responder: servers.Server) -> None:
    """Only the response is what httpd reads and staples."""
    assert run(certificate=PKI.leaf.chain_pem, responder=uri(responder, "trailing"))["problem"] is None


@pytest.mark.parametrize("place", ["validate_response", "destination"])
def test_what_nobody_foresaw_is_a_problem_of_one_question(
    run: Run, responder: servers.Server, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    real = getattr(query_module, place)
    count = iter(range(10))

    def fail_once(*arguments: t.Any, **options: t.Any) -> t.Any:
        if next(count) == 0:
            raise RecursionError("text of a stranger")
        return real(*arguments, **options)

    monkeypatch.setattr(query_module, place, fail_once)
    queries = [{"certificate": PKI.leaf.chain_pem, "responder": uri(responder, "good")}] * 2
    odd, good = run(queries=queries)["responses"]
    assert (odd["problem"], good["problem"]) == ("judge_failed", None)
    assert "RecursionError at test_ocsp_response_info.py" in odd["message"]
    assert "stranger" not in str(odd)
