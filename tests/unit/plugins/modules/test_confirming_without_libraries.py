# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host on which a library is missing gets a sentence that says so, and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

pytest.importorskip("ansible.module_utils.testing")
pytest.importorskip("OpenSSL")

from ansible_collections.stapling.httpd.tests.unit.support import answers, servers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.recorded import make_httpd, make_site

PROGRAM = """
import json, sys

for name in {missing!r}:
    sys.modules[name] = None

from ansible.module_utils.testing import patch_module_args
from ansible_collections.stapling.httpd.plugins.modules import {module}

with patch_module_args(json.loads(sys.argv[1])):
    {module}.main()
"""

STAPLED: dict[str, t.Any] = {"targets": [{"address": "::1"}]}
OCSP: dict[str, t.Any] = {"certificate": "/no/such/file"}


@pytest.mark.parametrize(
    ("module", "arguments", "missing", "words"),
    [
        ("ocsp_response_info", OCSP, ["cryptography"], ["cryptography >= 3.3", "python3-cryptography"]),
        ("ocsp_response_info", OCSP, ["cryptography", "OpenSSL"], ["cryptography >= 3.3"]),
        ("stapled_response_info", STAPLED, ["cryptography"], ["cryptography >= 3.3", "python3-cryptography"]),
    ],
)
def test_what_is_missing_is_named(
    module: str, arguments: dict[str, t.Any], missing: list[str], words: list[str]
) -> None:
    program = PROGRAM.format(module=module, missing=missing)
    finished = subprocess.run(
        [sys.executable, "-c", program, json.dumps(arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.stderr == ""
    result = json.loads(finished.stdout)
    assert result["failed"]
    # The first one that is needed, by the name of the package index.
    assert result["missing_libraries"] == [{"OpenSSL": "pyOpenSSL"}.get(missing[0], missing[0])]
    for word in words:
        assert word in result["msg"]


def test_httpd_is_described_without_cryptography(tmp_path: Path) -> None:
    """All is known that could forbid taking stapling out."""
    site = make_site(tmp_path / "site")
    arguments = {"httpd": make_httpd(site, "vhosts"), "require_libraries": False}
    complete, bare = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", PROGRAM.format(module="httpd_tls_info", missing=missing), json.dumps(arguments)],
                stdout=subprocess.PIPE,
                timeout=60,
                check=True,
            ).stdout
        )
        for missing in ([], ["cryptography"])
    )
    assert bare["missing_libraries"] == ["cryptography", "pyOpenSSL"] and not complete["missing_libraries"]
    unknown = {"not_before": None, "not_after": None, "expired": False, "not_yet_valid": False, "warnings": []}
    assert complete["certificates"] and not any("judge_failed" in str(entry) for entry in bare["certificates"])
    assert [{**entry, **unknown} for entry in bare["certificates"]] == [
        {**entry, **unknown} for entry in complete["certificates"]
    ]
    assert bare["vhosts"] == complete["vhosts"] and bare["stapling"] == complete["stapling"]


def test_without_pyopenssl_the_program_shakes_hands() -> None:
    program = PROGRAM.format(module="stapled_response_info", missing=["OpenSSL"])
    pki = authority.pki()
    site = servers.Site((pki.leaf,), lambda _identity: answers.behaviour("good", pki))
    with servers.Server(servers.StaplingServer({None: site})) as server:
        arguments = {"targets": [{"address": server.host, "port": server.port, "server_name": "www.example.org"}]}
        finished = subprocess.run(
            [sys.executable, "-c", program, json.dumps(arguments)],
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
        )
    (target,) = json.loads(finished.stdout)["targets"]
    assert target["handshake"] and target["stapled"] and target["signature_valid"]
    assert target["tls_version"] == "TLSv1.3"


def test_asking_a_responder_does_not_need_pyopenssl() -> None:
    program = PROGRAM.format(module="ocsp_response_info", missing=["OpenSSL"])
    finished = subprocess.run(
        [sys.executable, "-c", program, json.dumps(OCSP)], stdout=subprocess.PIPE, text=True, timeout=60, check=True
    )
    assert json.loads(finished.stdout)["problem"] == "certificate_unreadable"
