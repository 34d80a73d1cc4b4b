# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, good, hostile and broken: what can be read is described, the rest is a typed error."""

from __future__ import annotations

import datetime
import os
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    CertificateError,
    describe,
    describe_problem,
    find_issuer,
    fingerprint_sha256,
    load_certificates,
    parse,
    parse_certificates,
    read_certificate_file,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import MAXIMUM_FILE_SIZE
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import IssuerIndex
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import comparable_name, show_name
from ansible_collections.stapling.httpd.tests.unit.support import hostile, pki

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
KEY_TYPES = ["rsa", "ecdsa", "ed25519"]


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(PEM)


# Files


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


# Formats


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


@settings(max_examples=300)
@given(st.data())
def test_mutated_certificates_are_described_or_a_typed_error(data: st.DataObject) -> None:
    original = pki.pki(data.draw(st.sampled_from(KEY_TYPES)))
    der = bytearray(original.leaf.der)
    for _step in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(der) - 1))
        kind = data.draw(st.sampled_from(["change", "remove", "insert", "cut"]))
        if kind == "change":
            der[position] = data.draw(st.integers(0, 255))
        elif kind == "remove":
            del der[position]
        elif kind == "insert":
            der.insert(position, data.draw(st.integers(0, 255)))
        elif position > 10:
            del der[position:]
    try:
        (certificate,) = load_certificates(bytes(der))
    except CertificateError:
        return
    description = describe(certificate, path="/x")
    assert set(description) == set(describe_problem("x", "x"))
    find_issuer(certificate, [original.issuer.certificate, certificate])


def test_a_change_at_any_place_is_described_or_a_typed_error() -> None:
    original = pki.pki("ecdsa")
    signed = original.leaf.certificate.tbs_certificate_bytes
    end = original.leaf.der.index(signed) + len(signed)
    # What a signature does not cover: its own kind, and the number of bits that it leaves unused.
    unsigned = range(end, end + 2 + original.leaf.der[end + 1] + 3)
    described = 0
    for position, octet in enumerate(original.leaf.der):
        for changed in (octet ^ 1, octet ^ 0x80, 0, 0xFF):
            der = bytearray(original.leaf.der)
            der[position] = changed
            try:
                (certificate,) = load_certificates(bytes(der))
            except CertificateError:
                continue
            described += 1
            description = describe(certificate, path="/x")
            same = bytes(der) == original.leaf.der
            if position not in unsigned:
                assert (find_issuer(certificate, [original.issuer.certificate]) is not None) == same
            assert (description["fingerprint_sha256"] == fingerprint_sha256(original.leaf.certificate)) == same
    # Most changes are in places that loading a certificate does not look at.
    assert described > len(original.leaf.der)


@settings(max_examples=100)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=64))
def test_any_name_is_shown_in_printable_ascii(name: str) -> None:
    attribute = hostile.tlv(0x30, bytes.fromhex("0603550403") + hostile.tlv(0x0C, name.encode("utf-8")))
    shown = show_name(hostile.tlv(0x30, hostile.tlv(0x31, attribute)))
    assert shown.startswith("CN=")
    assert len(shown) >= 3 + len(name)
    assert shown.isascii()
    assert shown.isprintable()


# Descriptions


@pytest.mark.parametrize(("key_type", "bits"), [("rsa", 2048), ("ecdsa", 256), ("ed25519", 256), ("ed448", 456)])
def test_keys(key_type: str, bits: int) -> None:
    certificate = pki.certificate("k", key_type=key_type).certificate
    description = describe(certificate)
    assert (description["key_type"], description["key_bits"]) == (key_type, bits)


def test_a_description() -> None:
    chain = pki.pki("ecdsa", "rsa")
    leaf = chain.leaf.certificate
    description = describe(leaf, path="/etc/x.pem", issuer_path="/etc/ca.pem")
    assert description["path"] == "/etc/x.pem"
    assert description["subject"] == "CN=www.test.example"
    assert description["issuer"] == "CN=Test Issuer"
    assert int(description["serial_number"], 16) == leaf.serial_number
    assert description["fingerprint_sha256"] == leaf.fingerprint(hashes.SHA256()).hex() == fingerprint_sha256(leaf)
    assert datetime.datetime.strptime(description["not_after"], "%Y-%m-%dT%H:%M:%SZ") > datetime.datetime(2026, 1, 1)
    assert description["subject_alt_names"] == ["DNS:test.example"]
    assert (description["self_signed"], description["expired"], description["not_yet_valid"]) == (False, False, False)
    assert description["ocsp_responders"] == ["http://127.0.0.1/"]
    assert (description["issuer_path"], description["issuer_available"]) == ("/etc/ca.pem", True)
    assert (description["must_staple"], description["is_ca"], description["problem"]) == (False, False, None)
    root = describe(chain.root.certificate)
    assert (root["self_signed"], root["is_ca"], root["ocsp_responders"]) == (True, True, [])


@pytest.mark.parametrize(("days", "expired", "early"), [((-9, -1), True, False), ((1, 9), False, True)])
def test_validity(days: tuple[float, float], expired: bool, early: bool) -> None:
    description = describe(pki.certificate("v", days=days).certificate)
    assert (description["expired"], description["not_yet_valid"]) == (expired, early)


def test_must_staple() -> None:
    feature = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.24")
    assert describe(hostile.certificate_with({feature: bytes.fromhex("3003020105")}))["must_staple"] is True
    assert describe(hostile.certificate_with({feature: bytes.fromhex("3003020111")}))["must_staple"] is False


def test_responders_come_in_order_with_everything_that_is_odd_about_them() -> None:
    value = hostile.access(
        (hostile.CA_ISSUERS, hostile.URI, b"http://ca.example/ca.der"),
        (hostile.OCSP, 0xA4, bytes.fromhex("3010310e300c06035504030c056576696c0a")),
        (hostile.OCSP, hostile.URI, b"ldap://ldap.example/"),
        (hostile.OCSP, hostile.URI, b"HTTP://U:P@OCSP.Example:8080"),
        (hostile.OCSP, hostile.URI, b""),
    )
    description = describe(hostile.certificate_with({hostile.ACCESS: value}))
    assert description["ocsp_responders"] == ["ldap://ldap.example/", "HTTP://U:P@OCSP.Example:8080", ""]
    assert [(one["scheme"], one["host"], one["port"], one["problem"]) for one in description["ocsp_endpoints"]] == [
        ("ldap", "ldap.example", 389, None),
        ("http", "ocsp.example", 8080, None),
        (None, None, None, "empty"),
    ]
    assert description["ca_issuers"] == ["http://ca.example/ca.der"]
    assert [one["code"] for one in description["warnings"]] == ["not_a_uri"]
    assert description["warnings"][0]["message"].endswith("not a URI but dirName:CN=evil\\x0a")


@pytest.mark.parametrize(
    "uri",
    [
        b"http://a.example/\r\nX: y",
        b"http://$(reboot)/",
        b'http://"; rm -rf /"/',
        b"http://a.example/" + b"x" * 10_000,
        "http://b\u00fccher.example/\u2028".encode(),
        b"http://\xff\xfe.example/",
        b"\x00",
    ],
)
def test_hostile_uris_are_shown_escaped_and_lead_nowhere(uri: bytes) -> None:
    description = describe(hostile.with_responder(uri))
    (shown,) = description["ocsp_responders"]
    assert shown.isascii()
    assert shown.isprintable()
    assert description["ocsp_endpoints"][0]["problem"]
    assert description["ocsp_endpoints"][0]["host"] is None


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_uris_are_described(uris: list[bytes]) -> None:
    description = describe(hostile.with_responder(*uris))
    assert len(description["ocsp_responders"]) == len(description["ocsp_endpoints"]) == len(uris)


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_any_extension_is_described(value: bytes) -> None:
    for oid in ("1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.24", "2.5.29.17", "2.5.29.14", "2.5.29.35", "2.5.29.19"):
        certificate = hostile.certificate_with({x509.ObjectIdentifier(oid): value})
        for warning in describe(certificate)["warnings"]:
            assert warning["code"] in ("unreadable_extension", "not_a_uri")


def test_names_are_shown_escaped() -> None:
    name = bytes.fromhex("3021310b3009060355040613024445" + "311230100603550403" + "0c0961622c630a0922205c")
    assert show_name(name) == 'CN=ab\\,c\\x0a\\x09\\" \\\\,C=DE'
    assert show_name(b"garbage") == "#" + b"garbage".hex()


def test_names_are_compared_as_openssl_does() -> None:
    def named(tag: int, value: bytes) -> bytes:
        attribute = hostile.tlv(0x30, bytes.fromhex("0603550403") + hostile.tlv(tag, value))
        return hostile.tlv(0x30, hostile.tlv(0x31, attribute))

    assert comparable_name(named(0x0C, b"Test  CA ")) == comparable_name(named(0x13, b"test ca"))
    assert comparable_name(named(0x0C, b"Test CA")) != comparable_name(named(0x0C, b"Test CB"))


# Issuers


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_the_issuer_is_found(key_type: str) -> None:
    chain = pki.pki(key_type)
    candidates = [chain.stranger.certificate, chain.root.certificate, chain.issuer.certificate]
    assert find_issuer(chain.leaf.certificate, candidates) == chain.issuer.certificate
    assert find_issuer(chain.leaf.certificate, candidates[:2]) is None
    assert find_issuer(chain.root.certificate, [chain.root.certificate]) == chain.root.certificate


def test_the_same_name_with_another_key_is_not_the_issuer() -> None:
    chain = pki.pki("ecdsa")
    impostor = pki.certificate("Test Issuer", ca=True).certificate
    assert find_issuer(chain.leaf.certificate, [impostor]) is None
    assert find_issuer(chain.leaf.certificate, [impostor, chain.issuer.certificate]) == chain.issuer.certificate


def test_an_index_finds_the_same_and_says_where() -> None:
    chain = pki.pki("rsa")
    index = IssuerIndex()
    index.add(parse(pki.certificate("Test Issuer", ca=True).certificate), "/impostor")
    index.add(parse(chain.issuer.certificate), "/issuer")
    found = index.find(parse(chain.leaf.certificate))
    assert found is not None
    assert (found[0].certificate, found[1]) == (chain.issuer.certificate, "/issuer")
    assert index.find(parse(chain.issuer.certificate)) is None


def with_key_identifiers(issuer: pki.Identity, key_identifier: bytes | None = None) -> tuple[bytes, bytes]:
    """An authority and a certificate that name the authority's key; the latter with a signature that is none."""
    key = issuer.key.public_key()
    subject_key = x509.SubjectKeyIdentifier(key_identifier or x509.SubjectKeyIdentifier.from_public_key(key).digest)
    authority_key = x509.AuthorityKeyIdentifier(subject_key.digest, None, None)
    made = []
    for name, extension in (("Named", subject_key), ("leaf", authority_key)):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Named")]))
            .public_key(key)
            .serial_number(1)
            .not_valid_before(pki.now())
            .not_valid_after(pki.now() + datetime.timedelta(days=1))
            .add_extension(extension, critical=False)
        )
        made.append(builder.sign(issuer.key, pki.signature_hash(issuer.key)).public_bytes(DER))
    leaf = bytearray(made[1])
    leaf[-1] ^= 1
    return made[0], bytes(leaf)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_a_signature_is_always_verified_unless_the_name_of_the_key_is_its_digest(key_type: str) -> None:
    identity = pki.pki(key_type).issuer
    for identifier, found in ((None, True), (b"anything", False)):
        authority, leaf = with_key_identifiers(identity, identifier)
        ((child,), (candidate,)) = parse_certificates(leaf), parse_certificates(authority)
        assert find_issuer(child.certificate, [candidate.certificate]) is None
        for trust in (False, True):
            index = IssuerIndex(trust_key_identifiers=trust)
            index.add(candidate, "/x")
            assert (index.find(child) is not None) is (trust and found)


def test_a_known_certificate_is_not_parsed_again() -> None:
    chain = pki.pki("ecdsa")
    known: dict[bytes, object] = {}
    first = parse_certificates(chain.leaf.chain_pem.encode(), known)
    second = parse_certificates(chain.leaf.chain_pem.encode(), known)
    assert [id(one) for one in first] == [id(one) for one in second]
    assert len(known) == 2


def test_a_file_may_be_as_large_as_all_roots_together() -> None:
    assert MAXIMUM_FILE_SIZE >= 1024 * 1024
