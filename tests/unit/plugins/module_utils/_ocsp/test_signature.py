# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.signature import UnsupportedSignature
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.signature import accepted_algorithm, check_key
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.delegates import key_of_kind

NULL = b"\x05\x00"


@pytest.mark.parametrize(
    "oid",
    [
        "2a864886f70d010105",
        "2a864886f70d01010b",
        "2a864886f70d01010c",
        "2a864886f70d01010d",
        "2a8648ce3d0401",
        "2a8648ce3d040302",
        "2a8648ce3d040303",
        "2a8648ce3d040304",
    ],
)
def test_algorithms_that_every_client_takes(oid: str) -> None:
    assert accepted_algorithm(bytes.fromhex(oid), NULL).kind in ("rsa", "ecdsa")


@pytest.mark.parametrize(
    "oid",
    ["2a864886f70d010104", "2a864886f70d01010e", "2a8648ce3d040301", "2b6570", "2b6571", "2a8648ce380403", "2a0304"],
)
def test_every_other_algorithm_is_refused(oid: str) -> None:
    with pytest.raises(UnsupportedSignature):
        accepted_algorithm(bytes.fromhex(oid), b"")


@pytest.mark.parametrize(("hash_name", "taken"), [("sha256", True), ("sha384", False), ("sha512", False)])
def test_rsassa_pss(hash_name: str, taken: bool) -> None:
    identifier, _signature = answers.sign(authority.private_key("rsa"), b"", hash_name, pss=True)
    parameters = identifier[13:]
    if taken:
        algorithm = accepted_algorithm(bytes.fromhex("2a864886f70d01010a"), parameters)
        assert algorithm == ("pss", "sha256", "sha256", 32)
    else:
        with pytest.raises(UnsupportedSignature, match="Go"):
            accepted_algorithm(bytes.fromhex("2a864886f70d01010a"), parameters)


@pytest.mark.parametrize("kind", ["rsa", "rsa1024", "rsa4096", "p256", "p384", "p521"])
def test_keys_that_every_client_takes(kind: str) -> None:
    check_key(authority.certificate(f"key {kind}", key=key_of_kind(kind)).certificate)


@pytest.mark.parametrize("kind", ["p224", "k1", "bp256", "ed25519", "ed448"])
def test_every_other_key_is_refused_with_who_does(kind: str) -> None:
    with pytest.raises(UnsupportedSignature, match="Firefox"):
        check_key(authority.certificate(f"key {kind}", key=key_of_kind(kind)).certificate)
