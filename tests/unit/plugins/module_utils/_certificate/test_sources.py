# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates from files, directories, globs and text, and the endpoints that come out."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.sources import (
    from_content,
    from_paths,
    report,
)
from ansible_collections.stapling.httpd.tests.unit.support import hostile, pki

CHAIN = pki.pki("ecdsa")


def write(path: Path, *parts: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(parts), encoding="utf-8")
    return str(path)


def seen(sources: list[t.Any], *, include_ca: bool = False) -> list[tuple[str | None, str | None]]:
    found = report(sources, include_ca=include_ca)["certificates"]
    return [(entry["subject"], entry["problem"]) for entry in found]


# Files


def test_a_bundle_gives_the_leaf_and_the_chain_only_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pem", CHAIN.leaf.chain_pem, CHAIN.root.pem)
    assert seen(from_paths([path])) == [("CN=www.test.example", None)]
    assert [subject for subject, _problem in seen(from_paths([path]), include_ca=True)] == [
        "CN=www.test.example",
        "CN=Test Issuer",
        "CN=Test Root",
    ]
    (leaf,) = report(from_paths([path]), include_ca=False)["certificates"]
    assert (leaf["issuer_available"], leaf["issuer_path"]) == (True, path)


def test_a_file_of_authorities_gives_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "ca.pem", CHAIN.root.pem, CHAIN.issuer.pem)
    assert seen(from_paths([path])) == [("CN=Test Root", None)]


def test_several_servers_in_one_bundle_are_all_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pem", CHAIN.leaf.pem, pki.certificate("other").pem)
    assert [subject for subject, _problem in seen(from_paths([path]))] == ["CN=www.test.example", "CN=other"]


def test_directories_globs_and_files(tmp_path: Path) -> None:
    write(tmp_path / "live" / "b" / "fullchain.pem", pki.certificate("b").pem)
    write(tmp_path / "live" / "a" / "fullchain.pem", pki.certificate("a").pem)
    write(tmp_path / "dir" / "c.pem", pki.certificate("c").pem)
    write(tmp_path / "dir" / "c.key", pki.certificate("c").key_pem)
    write(tmp_path / "dir" / "sub" / "d.pem", pki.certificate("d").pem)
    os.mkfifo(tmp_path / "dir" / "fifo")
    write(tmp_path / "odd[name].pem", pki.certificate("odd").pem)
    sources = from_paths(
        [
            str(tmp_path / "live" / "*" / "fullchain.pem"),
            str(tmp_path / "dir"),
            str(tmp_path / "odd[name].pem"),
            str(tmp_path / "live" / "a" / "fullchain.pem"),
            str(tmp_path / "none*.pem"),
            str(tmp_path / "none.pem"),
            str(tmp_path / "dir" / "c.key"),
        ]
    )
    assert seen(sources) == [
        ("CN=a", None),
        ("CN=b", None),
        ("CN=c", None),
        ("CN=odd", None),
        (None, "not_found"),
        (None, "not_a_certificate"),
    ]


def test_the_issuer_may_stand_in_another_file(tmp_path: Path) -> None:
    leaf = write(tmp_path / "leaf.pem", CHAIN.leaf.pem)
    issuer = write(tmp_path / "issuer.pem", CHAIN.issuer.pem)
    found = report(from_paths([leaf, issuer]), include_ca=False)["certificates"]
    assert [(entry["path"], entry["issuer_path"]) for entry in found] == [(leaf, issuer), (issuer, None)]


def test_text() -> None:
    assert seen(from_content(CHAIN.leaf.pem)) == [("CN=www.test.example", None)]
    assert seen(from_content("hello")) == [(None, "not_a_certificate")]
    assert seen(from_content("")) == [(None, "empty")]
    assert from_content(None) == []


# Endpoints of responders


def test_each_endpoint_once_with_those_who_need_it(tmp_path: Path) -> None:
    first = pki.certificate("a", ocsp_uris=["http://ocsp.example/a", "http://ocsp2.example:8080/"])
    second = pki.certificate("b", ocsp_uris=["HTTP://OCSP.example./b", "https://ocsp.example/"])
    bad = pki.certificate("c", ocsp_uris=["http://127.1/"])
    path = write(tmp_path / "all.pem", first.pem, second.pem, bad.pem, first.pem)
    result = report(from_paths([path]), include_ca=False)
    prints = [certificate["fingerprint_sha256"] for certificate in result["certificates"]]
    assert result["endpoints"] == [
        {"host": "ocsp.example", "port": 80, "scheme": "http", "needed_by": prints[:2]},
        {"host": "ocsp2.example", "port": 8080, "scheme": "http", "needed_by": prints[:1]},
        {"host": "ocsp.example", "port": 443, "scheme": "https", "needed_by": prints[1:2]},
    ]


@given(st.lists(st.binary(max_size=40), max_size=2), st.lists(hostile.responders(), max_size=3))
def test_endpoints_are_plain_hosts_and_none_is_lost(odd: list[bytes], fine: list[hostile.Responder]) -> None:
    certificate = hostile.with_responder(*odd, *(endpoint.uri.encode("ascii") for endpoint in fine))
    endpoints = report(from_content(pki.pem(certificate)), include_ca=False)["endpoints"]
    for endpoint in endpoints:
        assert set(endpoint["host"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_:")
    found = {(endpoint["scheme"], endpoint["host"], endpoint["port"]) for endpoint in endpoints}
    assert found >= {(endpoint.scheme, endpoint.host, endpoint.port) for endpoint in fine}
