# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    describe,
)
from ansible_collections.stapling.httpd.tests.unit.support import pki


@pytest.mark.parametrize(("key_type", "bits"), [("rsa", 2048), ("ecdsa", 256), ("ed25519", 256), ("ed448", 456)])
def test_keys(key_type: str, bits: int) -> None:
    certificate = pki.certificate("k", key_type=key_type).certificate
    description = describe(certificate)
    assert (description["key_type"], description["key_bits"]) == (key_type, bits)
