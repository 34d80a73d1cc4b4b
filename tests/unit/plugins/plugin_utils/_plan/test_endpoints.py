# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What httpd must be able to reach, and what it must not."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import PolicyError, parse_policy
from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    RESPONDER,
    actions,
    cert,
    directive,
    plan,
    refusals,
    vhost,
    warnings,
)

MOD_MD = {"engine": "mod_md"}


class TestForceUrl:
    def test_every_certificate_with_an_issuer_can_be_stapled(self):
        hosts = [
            vhost("a", cert("a", ocsp_responders=[])),
            vhost("b", cert("b", "https://o.test/")),
            vhost("c", cert("c", issuer_available=False)),
        ]
        result = plan(*hosts, policy={"force_url": "http://force.test:8080/x"})
        assert actions(result) == {"a": ("staple", "ok"), "b": ("staple", "ok"), "c": ("leave", "issuer_missing")}
        assert [(endpoint["host"], endpoint["port"]) for endpoint in result["endpoints"]] == [("force.test", 8080)]
        assert {question["responder"] for question in result["preflight"]} == {"http://force.test:8080/x"}

    @pytest.mark.parametrize(
        "url, reason",
        [
            ("https://force.test/", "responder_not_http"),
            ("HTTP://force.test/", "responder_not_http"),
            ("ldap://force.test/", "responder_not_http"),
            ("http://127.0.0.1:8888/", "destination_forbidden"),
        ],
    )
    def test_what_would_lock_everybody_out_is_refused(self, url, reason):
        result = plan(vhost("a"), policy={"force_url": url})
        assert result["safe"] is False and refusals(result)[0] == reason

    def test_the_sites_own_in_a_vhost_counts(self):
        lines = [directive("SSLStaplingForceURL", '"https://o.test/"', vhost="a")]
        assert actions(plan(vhost("a"), vhost("b"), directives=lines))["a"] == ("off", "responder_not_http")

    def test_the_sites_own_at_server_level_is_inherited(self):
        lines = [directive("SSLStaplingForceURL", "http://o.test/")]
        result = plan(vhost("a", cert("a", ocsp_responders=[])), directives=lines)
        assert actions(result)["a"] == ("staple", "ok")
        assert [endpoint["host"] for endpoint in result["endpoints"]] == ["o.test"]

    def test_mod_md_has_none(self):
        with pytest.raises(PolicyError, match="force_url"):
            parse_policy({**MOD_MD, "force_url": "http://o.test/"})


class TestEndpoints:
    def test_every_responder_of_a_certificate(self):
        uris = [
            "http://A.test/x",
            "http://b.test:8080/",
            "https://c.test/",
            "ldap://d.test/",
            "http://[::1]/",
            "zz",
        ]
        result = plan(vhost("a", cert("a", *uris)), vhost("b", cert("b", "http://a.test./y")))
        assert result["endpoints"] == [
            {
                "host": "a.test",
                "port": 80,
                "scheme": "http",
                "needed_by": ["fp-a", "fp-b"],
                "vhosts": ["a:443", "b:443"],
            },
            {"host": "b.test", "port": 8080, "scheme": "http", "needed_by": ["fp-a"], "vhosts": ["a:443"]},
            {"host": "c.test", "port": 443, "scheme": "https", "needed_by": ["fp-a"], "vhosts": ["a:443"]},
        ]
        assert warnings(result) == ["responder_ignored", "destination_forbidden", "responder_ignored"]
        assert result["warnings"][2]["message"].startswith("a: the further responder zz is ignored: ")
        assert "{" not in result["warnings"][2]["message"]

    def test_an_expired_certificate_beside_a_good_one_is_asked_about_too(self):
        both = (cert("rsa"), cert("ec", "http://other.test/", expired=True))
        result = plan(vhost("a", *both))
        assert [endpoint["host"] for endpoint in result["endpoints"]] == ["ocsp.ca.test", "other.test"]
        assert [question["certificate"] for question in result["preflight"]] == ["/etc/ssl/rsa.pem"]

    def test_preflight_asks_whichever_may_be_the_first(self):
        result = plan(vhost("a", cert("a", "http://b.test/", "http://a.test/", "http://c.test/")))
        assert [question["responder"] for question in result["preflight"]] == ["http://b.test/", "http://a.test/"]
        assert [endpoint["host"] for endpoint in result["endpoints"]] == ["b.test", "a.test", "c.test"]

    def test_preflight_names_files_and_responder(self):
        result = plan(vhost("a", cert("a", issuer_path="/etc/ssl/ca.pem")))
        assert result["preflight"] == [
            {"certificate": "/etc/ssl/a.pem", "issuer": "/etc/ssl/ca.pem", "responder": RESPONDER}
        ]
