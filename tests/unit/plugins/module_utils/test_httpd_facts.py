# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits stand in the documentation of the modules whose default they are."""

from __future__ import annotations

import pytest

pytest.importorskip("ansible.module_utils.testing")

from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import (
    MOD_SSL_LARGEST_RESPONSE,
    TLS12_LARGEST_STAPLE,
)
from ansible_collections.stapling.httpd.plugins.modules import (
    ocsp_response_info,
    stapled_response_info,
)


@pytest.mark.parametrize(
    "documentation",
    [
        pytest.param(ocsp_response_info.DOCUMENTATION, id="ocsp_response_info"),
        pytest.param(stapled_response_info.DOCUMENTATION, id="stapled_response_info"),
    ],
)
def test_the_documentation_names_the_limits(documentation: str) -> None:
    option = documentation.partition("\n  max_size:\n")[2]
    assert f"default: {MOD_SSL_LARGEST_RESPONSE}\n" in option
    assert f"V({TLS12_LARGEST_STAPLE})" in option
