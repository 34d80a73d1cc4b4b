# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    CertificateError,
    load_certificates,
    read_certificate_file,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import MAXIMUM_FILE_SIZE
from ansible_collections.stapling.httpd.tests.unit.support import pki

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(PEM)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    path.write_bytes(b"x")
    assert read_certificate_file(str(path)) == b"x"
    (tmp_path / "link").symlink_to(path)
    assert read_certificate_file(str(tmp_path / "link")) == b"x"


def test_files_of_any_size_are_read_to_the_end(tmp_path: Path) -> None:
    # A regular file of which nobody knows the size beforehand.
    assert read_certificate_file("/proc/self/status").startswith(b"Name:")
    assert read_certificate_file("/proc/self/status").count(b"\n") > 20
    path = tmp_path / "full"
    for size in (1, 4095, 4096, 100_000, MAXIMUM_FILE_SIZE):
        path.write_bytes(b"x" * size)
        assert len(read_certificate_file(str(path))) == size


@pytest.mark.parametrize(
    "kind", ["missing", "below_a_file", "nul", "directory", "fifo", "socket", "empty", "blank", "huge"]
)
def test_files_that_are_none(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    expected = "not_a_file"
    if kind == "missing":
        expected = "not_found"
    elif kind == "below_a_file":
        path.write_bytes(b"x")
        path, expected = path / "y", "not_found"
    elif kind == "nul":
        path, expected = Path("/a\0b"), "not_found"
    elif kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        path, expected = Path("/dev/zero"), "not_a_file"
    elif kind in ("empty", "blank"):
        path.write_bytes(b"" if kind == "empty" else b" \n\t")
        expected = "empty"
    else:
        with path.open("wb") as file:
            file.truncate(50 * 1024 * 1024)
        expected = "too_large"
    with pytest.raises(CertificateError) as caught:
        read_certificate_file(str(path))
    assert caught.value.code == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(CertificateError) as caught:
        read_certificate_file(str(path))
    assert caught.value.code == "unreadable"


def test_bundles_keep_their_order_and_skip_other_blocks() -> None:
    chain = pki.pki("ecdsa")
    bundle = (chain.leaf.key_pem + "text between\r\n" + chain.leaf.pem + chain.issuer.pem + chain.root.pem).encode()
    assert load_certificates(bundle) == [chain.leaf.certificate, chain.issuer.certificate, chain.root.certificate]
    assert load_certificates(bundle.replace(b"\n", b"\r\n"))[0] == chain.leaf.certificate


def test_der() -> None:
    leaf = pki.pki("ecdsa").leaf
    assert load_certificates(leaf.der) == [leaf.certificate]


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_pkcs7(tmp_path: Path, form: str) -> None:
    chain = pki.pki("ecdsa")
    path = tmp_path / "chain.pem"
    path.write_text(chain.leaf.chain_pem)
    bundle = openssl("crl2pkcs7", "-nocrl", "-certfile", str(path), "-outform", form)
    assert load_certificates(bundle) == [chain.leaf.certificate, chain.issuer.certificate]


def test_a_trusted_certificate_of_openssl(tmp_path: Path) -> None:
    leaf = pki.pki("ecdsa").leaf
    trusted = openssl("x509", "-trustout", "-setalias", "x", "-addtrust", "serverAuth", data=leaf.pem.encode())
    assert b"TRUSTED" in trusted
    assert load_certificates(trusted) == [leaf.certificate]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"hello", "not_a_certificate"),
        (b"\x30\x03\x02\x01\x01", "not_a_certificate"),
        (b"-----BEGIN CERTIFICATE-----", "not_a_certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "not_a_certificate"),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "not_a_certificate"),
        (b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "not_a_certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n", "not_a_certificate"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not_a_certificate"),
        (b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", "not_a_certificate"),
        (b"-----BEGIN " * 100_000, "not_a_certificate"),
    ],
)
def test_what_is_no_certificate(data: bytes, code: str) -> None:
    with pytest.raises(CertificateError) as caught:
        load_certificates(data)
    assert caught.value.code == code


def test_the_truncated_end_of_a_bundle_is_noticed() -> None:
    chain = pki.pki("ecdsa").leaf.chain_pem.encode()
    with pytest.raises(CertificateError, match="truncated"):
        load_certificates(chain[:-30])


@settings(max_examples=150)
@given(st.binary(max_size=200))
def test_bytes_are_certificates_or_a_typed_error(data: bytes) -> None:
    for candidate in (data, b"\x30" + data, b"-----BEGIN CERTIFICATE-----" + data + b"-----END CERTIFICATE-----"):
        try:
            load_certificates(candidate)
        except CertificateError as error:
            assert error.code in ("empty", "not_a_certificate")


def test_a_file_may_be_as_large_as_all_roots_together() -> None:
    assert MAXIMUM_FILE_SIZE >= 1024 * 1024
