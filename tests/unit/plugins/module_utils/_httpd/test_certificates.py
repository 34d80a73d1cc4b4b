# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates virtual hosts serve and where mod_ssl finds their issuers; each case was tried on a real httpd."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd import certificates as certificates_module
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.certificates import inspect
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Section
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import CertificateFile, Vhost
from ansible_collections.stapling.httpd.tests.unit.support import pki


class Host:
    """Writes certificate files, and makes virtual hosts that use them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.chain = pki.pki("ecdsa")

    def file(self, name: str, *parts: str) -> str:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(parts), encoding="utf-8")
        return str(path)

    def leaf(self, name: str, key_type: str = "ecdsa") -> str:
        issuer = pki.Identity(self.chain.issuer.certificate, self.chain.issuer.key)
        return pki.certificate(name, issuer=issuer, key_type=key_type).pem

    @property
    def issuer(self) -> str:
        return self.chain.issuer.pem

    @property
    def stranger(self) -> str:
        return self.chain.stranger.pem


def vhost(name: str, *files: str, tls: bool = True, **more: t.Any) -> Vhost:
    return Vhost(
        id=name,
        section=Section(),
        main=False,
        server_name=name,
        names=[name],
        addresses=[("*", 443)],
        default_for=[],
        tls=tls,
        engine="on",
        certificate_files=[CertificateFile(file, None) for file in files],
        **more,
    )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def only(*vhosts: Vhost) -> dict[str, t.Any]:
    certificates, _by_vhost = inspect(vhosts)
    (certificate,) = certificates
    return certificate


def test_the_chain_in_the_same_file(host: Host) -> None:
    path = host.file("a.pem", host.leaf("a"), host.stranger, host.issuer)
    found = only(vhost("a", path))
    assert (found["path"], found["issuer_available"], found["issuer_path"]) == (path, True, path)


def test_no_chain_at_all(host: Host) -> None:
    found = only(vhost("a", host.file("a.pem", host.leaf("a"))))
    assert (found["issuer_available"], found["issuer_path"], found["problem"]) == (False, None, None)


def test_a_self_signed_certificate_has_no_issuer_of_its_own(host: Host) -> None:
    found = only(vhost("a", host.file("a.pem", host.chain.root.pem)))
    assert (found["self_signed"], found["issuer_available"]) == (True, False)


def test_a_chain_file(host: Host) -> None:
    chain = host.file("chain.pem", host.issuer)
    found = only(vhost("a", host.file("a.pem", host.leaf("a")), chain_file=chain))
    assert found["issuer_path"] == chain


def test_a_wrong_chain_file_hides_the_good_chain(host: Host) -> None:
    path = host.file("a.pem", host.leaf("a"), host.issuer)
    wrong = host.file("wrong.pem", host.stranger)
    assert only(vhost("a", path, chain_file=wrong))["issuer_available"] is False
    # But not the CA file.
    authorities = host.file("ca.pem", host.stranger, host.issuer)
    assert only(vhost("a", path, chain_file=wrong, ca_file=authorities))["issuer_path"] == authorities


def test_a_ca_directory_counts_only_by_hashed_names(host: Host) -> None:
    path = host.file("a.pem", host.leaf("a"))
    host.file("cas/issuer.pem", host.issuer)
    directory = host.directory / "cas"
    assert only(vhost("a", path, ca_path=str(directory)))["issuer_available"] is False
    subprocess.run(["openssl", "rehash", str(directory)], check=True)
    found = only(vhost("a", path, ca_path=str(directory)))
    assert found["issuer_path"].startswith(f"{directory}/")
    assert found["issuer_path"].endswith(".0")
    assert only(vhost("a", path, ca_path=str(host.directory / "none")))["issuer_available"] is False


def test_broken_sources_of_issuers_are_no_issuers(host: Host) -> None:
    path = host.file("a.pem", host.leaf("a"))
    broken = host.file("broken.pem", "hello")
    assert only(vhost("a", path, chain_file=broken, ca_file=broken))["issuer_available"] is False


def test_each_certificate_of_a_pair_needs_its_own_chain(host: Host) -> None:
    first = host.file("rsa.pem", host.leaf("a", "rsa"), host.issuer)
    second = host.file("ecdsa.pem", host.leaf("a", "ecdsa"))
    certificates, by_vhost = inspect([vhost("a", first, second)])
    assert [(certificate["key_type"], certificate["issuer_available"]) for certificate in certificates] == [
        ("rsa", True),
        ("ecdsa", False),
    ]
    assert by_vhost["a"] == certificates


def test_of_the_same_type_of_key_the_last_is_served(host: Host) -> None:
    paths = [host.file(f"{name}.pem", host.leaf(name), host.issuer) for name in ("inherited", "other", "own")]
    _certificates, by_vhost = inspect([vhost("a", *paths)])
    assert [certificate["path"] for certificate in by_vhost["a"]] == [paths[2]]


def test_the_issuer_has_to_be_there_for_one_of_the_virtual_hosts(host: Host) -> None:
    leaf = host.leaf("a")
    alone = host.file("alone.pem", leaf)
    full = host.file("full.pem", leaf, host.issuer)
    found = only(vhost("a", alone), vhost("b", full))
    assert (found["path"], found["issuer_path"]) == (alone, full)


def test_only_what_speaks_tls_is_read(host: Host) -> None:
    certificates, by_vhost = inspect([vhost("a", host.file("a.pem", host.leaf("a")), tls=False)])
    assert (certificates, by_vhost) == ([], {})


def test_a_file_is_parsed_once_whatever_it_is_called(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    path = host.file("a.pem", host.leaf("a"), host.issuer)
    (host.directory / "link.pem").symlink_to(path)
    os.link(path, host.directory / "hard.pem")
    reads: list[str] = []
    real = certificates_module.read_certificate_file

    def counted(name: str) -> bytes:
        reads.append(name)
        return real(name)

    monkeypatch.setattr(certificates_module, "read_certificate_file", counted)
    names = [path, str(host.directory / "link.pem"), str(host.directory / "hard.pem")]
    certificates, by_vhost = inspect([vhost(f"v{number}", names[number % 3]) for number in range(30)])
    assert len(certificates) == 1
    assert len(by_vhost) == 30
    assert reads == [path]


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("missing", "not_found"),
        ("garbage", "not_a_certificate"),
        ("truncated", "not_a_certificate"),
        ("empty", "empty"),
        ("fifo", "not_a_file"),
        ("directory", "not_a_file"),
        ("token", "pkcs11"),
        ("pending", "md_pending"),
    ],
)
def test_problems(host: Host, kind: str, problem: str) -> None:
    path = str(host.directory / "x.pem")
    file = CertificateFile(path, None, managed_domain=kind == "pending")
    if kind == "garbage":
        host.file("x.pem", "garbage")
    elif kind == "truncated":
        host.file("x.pem", host.leaf("x")[:200])
    elif kind == "empty":
        host.file("x.pem")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        os.mkdir(path)
    elif kind == "token":
        path = "pkcs11:object=site;type=cert"
        file = CertificateFile(path, None)
    one = vhost("a")
    one.certificate_files = [file]
    other = vhost("b")
    other.certificate_files = [file]
    certificates, by_vhost = inspect([one, other])
    (found,) = certificates
    assert (found["problem"], found["path"], found["fingerprint_sha256"]) == (problem, path, None)
    assert path in found["problem_message"]
    assert by_vhost == {"a": [found], "b": [found]}
