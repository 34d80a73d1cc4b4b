# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the host as a whole: version, modules, engines, policy, directives, endpoints."""

from __future__ import annotations

import json

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError, module_name, parse_version
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import PolicyError, parse_policy
from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    RESPONDER,
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


def test_ssl_module_missing():
    result = plan(modules=("socache_shmcb_module",))
    assert result["safe"] is False and refusals(result) == ["module_missing"]


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

    def test_what_is_in_the_managed_file_is_ours_even_without_a_mark(self):
        line = directive("MDStapling", "on", file="/etc/apache2/conf-enabled/zz.conf")
        result = plan(vhost("a"), directives=[line], policy={"managed_file": "/etc/apache2/conf-enabled/zz.conf"})
        assert result["safe"] is True

    def test_mod_md_knows_no_vhost_scope(self):
        result = plan(vhost("a"), modules=MD_MODULES, policy={**MOD_MD, "scope": "vhost"})
        assert refusals(result) == ["scope_not_supported"]

    def test_mod_md_asks_https(self):
        result = plan(vhost("a", cert("a", "https://o.test/")), modules=MD_MODULES, policy=MOD_MD)
        assert actions(result) == {"a": ("staple", "ok")}
        assert [(one["host"], one["port"], one["scheme"]) for one in result["endpoints"]] == [("o.test", 443, "https")]

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


class TestDirectives:
    def test_defaults(self):
        assert plan(vhost("a"))["directives"] == [
            'SSLStaplingCache "shmcb:/var/run/apache2/stapling_cache(131072)"',
            "SSLUseStapling on",
            "SSLStaplingResponderTimeout 3",
            "SSLStaplingReturnResponderErrors off",
            "SSLStaplingFakeTryLater off",
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


class TestForceUrl:
    def test_every_certificate_with_an_issuer_can_be_stapled(self):
        hosts = [
            vhost("a", cert("a", ocsp_responders=[])),
            vhost("b", cert("b", "https://o.test/")),
            vhost("c", cert("c", issuer_available=False)),
        ]
        result = plan(*hosts, policy={"force_url": "http://force.test:8080/x"})
        assert actions(result) == {"a": ("staple", "ok"), "b": ("staple", "ok"), "c": ("leave", "issuer_missing")}
        assert [(one["host"], one["port"]) for one in result["endpoints"]] == [("force.test", 8080)]
        assert {one["responder"] for one in result["preflight"]} == {"http://force.test:8080/x"}

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
        assert [one["host"] for one in result["endpoints"]] == ["o.test"]

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
        assert [one["host"] for one in result["endpoints"]] == ["ocsp.ca.test", "other.test"]
        assert [one["certificate"] for one in result["preflight"]] == ["/etc/ssl/rsa.pem"]

    def test_preflight_asks_whichever_may_be_the_first(self):
        result = plan(vhost("a", cert("a", "http://b.test/", "http://a.test/", "http://c.test/")))
        assert [one["responder"] for one in result["preflight"]] == ["http://b.test/", "http://a.test/"]
        assert [one["host"] for one in result["endpoints"]] == ["b.test", "a.test", "c.test"]

    def test_preflight_names_files_and_responder(self):
        result = plan(vhost("a", cert("a", issuer_path="/etc/ssl/ca.pem")))
        assert result["preflight"] == [
            {"certificate": "/etc/ssl/a.pem", "issuer": "/etc/ssl/ca.pem", "responder": RESPONDER}
        ]


@pytest.mark.parametrize(
    "policy, words",
    [
        ([], "dictionary"),
        (None, "dictionary"),
        ({"enigne": "mod_ssl"}, "enigne"),
        ({"engine": "nginx"}, "engine"),
        ({"engine": ["mod_ssl"]}, "engine"),
        ({"scope": "server"}, "scope"),
        ({"state": "gone"}, "state"),
        ({"on_unstaplable": "ignore"}, "on_unstaplable"),
        ({"include": "a.test"}, "include"),
        ({"exclude": [1]}, "exclude"),
        ({"exclude": [""]}, "exclude"),
        ({"responder_timeout": 0}, "responder_timeout"),
        ({"responder_timeout": "3"}, "responder_timeout"),
        ({"responder_timeout": True}, "responder_timeout"),
        ({"fake_try_later": "no"}, "fake_try_later"),
        ({"cache": 5}, "cache"),
        ({"cache": 'shmcb:logs/x(128000)"\nUser root'}, "cache"),
        ({"cache": "shmcb:logs/x(128000)\nUser root"}, "cache"),
        ({"cache": 'shmcb:logs/x"(128000)'}, "cache"),
        ({"cache": "shmcb:logs/x\\(128000)"}, "cache"),
        ({"cache": "shmcb:logs/ü(128000)"}, "cache"),
        ({"force_url": "ocsp.test"}, "force_url"),
        ({"force_url": 'http://o.test/"\nUser root'}, "force_url"),
        ({"force_url": "http://o.test/ x"}, "force_url"),
        ({"proxy_url": "http://proxy.test"}, "port"),
        ({"proxy_url": "http://user:secret@proxy.test:3128"}, "proxy_url must not have a user name or a password"),
        ({"force_url": "http://user@ocsp.test/"}, "force_url must not have a user name or a password"),
        ({"proxy_url": "https://proxy.test:3128"}, "proxy_url"),
        ({"proxy_url": "http://proxy.test:3128/\r\nUser root"}, "proxy_url"),
        ({"extra_directives": ["x"]}, "extra_directives"),
        ({"extra_directives": {"User": "root"}}, "User"),
        ({"extra_directives": {"SSLStaplingCache": "x"}}, "cache"),
        ({"extra_directives": {"sslusestapling": "on"}}, "scope"),
        ({"extra_directives": {"SSLStaplingResponseMaxAge": "5\nUser root"}}, "SSLStaplingResponseMaxAge"),
        ({"extra_directives": {"SSLStaplingResponseMaxAge": True}}, "SSLStaplingResponseMaxAge"),
        ({"extra_directives": {"SSLStaplingResponseMaxAge": "", "x": 1}}, "SSLStaplingResponseMaxAge"),
        (
            {"extra_directives": {"SSLStaplingResponseMaxAge": 1, "sslstaplingresponsemaxage": 2}},
            "SSLStaplingResponseMaxAge",
        ),
        ({"extra_directives": {"MDStaplingRenewWindow": "33%"}}, "MDStaplingRenewWindow"),
        ({"forbidden_networks": ["10.0.0.0/33"]}, "forbidden_networks"),
        ({"forbidden_networks": "10.0.0.0/8"}, "forbidden_networks"),
        ({"now": "yesterday"}, "now"),
        ({"response_bytes": 0}, "response_bytes"),
        ({"cache_directory_exists": "yes"}, "cache_directory_exists"),
    ],
)
def test_a_policy_that_makes_no_sense(policy, words):
    with pytest.raises(PolicyError, match=words):
        parse_policy(policy)


def test_empty_and_null_are_defaults():
    policy = {
        "force_url": "",
        "proxy_url": None,
        "cache": "",
        "include": [],
        "managed_file": "",
        "extra_directives": {},
    }
    assert parse_policy(policy) == parse_policy({})


@pytest.mark.parametrize("wrong", [None, [], "x", {}, {"httpd": {}}, {"vhosts": []}, {"httpd": {}, "vhosts": 5}])
def test_an_input_that_is_no_result_of_the_module(wrong):
    with pytest.raises(InfoError):
        make_plan(wrong, {})


def test_a_runtime_directory_that_cannot_be_written_down_is_not():
    for directory in ('/run/a"b', "/run/a\nUser root", "/run/${X}", "run/x", "/run/(1)", ""):
        result = plan(vhost("a"), runtime_dir=directory)
        assert result["directives"][0] == 'SSLStaplingCache "shmcb:logs/stapling_cache(131072)"'


def test_hostile_names_and_paths_do_not_get_into_sentences_as_they_are():
    hostile = cert("a", "https://x/", path="/etc/ssl/\x1b[31m\n.pem", fingerprint_sha256="fp")
    result = make_plan(info(vhost("a\x1b[2J", hostile), vhost("b")), {})
    assert all(one["detail"].isprintable() for one in result["vhosts"])
    assert all(one["message"].isprintable() for one in result["warnings"])
