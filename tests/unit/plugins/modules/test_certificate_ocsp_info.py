# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module certificate_ocsp_info as Ansible runs it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

pytest.importorskip("ansible.module_utils.testing")

from ansible_collections.stapling.httpd.plugins.module_utils import _cryptography_dep
from ansible_collections.stapling.httpd.plugins.modules import certificate_ocsp_info
from ansible_collections.stapling.httpd.tests.unit.support import pki
from ansible_collections.stapling.httpd.tests.unit.support.modules import run


@pytest.fixture
def module(capsys: pytest.CaptureFixture[str]) -> t.Callable[..., dict[str, t.Any]]:
    return lambda **arguments: run(certificate_ocsp_info, capsys, arguments)


def test_a_file(module: t.Callable[..., dict[str, t.Any]], tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    path.write_text(pki.pki("ecdsa").leaf.chain_pem)
    result = module(paths=[str(path)], content=pki.certificate("x", ocsp_uris=["http://[::1]:81/"]).pem)
    assert result["changed"] is False
    assert [certificate["path"] for certificate in result["certificates"]] == [str(path), None]
    assert [(endpoint["host"], endpoint["port"]) for endpoint in result["endpoints"]] == [
        ("127.0.0.1", 80),
        ("::1", 81),
    ]


def test_check_mode(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(certificate_ocsp_info, capsys, {"content": pki.pki("ecdsa").leaf.pem}, check_mode=True)
    assert len(result["certificates"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of the following is required: paths, content, endpoints"),
        ({"endpoints": ["a:b"]}, "endpoints: 'b' is not a port from 1 to 65535"),
        ({"endpoints": [{"port": 1}]}, "endpoints: an endpoint needs an address"),
        ({"content": "x", "timeout": 0}, "timeout is 0.0, and has to be more than 0 and at most 3600"),
        ({"content": "x", "timeout": "nan"}, "timeout is nan, and has to be more than 0 and at most 3600"),
        ({"content": "x", "timeout": "inf"}, "timeout is inf, and has to be more than 0 and at most 3600"),
        ({"endpoints": ["a:\u00b2"]}, "endpoints: '\u00b2' is not a port from 1 to 65535"),
        ({"endpoints": ["a:" + "9" * 5000]}, "endpoints: '99999...' is not a port from 1 to 65535"),
    ],
)
def test_wrong_arguments(module: t.Callable[..., dict[str, t.Any]], arguments: dict[str, t.Any], message: str) -> None:
    result = module(**arguments)
    assert result["failed"]
    assert result["msg"] == message


def test_without_cryptography_nothing_else_happens(
    module: t.Callable[..., dict[str, t.Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_cryptography_dep, "HAS_CRYPTOGRAPHY", False)
    result = module(paths=["/nowhere"])
    assert result["failed"]
    assert "Failed to import the required Python library (cryptography >= 3.3)" in result["msg"]
    assert "python3-cryptography" in result["msg"]


@pytest.mark.parametrize(
    ("version", "enough"), [("3.2.1", False), ("3.3", True), ("3.3.2", True), ("41.0.0.dev1", True)]
)
def test_the_version_of_cryptography(
    module: t.Callable[..., dict[str, t.Any]], monkeypatch: pytest.MonkeyPatch, version: str, enough: bool
) -> None:
    monkeypatch.setattr(_cryptography_dep, "CRYPTOGRAPHY_VERSION", version)
    result = module(paths=["/nowhere"])
    assert result.get("failed", False) is not enough
    if not enough:
        assert f"only version {version} was found" in result["msg"]
