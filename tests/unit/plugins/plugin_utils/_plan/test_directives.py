# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the drop-in."""

from __future__ import annotations

import json

from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    cert,
    directive,
    plan,
    vhost,
    warnings,
)


class TestDirectives:
    def test_defaults(self):
        assert plan(vhost("a"))["directives"] == [
            'SSLStaplingCache "shmcb:/var/run/apache2/stapling_cache(131072)"',
            "SSLUseStapling on",
            "SSLStaplingResponderTimeout 3",
            "SSLStaplingReturnResponderErrors off",
            "SSLStaplingFakeTryLater off",
            "SSLStaplingResponseTimeSkew 5",
        ]

    def test_everything(self):
        policy = {
            "cache": "shmcb:logs/stapling_cache(128000)",
            "responder_timeout": 5,
            "return_responder_errors": True,
            "fake_try_later": True,
            "force_url": "http://ocsp.example.com/",
            "proxy_url": "http://proxy.example.com:3128",
            "extra_directives": {"sslstaplingstandardcachetimeout": 86400, "SSLStaplingResponseMaxAge": "-1"},
        }
        assert plan(vhost("a"), policy=policy)["directives"] == [
            'SSLStaplingCache "shmcb:logs/stapling_cache(128000)"',
            "SSLUseStapling on",
            "SSLStaplingResponderTimeout 5",
            "SSLStaplingReturnResponderErrors on",
            "SSLStaplingFakeTryLater on",
            "SSLStaplingResponseTimeSkew 5",
            'SSLStaplingForceURL "http://ocsp.example.com/"',
            'SSLOCSPProxyURL "http://proxy.example.com:3128"',
            "SSLStaplingStandardCacheTimeout 86400",
            "SSLStaplingResponseMaxAge -1",
        ]

    def test_a_site_setting_with_another_value_is_told(self):
        lines = [
            directive("SSLStaplingResponderTimeout", "10"),
            directive("SSLStaplingFakeTryLater", "Off"),
            directive("SSLStaplingReturnResponderErrors", "on", managed=True),
        ]
        result = plan(vhost("a"), directives=lines)
        assert warnings(result) == ["directive_conflict"]
        assert "SSLStaplingResponderTimeout 10" in result["warnings"][0]["message"]

    def test_it_is_plain_data(self):
        result = plan(vhost("a"), vhost("b", cert("b", "https://o.test/")))
        assert json.loads(json.dumps(result)) == result
