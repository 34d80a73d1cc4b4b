# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
What two modules return alike is documented alike.

Documentation fragments for return values need ansible-core 2.20; the ansible-doc of 2.19 fails on them.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Verdict, verdict_fields  # noqa: E402
from ansible_collections.stapling.httpd.plugins.module_utils._problems import problem_fields  # noqa: E402
from ansible_collections.stapling.httpd.plugins.modules import (  # noqa: E402
    certificate_ocsp_info,
    httpd_tls_info,
    ocsp_response_info,
    stapled_response_info,
)

# Fields that stand in two modules with two meanings: what was asked, and what was seen in a handshake.
OWN_OF_CERTIFICATES = {"endpoint", "issuer_available", "issuer_path", "problem", "tls_version"}
OWN_OF_VERDICTS = {"acceptable", "warnings", "problem", "message", "elapsed", "fingerprint_sha256"}


def contents(module: t.Any, name: str) -> dict[str, t.Any]:
    """Return the documented fields of one list that a module returns."""
    fields: dict[str, t.Any] = yaml.safe_load(module.RETURN)[name]["contains"]
    return fields


def test_a_certificate_is_described_alike_by_all_modules() -> None:
    first, second = contents(httpd_tls_info, "certificates"), contents(certificate_ocsp_info, "certificates")
    assert set(first) - OWN_OF_CERTIFICATES == set(second) - OWN_OF_CERTIFICATES
    for name in sorted(set(first) - OWN_OF_CERTIFICATES):
        assert first[name] == second[name], name


def test_a_verdict_is_described_alike_by_all_modules() -> None:
    first, second = contents(ocsp_response_info, "responses"), contents(stapled_response_info, "targets")
    shared = set(first) & set(second)
    assert {*verdict_fields(Verdict(size=0)), *problem_fields(None)} <= shared
    for name in sorted(shared - OWN_OF_VERDICTS):
        assert first[name] == second[name], name


def test_the_modules_of_an_action_group_share_its_options() -> None:
    runtime = yaml.safe_load((Path(__file__).parents[4] / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"] == {"responses": ["ocsp_response_info", "stapled_response_info"]}
    first, second = (
        yaml.safe_load(module.DOCUMENTATION)["options"] for module in (ocsp_response_info, stapled_response_info)
    )
    for name in ("min_validity", "max_age", "max_skew", "max_size", "timeout", "total_timeout"):
        assert first[name]["type"] == second[name]["type"], name
