# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

pytest.importorskip("cryptography")

from ansible_collections.stapling.httpd.plugins.module_utils._tls.judge import Finding
from ansible_collections.stapling.httpd.plugins.module_utils._tls.targets import (
    handshakes_of,
    name_of,
    normalized,
    read_unreached,
    result_of,
)

GIVEN = {
    "id": "a",
    "address": "::1",
    "port": 443,
    "server_name": "www.example.org",
    "key_types": ["rsa", "ecdsa"],
    "tls_versions": ["TLSv1.2", "TLSv1.3"],
    "expected_fingerprints": ["AA:bb"],
    "staple": True,
    "old_tls_only": False,
    "proxy_protocol": False,
    "proxy_protocol_exceptions": [],
}


def test_one_handshake_for_each_type_of_key_and_version_of_tls():
    made = handshakes_of(7, GIVEN, frozenset())
    assert [(target.requested.key_type, target.requested.tls_version) for _number, _given, target in made] == [
        ("rsa", "TLSv1.2"),
        ("rsa", "TLSv1.3"),
        ("ecdsa", "TLSv1.2"),
        ("ecdsa", "TLSv1.3"),
    ]
    assert {target.expected_fingerprints for _number, _given, target in made} == {frozenset({"aabb"})}
    assert {number for number, _given, _target in made} == {7}


def test_without_either_it_is_one_handshake_that_forces_nothing():
    ((_number, _given, target),) = handshakes_of(0, {**GIVEN, "key_types": [], "tls_versions": []}, frozenset())
    assert (target.requested.key_type, target.requested.tls_version) == (None, None)
    assert name_of(target.requested) == "www.example.org at [::1]:443"


def test_what_could_not_be_reached_before_is_known_by_its_result():
    number, given, target = handshakes_of(0, GIVEN, frozenset())[1]
    result = result_of(number, given, target, Finding("refused"))
    assert (result["problem"], result["reached"], result["requested_tls_version"]) == ("refused", False, "TLSv1.3")
    again = handshakes_of(0, GIVEN, read_unreached([result]))
    assert [target.unreached_before for _number, _given, target in again] == [False, True, False, False]


def test_a_fingerprint_is_compared_without_its_colons():
    assert normalized(" AB:cd\n") == "abcd"
