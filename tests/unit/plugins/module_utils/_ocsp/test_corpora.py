# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Responses that others have collected.

They come with the package cryptography_vectors (https://pypi.org/project/cryptography-vectors/, Apache-2.0 or
BSD-3-Clause), and the library cryptography, which reads them by itself, is the judge.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.response import OcspParseError, parse_response

vectors = pytest.importorskip("cryptography_vectors")

OCSP = Path(vectors.__file__).parent / "x509" / "ocsp"
RESPONSES = sorted(path for path in OCSP.glob("*resp*.der") if "req-" not in path.name)
BROKEN = {
    "resp-invalid-version",
    "resp-response-type-unknown-oid",
    "resp-successful-no-response-bytes",
    "resp-unknown-response-status",
}


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
