# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
The module httpd_tls_info as Ansible runs it, with an httpd that prints what a real one printed (the captured dumps).

A real httpd is asked by the scenarios in molecule/ on every layout.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from pathlib import Path

import pytest

pytest.importorskip("ansible.module_utils.testing")

from ansible_collections.stapling.httpd.plugins.module_utils import _cryptography_dep, _process, _pyopenssl_dep
from ansible_collections.stapling.httpd.plugins.modules import httpd_tls_info
from ansible_collections.stapling.httpd.tests.unit.support.modules import run
from ansible_collections.stapling.httpd.tests.unit.support.recorded import make_httpd, make_site

Module = t.Callable[..., dict[str, t.Any]]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path / "site")


@pytest.fixture
def module(capsys: pytest.CaptureFixture[str]) -> Module:
    return lambda **arguments: run(httpd_tls_info, capsys, arguments)


def test_everything_at_once(module: Module, site: Path) -> None:
    program = make_httpd(site, "vhosts")
    result = module(httpd=program, defines=["EXTRA"])
    assert result["changed"] is False
    assert not any(key in result for key in ("warnings", "code"))
    about = result["httpd"]
    assert about["control"] == [program, "-D", "EXTRA"]
    assert (about["version"], about["mpm"], about["user"], about["running"]) == ("2.4.71", "event", "www-data", False)
    assert about["config_file"] == f"{site}/vhosts.conf"
    assert about["conf_include_dir"] == f"{site}/conf.d"
    assert about["drop_in"] == f"{site}/conf.d/zz-ocsp-stapling.conf"
    assert (about["include_in"], about["include_obstacle"]) == (None, None)
    assert about["listen"][0] == {"address": "*", "port": 443, "protocol": "https"}
    assert "info_module" not in about["modules"]
    vhosts = {vhost["id"]: vhost for vhost in result["vhosts"]}
    assert vhosts["c.example:443"]["key_types"] == ["rsa", "ecdsa"]
    assert vhosts["c.example:443"]["ssl_protocols"] == "-all +TLSv1.3"
    assert vhosts["a.example:8443"]["source"] == {
        "file": f"{site}/vhosts.conf",
        "line": 21,
        "macro": "tlshost",
        "tool": None,
        "panel": None,
    }
    assert vhosts["_default_:443"]["stapling"]["enabled"] is True
    assert vhosts["_default_:443"]["stapling"]["sources"]["enabled"] == {
        "file": f"{site}/vhosts.conf",
        "line": 30,
        "macro": None,
        "managed": False,
    }
    # The same certificate under two names and in four virtual hosts is one certificate.
    assert [certificate["subject"] for certificate in result["certificates"]] == ["CN=rsa", "CN=ecdsa"]
    assert {certificate["issuer_available"] for certificate in result["certificates"]} == {True}
    prints = {certificate["fingerprint_sha256"] for certificate in result["certificates"]}
    assert set(vhosts["c.example:443"]["certificates"]) == prints
    assert ("stapling_without_cache", "_default_:443") in [
        (problem["code"], problem["vhost"]) for problem in result["problems"]
    ]
    assert len((site / "calls").read_text().splitlines()) == 3


def test_stapling_at_server_level(module: Module, site: Path) -> None:
    result = module(httpd=make_httpd(site, "inherit"))
    stapling = result["stapling"]
    assert stapling["enabled"] is True
    assert stapling["cache"] == f"shmcb:{site}/stapling (x)(128000)"
    assert (stapling["cache_provider"], stapling["cache_bytes"]) == ("shmcb", 128000)
    assert stapling["socache_modules"] == ["socache_shmcb_module"]
    assert [(directive["name"], directive["value"], directive["vhost"]) for directive in stapling["directives"]] == [
        ("SSLUseStapling", "on", None),
        ("SSLStaplingCache", f"shmcb:{site}/stapling (x)(128000)", None),
        ("SSLStaplingResponderTimeout", "3", None),
        ("SSLStaplingReturnResponderErrors", "off", None),
        ("SSLStaplingResponderTimeout", "4", None),
        ("SSLUseStapling", "off", "own.example:443"),
        ("SSLStaplingResponderTimeout", "7", "own.example:443"),
        ("SSLStaplingForceURL", "http://ocsp.example/", "own.example:443"),
        ("SSLOCSPProxyURL", "http://127.0.0.1:8888", "own.example:443"),
    ]
    assert stapling["directives"][1]["arguments"] == f'"shmcb:{site}/stapling (x)(128000)"'
    assert stapling["managed_files"] == []
    main = result["vhosts"][0]
    assert (main["main"], main["source"]["file"], main["names"]) == (True, None, ["main.example"])


def test_managed_directives_are_told_apart(module: Module, site: Path) -> None:
    lines = (site / "inherit.conf").read_text().splitlines()
    lines[0] = "# Managed by stapling.httpd"
    (site / "inherit.conf").write_text("\n".join(lines))
    result = module(httpd=make_httpd(site, "inherit"))
    assert {directive["managed"] for directive in result["stapling"]["directives"]} == {True}
    assert result["stapling"]["sources"]["return_responder_errors"]["managed"] is True
    assert [file["path"] for file in result["stapling"]["managed_files"]] == [f"{site}/inherit.conf"]
    digest = hashlib.sha256((site / "inherit.conf").read_bytes()).hexdigest()
    assert result["stapling"]["managed_files"][0]["sha256"] == digest


def test_problems_of_certificates_name_the_place(module: Module, site: Path) -> None:
    (site / "ecdsa.pem").write_text("garbage")
    result = module(httpd=make_httpd(site, "inherit"))
    found = [problem for problem in result["problems"] if problem["code"].startswith("certificate_")]
    assert [(entry["code"], entry["vhost"], entry["line"]) for entry in found] == [
        ("certificate_not_a_certificate", "own.example:443", 17),
        ("certificate_damaged", "own.example:443", 18),
    ]
    assert str(site / "ecdsa.pem") in result["vhosts"][1]["certificates"]


def test_without_certificates_no_library_is_needed(module: Module, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = make_httpd(site, "vhosts")
    monkeypatch.setattr(_cryptography_dep, "HAS_CRYPTOGRAPHY", False)
    failed = module(httpd=program)
    assert "Failed to import the required Python library" in failed["msg"]
    assert failed["missing_libraries"] == ["cryptography"]
    assert not (site / "calls").exists()
    result = module(httpd=program, inspect_certificates=False)
    assert result["certificates"] == []
    assert result["vhosts"][4]["certificate_files"] == [f"{site}/rsa.pem", f"{site}/ecdsa.pem"]


def test_what_confirming_will_need_is_told_beforehand(
    module: Module, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = make_httpd(site, "vhosts")
    monkeypatch.setattr(_pyopenssl_dep, "HAS_PYOPENSSL", True)
    monkeypatch.setattr(_pyopenssl_dep, "PYOPENSSL_VERSION", "20.0.1")
    assert module(httpd=program)["missing_libraries"] == []
    monkeypatch.setattr(_pyopenssl_dep, "PYOPENSSL_VERSION", "19.1.0")
    assert module(httpd=program)["missing_libraries"] == []
    monkeypatch.setattr(_process, "find_program", lambda _name: None)
    assert module(httpd=program)["missing_libraries"] == ["pyOpenSSL"]
    monkeypatch.setattr(_pyopenssl_dep, "HAS_PYOPENSSL", False)
    assert module(httpd=program)["missing_libraries"] == ["pyOpenSSL"]
    assert module(httpd=program, inspect_certificates=False)["missing_libraries"] == []


def test_the_words_of_httpd(module: Module, site: Path) -> None:
    (site / "broken.out").touch()
    result = module(httpd=make_httpd(site, "broken"))
    assert result["failed"]
    assert (result["code"], result["file"], result["line"]) == ("config_invalid", f"{site}/broken.conf", 9)
    assert "SSLStaplingCache cannot occur within <VirtualHost> section" in result["msg"]


def test_no_mod_info(module: Module, site: Path) -> None:
    program = make_httpd(site, "vhosts")
    (site / "vhosts.out").write_text("Syntax OK\n")
    result = module(httpd=program)
    assert result["code"] == "mod_info_missing"


@pytest.mark.parametrize(
    ("body", "code"),
    [("sleep 100", "timeout"), ("echo hello", "not_httpd"), ("exit 1", "not_httpd")],
)
def test_programs_that_are_not_httpd(module: Module, tmp_path: Path, body: str, code: str) -> None:
    program = tmp_path / "httpd"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    result = module(httpd=str(program), timeout=1)
    assert (result["failed"], result["code"]) == (True, code)
    assert str(program) in result["msg"]


@pytest.mark.parametrize("timeout", [-1, 0, "nan", "inf", 3601])
def test_a_wrong_timeout(module: Module, timeout: t.Any) -> None:
    assert module(timeout=timeout)["msg"] == "timeout has to be more than 0 and at most 3600 seconds"


@pytest.mark.parametrize("wait", [-1, "nan", "inf", 3601])
def test_a_wrong_wait(module: Module, wait: t.Any) -> None:
    assert module(wait=wait)["msg"] == "wait has to be at least 0 and at most 3600 seconds"


def test_the_result_is_plain_json(module: Module, site: Path) -> None:
    result = module(httpd=make_httpd(site, "conflicts"))
    assert json.loads(json.dumps(result)) == result
    assert [certificate["problem"] for certificate in result["certificates"]] == ["md_pending", None]
