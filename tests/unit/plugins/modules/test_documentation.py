# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
What two modules return alike is documented alike.

Documentation fragments for return values need ansible-core 2.20; the ansible-doc of 2.19 fails on them.
"""

from __future__ import annotations

import typing as t

import pytest

yaml = pytest.importorskip("yaml")

from ansible_collections.stapling.httpd.plugins.modules import certificate_ocsp_info, httpd_tls_info  # noqa: E402

# Where they differ, the documentation has to as well.
OWN = {"endpoint", "issuer_available", "issuer_path", "problem", "tls_version"}


def test_certificates() -> None:
    fields: list[dict[str, t.Any]] = [
        yaml.safe_load(module.RETURN)["certificates"]["contains"] for module in (httpd_tls_info, certificate_ocsp_info)
    ]
    assert set(fields[0]) - OWN == set(fields[1]) - OWN
    for name in sorted(set(fields[0]) - OWN):
        assert fields[0][name] == fields[1][name], name
