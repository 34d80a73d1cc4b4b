# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the host as a whole: version, modules, engines, policy, directives, endpoints."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    actions,
    all_edits,
    cert,
    directive,
    edits,
    info,
    plan,
    refusals,
    vhost,
    warnings,
)

MOD_MD = {"engine": "mod_md"}
MD_MODULES = ("ssl_module", "md_module", "watchdog_module")


@pytest.mark.parametrize(
    "version, policy, refused, warned",
    [
        ("2.4.71", {}, [], []),
        ("2.2.34", {}, ["httpd_too_old"], []),
        ("2.3.2", {}, ["httpd_too_old"], []),
        ("2.3.3", {}, [], ["one_mutex", "CVE-2026-44185"]),
        ("2.4.10", {}, [], ["one_mutex", "CVE-2026-44185"]),
        ("2.4.11", {}, [], ["crash_at_start", "one_mutex", "CVE-2026-44185"]),
        ("2.4.12", {}, [], ["one_mutex", "CVE-2026-44185"]),
        ("2.4.13", {}, [], ["CVE-2026-44185"]),
        ("2.4.66", {}, [], ["CVE-2026-44185"]),
        ("2.4.67", {}, [], ["CVE-2026-44185"]),
        ("2.4.68", {}, [], []),
        ("2.5.1", {}, [], []),
        ("2.4.18", {"proxy_url": "http://p:3128"}, ["httpd_too_old"], ["CVE-2026-44185"]),
        ("2.4.19", {"proxy_url": "http://p:3128"}, [], ["CVE-2026-44185"]),
        ("2.4.41", MOD_MD, ["httpd_too_old"], []),
        ("2.4.42", MOD_MD, [], ["CVE-2026-29168"]),
        ("2.4.65", MOD_MD, [], ["CVE-2026-29168"]),
        ("2.4.66", MOD_MD, ["known_fault"], ["CVE-2026-29168"]),
        ("2.4.67", MOD_MD, [], []),
        ("", {}, [], ["version_unknown"]),
        ("2.4.x", {}, [], ["version_unknown"]),
    ],
)
def test_versions(version, policy, refused, warned):
    result = plan(vhost("a"), version=version, policy=policy, modules=(*MD_MODULES, "socache_shmcb_module"))
    assert refusals(result) == refused
    assert warnings(result) == warned
    assert result["safe"] is (not refused)
    assert bool(result["directives"]) is (not refused)


def test_ssl_module_missing():
    result = plan(modules=("socache_shmcb_module",))
    assert result["safe"] is False and refusals(result) == ["module_missing"]


FATAL = {
    "code": "key_mismatch",
    "severity": "fatal",
    "message": "the key /b.key is not that of the certificate /a.pem",
    "vhost": "a:443",
    "file": "/a.conf",
    "line": 6,
}


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_httpd_that_would_not_survive_a_reload(state):
    found = {**info(vhost("a")), "problems": [FATAL, {**FATAL, "severity": "problem", "message": "no"}]}
    result = make_plan(found, {"state": state})
    assert result["refused"] == [
        {
            "reason": "httpd_cannot_start",
            "detail": "the key /b.key is not that of the certificate /a.pem (/a.conf:6).",
            "vhost": "a:443",
        }
    ]
    assert result["write"] is False


@pytest.mark.parametrize("obstacle, refused", [(None, []), ("SELinux keeps it", ["httpd_may_not_connect"])])
def test_an_httpd_that_may_not_connect(obstacle, refused):
    assert refusals(plan(vhost("a"), network_obstacle=obstacle)) == refused
    # Nothing has to be fetched to take stapling out.
    assert refusals(plan(vhost("a"), policy={"state": "absent"}, network_obstacle=obstacle)) == []


@pytest.mark.parametrize("running, refused", [(True, []), (None, []), (False, ["httpd_not_running"])])
def test_running(running, refused):
    assert refusals(plan(vhost("a"), running=running)) == refused


@pytest.mark.parametrize(
    "modules, policy, missing",
    [
        (("ssl_module", "socache_shmcb_module"), {}, []),
        (("ssl_module",), {}, ["socache_shmcb"]),
        (("ssl_module", "socache_shmcb_module"), {"cache": "dbm:/var/cache/x"}, ["socache_dbm"]),
        (("ssl_module",), {"cache": "redis:127.0.0.1:6379"}, ["socache_redis"]),
        (MD_MODULES, MOD_MD, []),
        (("ssl_module",), MOD_MD, ["watchdog", "md"]),
    ],
)
def test_modules(modules, policy, missing):
    result = plan(vhost("a"), modules=modules, policy=policy)
    assert result["safe"] is True and result["modules"] == missing


def test_module_for_the_sites_own_cache():
    site = directive("SSLStaplingCache", "dbm:/var/cache/stapling")
    assert plan(vhost("a"), modules=("ssl_module",), directives=[site])["modules"] == ["socache_dbm"]


class TestEngines:
    def test_mod_md_lines(self):
        result = plan(vhost("a"), modules=MD_MODULES, policy={**MOD_MD, "proxy_url": "http://proxy.test:3128"})
        assert result["directives"] == ["MDStapling on", "MDStapleOthers on", 'MDHttpProxy "http://proxy.test:3128"']
        assert result["cache"] is None and all_edits(result) == []

    def test_mod_md_extra_directives(self):
        extra = {"MDStaplingRenewWindow": "50%", "mdstaplingkeepresponse": "3d"}
        result = plan(vhost("a"), modules=MD_MODULES, policy={**MOD_MD, "extra_directives": extra})
        assert result["directives"][2:] == ["MDStaplingRenewWindow 50%", "MDStaplingKeepResponse 3d"]

    @pytest.mark.parametrize("section", [None, "<MDomainSet a.test>"])
    def test_never_both_mod_md_is_there(self, section):
        line = {**directive("MDStapling", "on"), "section": section}
        result = plan(vhost("a"), directives=[line])
        assert refusals(result) == ["other_engine"] and "/etc/apache2/site.conf:7" in result["refused"][0]["detail"]

    @pytest.mark.parametrize("where", [None, "a"])
    def test_never_both_mod_ssl_is_there(self, where):
        line = directive("SSLUseStapling", "on", vhost=where)
        assert refusals(plan(vhost("a"), modules=MD_MODULES, directives=[line], policy=MOD_MD)) == ["other_engine"]

    def test_switched_off_is_not_there(self):
        lines = [directive("MDStapling", "on"), directive("MDStapling", "off")]
        assert plan(vhost("a"), directives=lines)["safe"] is True

    def test_to_mod_md_in_one_run(self):
        """Ours is not the site's: it is replaced."""
        lines = [
            directive("SSLUseStapling", "on", managed=True),
            directive("SSLUseStapling", "off", vhost="b", managed=True),
        ]
        hosts = [vhost("a"), vhost("b", cert("b", "https://o.test/"))]
        result = plan(*hosts, modules=MD_MODULES, directives=lines, policy=MOD_MD)
        assert result["safe"] is True and edits(result) == {"b": "absent"}

    @pytest.mark.parametrize(
        "modules, missing",
        [((*MD_MODULES, "socache_shmcb_module"), []), (("ssl_module", "md_module"), ["watchdog", "socache_shmcb"])],
    )
    def test_our_cache_stays_with_mod_md(self, modules, missing):
        """A graceful reload into a configuration without it kills httpd."""
        lines = [directive("SSLStaplingCache", "shmcb:logs/x(128000)", managed=True)]
        result = plan(vhost("a"), modules=modules, directives=lines, policy=MOD_MD)
        assert result["directives"][:2] == ['SSLStaplingCache "shmcb:logs/x(128000)"', "MDStapling on"]
        assert result["modules"] == missing

    def test_the_sites_cache_is_not_written_again_with_mod_md(self):
        lines = [directive("SSLStaplingCache", "shmcb:logs/x(128000)")]
        result = plan(vhost("a"), modules=MD_MODULES, directives=lines, policy=MOD_MD)
        assert result["directives"][0] == "MDStapling on"

    def test_to_mod_ssl_in_one_run(self):
        result = plan(vhost("a"), directives=[directive("MDStapling", "on", managed=True)])
        assert result["safe"] is True and "SSLUseStapling on" in result["directives"]

    def test_what_is_in_the_managed_file_is_managed_even_without_a_mark(self):
        line = directive("MDStapling", "on", file="/etc/apache2/conf-enabled/zz.conf")
        result = plan(vhost("a"), directives=[line], policy={"managed_file": "/etc/apache2/conf-enabled/zz.conf"})
        assert result["safe"] is True

    def test_mod_md_knows_no_vhost_scope(self):
        result = plan(vhost("a"), modules=MD_MODULES, policy={**MOD_MD, "scope": "vhost"})
        assert refusals(result) == ["scope_not_supported"]

    def test_mod_md_asks_https(self):
        result = plan(vhost("a", cert("a", "https://o.test/")), modules=MD_MODULES, policy=MOD_MD)
        assert actions(result) == {"a": ("staple", "ok")}
        assert [(endpoint["host"], endpoint["port"], endpoint["scheme"]) for endpoint in result["endpoints"]] == [
            ("o.test", 443, "https")
        ]

    def test_mod_md_does_not_mind_ldap(self):
        hosts = [vhost("a"), vhost("b", cert("b", "ldap://o.test/"))]
        result = plan(*hosts, modules=MD_MODULES, policy=MOD_MD)
        assert actions(result)["b"] == ("leave", "responder_not_http") and result["safe"] is True

    @pytest.mark.parametrize(
        "certificate, policy, lines, reason",
        [
            (cert("b"), {"exclude": ["b"]}, [], "excluded"),
            (cert("b", "http://127.0.0.1/"), {}, [], "destination_forbidden"),
            (cert("b"), {}, [directive("SSLUseStapling", "off", vhost="b")], "explicit_off"),
        ],
    )
    def test_mod_md_can_leave_nothing_out(self, certificate, policy, lines, reason):
        result = plan(
            vhost("a"), vhost("b", certificate), modules=MD_MODULES, directives=lines, policy={**MOD_MD, **policy}
        )
        assert refusals(result) == [reason] and result["refused"][0]["vhost"] == "b:443"

    def test_mod_md_may_leave_out_what_it_cannot_staple(self):
        hosts = [vhost("a"), vhost("b", cert("b", ocsp_responders=[]))]
        result = plan(*hosts, modules=MD_MODULES, policy={**MOD_MD, "exclude": ["b"]})
        assert result["safe"] is True
