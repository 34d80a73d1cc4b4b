# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import types
import typing as t
from pathlib import Path

import pytest

pytest.importorskip("OpenSSL")
pytest.importorskip("ansible.module_utils.testing")

from ansible_collections.stapling.httpd.plugins.module_utils import _pyopenssl_dep
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import fingerprint_sha256
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.plugins.module_utils._tls import context as context_module
from ansible_collections.stapling.httpd.plugins.modules import stapled_response_info
from ansible_collections.stapling.httpd.tests.unit.support import answers, modules, servers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

PKI = authority.pki()
RSA = authority.pki("rsa")

Run = t.Callable[..., dict[str, t.Any]]


@pytest.fixture(name="run")
def fixture_run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(internal: dict[str, t.Any] | None = None, **arguments: t.Any) -> dict[str, t.Any]:
        defaults = {"retries": 0, "timeout": 3}
        return modules.run(stapled_response_info, capsys, {**defaults, **arguments}, **(internal or {}))

    return run


@pytest.fixture(name="server", scope="module")
def fixture_server() -> t.Iterator[servers.Server]:
    def site(behaviour: str, *pkis: authority.Pki) -> servers.Site:
        staples = {pki.leaf.der: answers.behaviour(behaviour, pki) for pki in pkis}
        return servers.Site(tuple(pki.leaf for pki in pkis), lambda identity: staples[identity.der])

    sites = {
        None: site("good", PKI),
        "both.example": site("good", PKI, RSA),
        "revoked.example": site("revoked", PKI),
        "silent.example": servers.Site((PKI.leaf,), lambda _: b""),
    }
    with servers.Server(servers.StaplingServer(sites)) as server:
        yield server


def test_a_good_staple(run: Run, server: servers.Server) -> None:
    result = run(targets=[{"address": "127.0.0.1", "port": server.port, "id": "default"}])
    (target,) = result["targets"]
    assert result["changed"] is False
    assert (result["all_acceptable"], result["counts"]) == (True, {"acceptable": 1})
    assert {name: target[name] for name in ("target", "id", "acceptable", "problem", "message", "hint")} == {
        "target": 0,
        "id": "default",
        "acceptable": True,
        "problem": None,
        "message": None,
        "hint": None,
    }
    assert target["response_status"] == "successful"
    assert target["certificate_status"] == "good"
    assert (target["handshake"], target["stapled"], target["signature_valid"]) == (True, True, True)
    assert (target["signer"], target["key_type"], target["tls_version"]) == ("issuer", "ecdsa", "TLSv1.3")
    assert target["fingerprint_sha256"] == fingerprint_sha256(PKI.leaf.certificate)
    assert target["next_update"].endswith("Z")


@pytest.mark.skipif(
    context_module.Contexts().get(key_type="rsa").forced_by != "signature_algorithms",
    reason="this cryptography (36 or 37) does not bind SSL_CTX_set1_sigalgs_list",
)
def test_every_combination_is_a_handshake(run: Run, server: servers.Server) -> None:
    result = run(
        targets=[
            {"address": "127.0.0.1", "port": server.port},
            {
                "address": "127.0.0.1",
                "port": server.port,
                "server_name": "both.example",
                "key_types": ["rsa", "ecdsa"],
                "tls_versions": ["TLSv1.2", "TLSv1.3"],
            },
        ]
    )
    assert [(entry["target"], entry["key_type"], entry["tls_version"]) for entry in result["targets"]] == [
        (0, "ecdsa", "TLSv1.3"),
        (1, "rsa", "TLSv1.2"),
        (1, "rsa", "TLSv1.3"),
        (1, "ecdsa", "TLSv1.2"),
        (1, "ecdsa", "TLSv1.3"),
    ]
    assert result["all_acceptable"]


def test_problems_are_explained(run: Run, server: servers.Server) -> None:
    result = run(
        targets=[
            {"address": "127.0.0.1", "port": server.port, "server_name": "revoked.example"},
            {"address": "127.0.0.1", "port": server.port, "server_name": "silent.example"},
            {"address": "127.0.0.1", "port": server.port},
            {"address": "127.0.0.1", "port": servers.closed_port()},
        ]
    )
    assert [entry["problem"] for entry in result["targets"]] == ["revoked", "no_staple", None, "refused"]
    assert not result["all_acceptable"]
    assert result["counts"] == {"revoked": 1, "no_staple": 1, "acceptable": 1, "refused": 1}
    revoked, silent, _good, refused = result["targets"]
    assert revoked["message"].startswith(f"revoked: revoked.example at 127.0.0.1:{server.port}: ")
    assert silent["hint"] == PROBLEMS["no_staple"].hint
    assert refused["handshake"] is False
    assert refused["stapled"] is None


@pytest.mark.parametrize(
    "spelling", [str.lower, str.upper, lambda text: ":".join(text[i : i + 2] for i in range(0, 64, 2))]
)
def test_fingerprints_in_any_spelling(run: Run, server: servers.Server, spelling: t.Callable[[str], str]) -> None:
    target = {"address": "127.0.0.1", "port": server.port}
    right, wrong = (spelling(fingerprint_sha256(pki.leaf.certificate)) for pki in (PKI, RSA))
    assert run(targets=[{**target, "expected_fingerprints": [right]}])["all_acceptable"]
    result = run(targets=[{**target, "expected_fingerprints": [wrong]}])
    assert result["targets"][0]["problem"] == "wrong_certificate"


def test_trusted_certificates(run: Run, server: servers.Server, tmp_path: Path) -> None:
    targets = [{"address": "127.0.0.1", "port": server.port}]
    anchors = tmp_path / "ca.pem"
    anchors.write_text(PKI.root.pem)
    assert run(targets=targets, ca_file=str(anchors))["targets"][0]["issuer_trusted"] is True
    assert run(targets=targets, ca_content=PKI.root.pem)["all_acceptable"]
    result = run(targets=targets, ca_content=PKI.stranger.pem)
    assert result["targets"][0]["problem"] == "untrusted"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"targets": []}, "targets is empty"),
        ({"targets": [{"address": "::1", "port": 0}]}, "targets[0].port is 0"),
        ({"targets": [{"address": "::1", "port": 65536}]}, "not a port"),
        ({"targets": [{"address": "::1"}], "retries": -1}, "retries is -1"),
        ({"targets": [{"address": "::1"}], "workers": 0}, "workers is 0"),
        ({"targets": [{"address": "::1"}], "timeout": 0}, "timeout is 0"),
        ({"targets": [{"address": "::1"}], "delay": -0.5}, "delay is -0.5"),
        ({"targets": [{"address": "::1", "key_types": ["dsa"]}]}, "dsa"),
        ({"targets": [{"address": "::1", "expected_fingerprints": ["AA:BB"]}]}, "not a SHA-256 fingerprint"),
        ({"targets": [{"port": 443}]}, "address"),
        ({"targets": [{"address": "::1"}], "ca_content": "nonsense"}, "trusted certificates"),
        ({"targets": [{"address": "::1"}], "ca_file": "/no/such/file"}, "/no/such/file does not exist"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(run: Run, arguments: dict[str, t.Any], message: str) -> None:
    result = run(**arguments)
    assert result["failed"]
    assert message in result["msg"]


def test_check_mode_changes_nothing(run: Run, server: servers.Server) -> None:
    targets = [{"address": "127.0.0.1", "port": server.port}]
    checked, real = run(internal={"check_mode": True}, targets=targets), run(targets=targets)
    for result in (checked, real):
        result["targets"][0].pop("elapsed")
        result.pop("invocation")
    assert checked == real


def test_without_pyopenssl_and_the_program(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stapled_response_info, "has_s_client", lambda: False)
    monkeypatch.setattr(_pyopenssl_dep, "HAS_PYOPENSSL", False)
    result = run(targets=[{"address": "::1"}])
    assert result["failed"]
    assert "pyOpenSSL >= 20.0" in result["msg"]
    assert "python3-openssl" in result["msg"]


def test_with_a_pyopenssl_that_is_too_old(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stapled_response_info, "has_s_client", lambda: False)
    monkeypatch.setattr(_pyopenssl_dep, "PYOPENSSL_VERSION", "19.1.0")
    assert "only version 19.1.0 was found" in run(targets=[{"address": "::1"}])["msg"]


def test_the_documentation_names_what_is_returned(run: Run, server: servers.Server) -> None:
    yaml = pytest.importorskip("yaml")
    documented = yaml.safe_load(stapled_response_info.RETURN)
    result = run(targets=[{"address": "127.0.0.1", "port": server.port}])
    assert set(result) - {"changed", "invocation"} == set(documented)
    assert set(result["targets"][0]) == set(documented["targets"]["contains"])


def test_a_site_may_accept_what_its_ca_does(run: Run, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(PKI.stranger.pem)
    staple = answers.behaviour("no_next_update", PKI)
    with servers.Server(servers.StaplingServer({None: servers.Site((PKI.leaf,), lambda _identity: staple)})) as server:
        targets = [{"address": server.host, "port": server.port}]
        strict = run(targets=targets, ca_file=str(stranger))
        lenient = run(targets=targets, ca_file=str(stranger), accept_problems=["no_next_update", "untrusted"])
    assert (strict["all_acceptable"], strict["targets"][0]["problem"]) == (False, "no_next_update")
    assert lenient["all_acceptable"] is True
    assert [warning["code"] for warning in lenient["targets"][0]["warnings"]] == ["no_next_update", "untrusted"]


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_what_could_not_be_reached_before_need_not_be_reached_now(run: Run, server: servers.Server) -> None:
    port = closed_port()
    targets = [{"address": "127.0.0.1", "port": number, "id": str(number)} for number in (server.port, port)]
    before = run(targets=targets, unreached="tolerate")
    assert [(entry["reached"], entry["excused"]) for entry in before["targets"]] == [(True, False), (False, True)]
    assert before["all_acceptable"] is True
    after = run(targets=targets, unreached_before=[entry for entry in before["targets"] if not entry["reached"]])
    assert (after["all_acceptable"], after["counts"]) == (True, {"acceptable": 1, "refused": 1})
    assert run(targets=targets)["all_acceptable"] is False


def test_the_console_names_what_was_not_confirmed_as_far_as_a_person_can_take_it_in() -> None:
    sentences: list[str] = []
    recorder = types.SimpleNamespace(warn=sentences.append)
    results = [{"excused": number != 0, "message": f"message {number}"} for number in range(9)]
    stapled_response_info.warn_of_excused(t.cast(t.Any, recorder), results)
    assert [sentence.rpartition(": ")[2] for sentence in sentences[:5]] == [
        f"message {number}" for number in range(1, 6)
    ]
    assert sentences[5:] == ["Not confirmed, and not counted, are 3 more targets."]


def test_what_is_reached_now_counts_and_so_does_what_was_reached_before(run: Run, server: servers.Server) -> None:
    target = {"address": "127.0.0.1", "port": server.port, "server_name": "silent.example"}
    (seen,) = run(targets=[target], without_status_request=True)["targets"]
    unreached = {**seen, "reached": False}
    assert run(targets=[target], unreached_before=[unreached])["all_acceptable"] is False
    # Another name, another port: another handshake.
    gone = {"address": "127.0.0.1", "port": closed_port()}
    assert run(targets=[gone], unreached_before=[unreached])["all_acceptable"] is False
    assert run(targets=[gone], unreached_before=[{**unreached, "reached": True}])["all_acceptable"] is False


def test_if_nothing_can_be_reached_nothing_is_tolerated(run: Run) -> None:
    result = run(targets=[{"address": "127.0.0.1", "port": closed_port()}], unreached="tolerate")
    assert (result["all_acceptable"], result["targets"][0]["excused"]) == (False, False)


def test_another_server_in_front_is_not_the_virtual_host(run: Run, server: servers.Server) -> None:
    other = {"address": "127.0.0.1", "port": server.port, "expected_fingerprints": ["ab" * 32], "id": "other"}
    result = run(targets=[other, {"address": "127.0.0.1", "port": server.port}], unreached="tolerate")
    first = result["targets"][0]
    assert (first["handshake"], first["reached"], first["excused"]) == (True, False, True)
    assert "ocsp_stapling_confirm_from" in first["hint"]
    assert run(targets=[other], unreached_before=[first])["all_acceptable"] is True


def test_without_a_staple_due_the_handshake_is_all(run: Run, server: servers.Server) -> None:
    target = {"address": "127.0.0.1", "port": server.port, "server_name": "silent.example", "staple": False}
    assert run(targets=[target])["all_acceptable"] is True
    assert run(targets=[{**target, "expected_fingerprints": ["ab" * 32]}])["all_acceptable"] is False
    assert run(targets=[{**target, "port": closed_port()}])["all_acceptable"] is False


def test_an_address_of_another_host_and_a_server_that_is_too_old_never_count(run: Run, server: servers.Server) -> None:
    elsewhere = {"address": "192.0.2.77", "port": server.port}
    old = {"address": "127.0.0.1", "port": server.port, "old_tls_only": True}
    result = run(targets=[elsewhere, old], own_addresses=True, without_status_request=True)
    assert [entry["problem"] for entry in result["targets"]] == ["address_elsewhere", "old_tls_only"]
    assert (result["all_acceptable"], all(entry["excused"] for entry in result["targets"])) == (True, True)


def test_results_that_are_none_are_refused_in_a_sentence(run: Run, server: servers.Server) -> None:
    result = run(targets=[{"address": "127.0.0.1", "port": server.port}], unreached_before=[{"reached": False}])
    assert (result["failed"], "unreached_before is not made of targets" in result["msg"]) == (True, True)
