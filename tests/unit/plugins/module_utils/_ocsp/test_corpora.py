# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Responses that others have collected.

Some come with the package cryptography_vectors (https://pypi.org/project/cryptography-vectors/, Apache-2.0 or
BSD-3-Clause), and the library cryptography, which reads them by itself, is the judge. corpora/README.md says where the
others are from.
"""

from __future__ import annotations

import base64
import contextlib
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.issuer import find_issuer
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import (
    UnsupportedSignature,
    verify,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.response import (
    OcspParseError,
    OcspResponse,
    parse_response,
)
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.signature import accepted_algorithm
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules

try:
    import cryptography_vectors
except ImportError:
    RESPONSES = []
else:
    OCSP = Path(cryptography_vectors.__file__).parent / "x509" / "ocsp"
    RESPONSES = sorted(path for path in OCSP.glob("*resp*.der") if "req-" not in path.name)
OPENSSL, GO, GNUTLS, BOUNCY_CASTLE, BOTAN = (
    Path(__file__).parent / "corpora" / name for name in ("openssl", "go", "gnutls", "bouncycastle", "botan")
)
# -attime of OpenSSL's own test: the certificates were valid then.
MOMENT = datetime.fromtimestamp(1355875200, timezone.utc)
BROKEN = {
    "resp-invalid-version",
    "resp-response-type-unknown-oid",
    "resp-successful-no-response-bytes",
    "resp-unknown-response-status",
}


@pytest.mark.skipif(not RESPONSES, reason="needs the package cryptography_vectors")
def test_all_of_them_are_there() -> None:
    assert len(RESPONSES) == 17


@pytest.mark.parametrize("path", [path for path in RESPONSES if path.stem not in BROKEN], ids=lambda path: path.stem)
def test_they_are_read_alike(path: Path) -> None:
    expected = ocsp.load_der_ocsp_response(path.read_bytes())
    found = parse_response(path.read_bytes())
    assert found.status == expected.response_status.name.lower()
    if expected.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return
    assert found.basic is not None
    name = expected.responder_name
    assert found.basic.responder_name == (name.public_bytes() if name is not None else None)
    assert found.basic.responder_key_hash == expected.responder_key_hash
    assert found.basic.produced_at == expected.produced_at_utc
    assert found.basic.signature == expected.signature
    assert found.basic.signed_bytes == expected.tbs_response_bytes
    assert found.basic.certificates == tuple(
        certificate.public_bytes(serialization.Encoding.DER) for certificate in expected.certificates
    )
    for own, other in zip(found.basic.responses, expected.responses, strict=True):
        assert own.certificate_status == other.certificate_status.name.lower()
        assert own.certificate_id.serial_number == other.serial_number
        assert (own.this_update, own.next_update) == (other.this_update_utc, other.next_update_utc)
        assert own.revocation_time == other.revocation_time_utc


@pytest.mark.parametrize("path", [path for path in RESPONSES if path.stem in BROKEN], ids=lambda path: path.stem)
def test_what_the_library_does_not_read_is_no_answer(path: Path) -> None:
    with pytest.raises(ValueError):
        ocsp.load_der_ocsp_response(path.read_bytes())
    with contextlib.suppress(OcspParseError):
        assert parse_response(path.read_bytes()).basic is None


# What stands before the names of the response and of the issuer's certificate, and whether `openssl ocsp` verifies it.
GROUPS = {
    "valid": ("", "", True),
    "invalid signature of the response": ("ISOP_", "", False),
    "wrong responder ID": ("WRID_", "", False),
    "wrong issuer name hash": ("WINH_", "", False),
    "wrong issuer key hash": ("WIKH_", "", False),
    "wrong key in the delegate's certificate": ("WKDOSC_", "", False),
    "invalid signature of the delegate's certificate": ("ISDOSC_", "", False),
    "wrong subject in the issuer's certificate": ("", "WSNIC_", False),
    "wrong key in the issuer's certificate": ("", "WKIC_", False),
    "invalid signature of the issuer's certificate, which is trusted": ("", "ISIC_", True),
}
CASES = [
    pytest.param(OPENSSL / f"{before}{kind}.ors", before_issuer, verified, id=f"{group}-{kind}")
    for group, (before, before_issuer, verified) in GROUPS.items()
    for kind in ("ND1", "ND2", "ND3", "D1", "D2", "D3")
    if (OPENSSL / f"{before}{kind}.ors").exists()
]


def test_all_of_openssl_are_there() -> None:
    assert len(CASES) == 54
    assert {case.values[0] for case in CASES} == set(OPENSSL.glob("*.ors"))


def _load(pattern: str) -> x509.Certificate:
    (path,) = OPENSSL.glob(pattern)
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize(("path", "before_issuer", "verified"), CASES)
def test_they_are_judged_as_openssl_does(path: Path, before_issuer: str, verified: bool) -> None:
    """They are of 2012, and stale or signed with SHA-1: what OpenSSL and this collection share is who has signed."""
    kind = path.stem.rpartition("_")[2]
    certificate = _load(f"{kind}_Cert_*.pem")
    issuer = find_issuer(certificate, [_load(f"{before_issuer}{kind}_Issuer_*.pem")])
    if issuer is None:
        assert not verified
        return
    data = base64.b64decode(path.read_bytes())
    verdict = validate_response(data, certificate=certificate, issuer=issuer, now=MOMENT, rules=Rules())
    assert (verdict.signature_valid is True and verdict.certificate_status == "good") is verified
    assert verdict.problem in (("stale", "weak_signature") if verified else ("bad_signature", "wrong_signer"))


def _of_go(name: str) -> OcspResponse:
    return parse_response(bytes.fromhex((GO / f"{name}.hex").read_text()))


def test_what_go_reads_is_read_alike() -> None:
    basic = _of_go("response").basic
    assert basic is not None
    (single,) = basic.responses
    assert single.certificate_status == "good"
    assert single.certificate_id.serial_number == 0xF374542E3C7A68360A00000001103462
    assert single.this_update == datetime(2021, 11, 7, 14, 25, 51, tzinfo=timezone.utc)
    assert single.next_update == datetime(2021, 11, 14, 13, 25, 50, tzinfo=timezone.utc)
    assert basic.responder_name is None
    assert basic.responder_key_hash == bytes.fromhex("8a747faf85cdee95cd3d9cd0e24614f371351d27")


@pytest.mark.parametrize(("damage", "valid"), [(b"", True), (b"x", False)])
def test_what_go_verifies_is_verified_alike(damage: bytes, valid: bool) -> None:
    basic = _of_go("response").basic
    assert basic is not None
    root = x509.load_pem_x509_certificate((GO / "root.pem").read_bytes())
    algorithm = accepted_algorithm(basic.signature_algorithm, basic.signature_parameters)
    signed = basic.signed_bytes + damage
    assert verify(certificate=root, algorithm=algorithm, signature=basic.signature, data=signed) is valid


@pytest.mark.parametrize(
    ("name", "critical"), [("without-certificate", False), ("extension", False), ("critical-extension", True)]
)
def test_what_go_refuses_has_a_critical_extension(name: str, critical: bool) -> None:
    basic = _of_go(name).basic
    assert basic is not None
    assert any(single.critical_extensions for single in basic.responses) is critical


def test_what_is_an_error_to_go_is_one_here() -> None:
    assert _of_go("error") == OcspResponse("malformed_request", None)


def _of_gnutls(name: str) -> bytes:
    return bytes.fromhex((GNUTLS / f"{name}.hex").read_text())


@pytest.mark.parametrize(
    ("name", "key_hash", "produced", "serial_number", "until", "nonce"),
    [
        ("delegated", None, datetime(2011, 9, 27, 9, 54, 28), 0x1D, datetime(2011, 9, 27, 9, 59, 28), True),
        (
            "by-key",
            "50ea7389db29fb108f9ee50120d4de79994883f7",
            datetime(2014, 9, 4, 5, 49),
            0x020148915DFD5EB6E00290A967B0E464,
            datetime(2014, 9, 11, 6, 4),
            False,
        ),
    ],
)
def test_what_gnutls_reads_is_read_alike(
    name: str, key_hash: str | None, produced: datetime, serial_number: int, until: datetime, nonce: bool
) -> None:
    basic = parse_response(_of_gnutls(name)).basic
    assert basic is not None
    (single,) = basic.responses
    assert basic.responder_key_hash == (None if key_hash is None else bytes.fromhex(key_hash))
    assert basic.produced_at == single.this_update == produced.replace(tzinfo=timezone.utc)
    assert (single.certificate_status, single.certificate_id.serial_number) == ("good", serial_number)
    assert single.next_update == until.replace(tzinfo=timezone.utc)
    assert basic.nonce is nonce


@pytest.mark.parametrize(("trusted", "verified"), [("issuer", True), ("certificate", False)])
def test_what_gnutls_verifies_is_verified_alike(trusted: str, verified: bool) -> None:
    certificate, authority = (
        x509.load_pem_x509_certificate((GNUTLS / f"blog-{name}.pem").read_bytes()) for name in ("certificate", trusted)
    )
    now = datetime(2012, 1, 13, 9, tzinfo=timezone.utc)
    verdict = validate_response(_of_gnutls("blog"), certificate=certificate, issuer=authority, now=now, rules=Rules())
    assert verdict.signature_valid is verified
    assert verdict.problem == ("weak_signature" if verified else "wrong_signer")


def test_what_is_an_error_to_gnutls_is_one_here() -> None:
    assert parse_response(_of_gnutls("error")) == OcspResponse("malformed_request", None)


def _of_bouncy_castle(name: str) -> bytes:
    return bytes.fromhex((BOUNCY_CASTLE / f"{name}.hex").read_text())


@pytest.mark.parametrize(
    ("name", "status", "serial_number", "at"),
    [
        ("revoked", "revoked", 0x02, datetime(2003, 4, 2, 12, 34, 58)),
        ("md5", "good", 0x2F, datetime(2003, 5, 19, 20, 26, 30)),
    ],
)
def test_what_bouncy_castle_reads_is_read_alike(name: str, status: str, serial_number: int, at: datetime) -> None:
    basic = parse_response(_of_bouncy_castle(name)).basic
    assert basic is not None
    (single,) = basic.responses
    assert (single.certificate_status, single.certificate_id.serial_number) == (status, serial_number)
    assert basic.produced_at == single.this_update == at.replace(tzinfo=timezone.utc)
    assert single.next_update is None


@pytest.mark.parametrize(("damage", "valid"), [(b"", True), (b"x", False)])
def test_what_bouncy_castle_verifies_is_verified_alike(damage: bytes, valid: bool) -> None:
    basic = parse_response(_of_bouncy_castle("revoked")).basic
    assert basic is not None
    signer = x509.load_der_x509_certificate(basic.certificates[0])
    algorithm = accepted_algorithm(basic.signature_algorithm, basic.signature_parameters)
    signed = basic.signed_bytes + damage
    assert verify(certificate=signer, algorithm=algorithm, signature=basic.signature, data=signed) is valid


def test_an_algorithm_that_only_bouncy_castle_takes_is_refused() -> None:
    basic = parse_response(_of_bouncy_castle("md5")).basic
    assert basic is not None
    with pytest.raises(UnsupportedSignature, match="every client refuses it"):
        accepted_algorithm(basic.signature_algorithm, basic.signature_parameters)


def test_what_bouncy_castle_cannot_read_is_no_response() -> None:
    with pytest.raises(OcspParseError):
        parse_response(_of_bouncy_castle("empty-status"))


def _of_botan(name: str) -> bytes:
    return bytes.fromhex((BOTAN / f"{name}.hex").read_text())


@pytest.mark.parametrize(
    ("name", "certificate", "issuer", "now", "problem"),
    [
        ("randombit_ocsp", "randombit", "letsencrypt", datetime(2016, 11, 11, 12, 30), "future"),
        ("randombit_ocsp", "randombit", "letsencrypt", datetime(2016, 11, 18, 12, 30), None),
        ("randombit_ocsp", "randombit", "letsencrypt", datetime(2016, 11, 20, 8, 30), None),
        ("randombit_ocsp", "randombit", "letsencrypt", datetime(2016, 11, 28, 8, 30), "stale"),
        ("bdr-ocsp-resp", "bdr", "bdr-int", datetime(2022, 9, 18, 16, 30), "future"),
        ("bdr-ocsp-resp", "bdr", "bdr-int", datetime(2022, 9, 19, 16, 30), None),
        ("bdr-ocsp-resp", "bdr", "bdr-int", datetime(2022, 9, 20, 16, 30), "stale"),
        ("bdr-int-ocsp-resp", "bdr-int", "bdr-root", datetime(2022, 9, 18, 16, 30), "future"),
        ("bdr-int-ocsp-resp", "bdr-int", "bdr-root", datetime(2022, 9, 19, 16, 30), None),
        ("bdr-int-ocsp-resp", "bdr-int", "bdr-root", datetime(2022, 9, 20, 16, 30), "stale"),
        ("patrickschmidt_ocsp", "patrickschmidt", "bdrive_encryption", datetime(2019, 5, 28, 7), "future"),
        # Botan takes it for as long as it is told to; Java does not.
        ("patrickschmidt_ocsp", "patrickschmidt", "bdrive_encryption", datetime(2019, 5, 28, 7, 10), None),
        ("patrickschmidt_ocsp", "patrickschmidt", "bdrive_encryption", datetime(2019, 5, 28, 8), "no_next_update"),
        ("randombit_ocsp_forged_valid", "randombit", "letsencrypt", datetime(2016, 11, 18, 12, 30), "wrong_signer"),
        ("randombit_ocsp_forged_revoked", "randombit", "letsencrypt", datetime(2016, 11, 18, 12, 30), "wrong_signer"),
        (
            "randombit_ocsp_forged_valid_nocerts",
            "randombit",
            "letsencrypt",
            datetime(2016, 11, 18, 12, 30),
            "wrong_signer",
        ),
        ("mychain_ocsp_for_ee", "mychain_ee", "mychain_int", datetime(2022, 9, 22, 22, 30), None),
        (
            "mychain_ocsp_for_int_self_signed",
            "mychain_int",
            "mychain_root",
            datetime(2022, 9, 22, 22, 30),
            "wrong_signer",
        ),
        ("mychain_ocsp_for_ee_root_signed", "mychain_ee", "mychain_int", datetime(2022, 9, 22, 22, 30), "wrong_signer"),
        ("mychain_ocsp_for_ee_delegate_signed", "mychain_ee", "mychain_int", datetime(2022, 9, 22, 22, 30), None),
        (
            "mychain_ocsp_for_ee_delegate_signed_malformed",
            "mychain_ee",
            "mychain_int",
            datetime(2022, 9, 22, 22, 30),
            "signer_not_authorized",
        ),
    ],
)
def test_what_botan_judges_is_judged_alike(
    name: str, certificate: str, issuer: str, now: datetime, problem: str | None
) -> None:
    subject, authority = (
        x509.load_pem_x509_certificate((BOTAN / f"{file}.pem").read_bytes()) for file in (certificate, issuer)
    )
    now = now.replace(tzinfo=timezone.utc)
    verdict = validate_response(_of_botan(name), certificate=subject, issuer=authority, now=now, rules=Rules())
    assert verdict.problem == problem


@pytest.mark.parametrize(("name", "certificates"), [("resp1", 1), ("resp2", 0), ("resp3", 0)])
def test_what_botan_reads_is_read_alike(name: str, certificates: int) -> None:
    response = parse_response(_of_botan(name))
    assert response.status == "successful"
    assert response.basic is not None
    assert len(response.basic.certificates) == certificates
