# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.filter.ocsp_proxy_settings import FilterModule

ocsp_proxy_settings = FilterModule().filters()["ocsp_proxy_settings"]


def test_values() -> None:
    assert ocsp_proxy_settings("127.0.0.1:8888", upstream="Proxy.lan:3128", allowed_hosts=["ocsp.example.com"]) == {
        "problem": "",
        "address": "127.0.0.1",
        "port": 8888,
        "url": "http://127.0.0.1:8888",
        "upstream": "proxy.lan:3128",
        "patterns": [r"^http://ocsp\.example\.com\.?(:80)?(/|$)"],
        "allow": ["127.0.0.1", "::1"],
        "exempt": [],
        "destinations": [{"host": "proxy.lan", "port": 3128}],
    }


def test_a_problem_is_one_sentence() -> None:
    found = ocsp_proxy_settings("127.0.0.1:8888", allowed_hosts=["a\nb"])
    assert found == {
        "problem": r"ocsp_proxy_allowed_hosts: 'a\x0ab' is not a host and port such as ocsp.example.com:80."
    }
