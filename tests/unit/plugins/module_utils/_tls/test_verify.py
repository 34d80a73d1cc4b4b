# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains by the program. That it judges as the library does is tested in test_trust."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._tls import verify
from ansible_collections.stapling.httpd.plugins.module_utils._tls.verify import Refused, Verifier
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

PKI = authority.pki()


def test_a_chain() -> None:
    assert Verifier([]).verify(PKI.leaf.der, [], anchor=PKI.leaf.der) is None
    assert Verifier([PKI.leaf.der]).verify(PKI.leaf.der, [], anchor=None) is None
    refused = Verifier([]).verify(PKI.leaf.der, [], anchor=None)
    assert refused is not None
    assert (refused.code, refused.depth) == (20, 0)
    assert "issuer certificate" in refused.reason


def test_what_is_no_certificate() -> None:
    refused = Verifier([]).verify(b"no certificate", [], anchor=None)
    assert refused is not None and refused.code == -1


def test_a_host_without_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "find_program", lambda _name: "/no/such/program")
    assert Verifier([]).verify(PKI.leaf.der, [], anchor=None) == Refused(-1, 0, "/no/such/program does not exist")
