# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read out of the result of httpd_tls_info."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError, module_name, parse_version
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    plan,
    vhost,
)


@pytest.mark.parametrize(
    "text, version",
    [
        ("2.4.71", (2, 4, 71)),
        ("Apache/2.4.6 (CentOS)", (2, 4, 6)),
        ("2.4.57-1.el9", (2, 4, 57)),
        ("2.4", None),
        ("2.4.²", None),
    ],
)
def test_parse_version(text, version):
    assert parse_version(text) == version


@pytest.mark.parametrize("name", ["ssl_module", "mod_ssl", "ssl", "SSL_MODULE", " ssl_module (shared)".strip()])
def test_module_name(name):
    assert module_name(name) == "ssl"


@pytest.mark.parametrize("wrong", [None, [], "x", {}, {"httpd": {}}, {"vhosts": []}, {"httpd": {}, "vhosts": 5}])
def test_an_input_that_is_no_result_of_the_module(wrong):
    with pytest.raises(InfoError):
        make_plan(wrong, {})


def test_a_runtime_directory_that_cannot_be_written_down_is_not():
    for directory in ('/run/a"b', "/run/a\nUser root", "/run/${X}", "run/x", "/run/(1)", ""):
        result = plan(vhost("a"), runtime_dir=directory)
        assert result["directives"][0] == 'SSLStaplingCache "shmcb:logs/stapling_cache(131072)"'
