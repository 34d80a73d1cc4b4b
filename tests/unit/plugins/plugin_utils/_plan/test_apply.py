# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role is told to do: which file, whether to write, how httpd takes it up, what the firewall lets out."""

from __future__ import annotations

import hashlib
import typing as t

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import PolicyError
from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    cert,
    directive,
    plan,
    refusals,
    vhost,
    warnings,
)

DROP_INS = {"conf_include_dir": "/etc/apache2/conf-enabled", "modules_dir": "/usr/lib/apache2/modules"}
UPSTREAM = {"config_file": "/usr/local/apache2/conf/httpd.conf", "modules_dir": "/usr/local/apache2/modules"}
FILE = "/etc/apache2/conf-enabled/zz-ocsp-stapling.conf"
MD = {"engine": "mod_md"}
ABSENT = {"state": "absent"}
CACHE = directive("SSLStaplingCache", "shmcb:logs/stapling_cache(131072)", managed=True, file=FILE)
SITE_CACHE = directive("SSLStaplingCache", "shmcb:logs/site(131072)")
CACHE_LINE = 'SSLStaplingCache "shmcb:logs/stapling_cache(131072)"'


class TestFile:
    def test_in_the_directory_of_drop_ins(self):
        result = plan(vhost("a"), **DROP_INS)
        file = result["file"]
        assert (file["path"], file["include_in"]) == (FILE, None)
        assert file["lines"] == result["directives"] and file["lines"]
        assert file["load_modules"] == ["socache_shmcb"]

    def test_beside_the_configuration_with_a_line_that_includes_it(self):
        file = plan(vhost("a"), **UPSTREAM)["file"]
        assert file["path"] == "/usr/local/apache2/conf/zz-ocsp-stapling.conf"
        assert file["include_in"] == "/usr/local/apache2/conf/httpd.conf"

    @pytest.mark.parametrize("layout", [DROP_INS, UPSTREAM])
    def test_one_that_was_chosen_is_the_business_of_who_has_chosen_it(self, layout):
        file = plan(vhost("a"), policy={"managed_file": "/srv/x.conf"}, **layout)["file"]
        assert (file["path"], file["include_in"]) == ("/srv/x.conf", None)

    @pytest.mark.parametrize(
        "policy, path, include_in",
        [
            ({}, "/srv/panel/zz.conf", "/srv/panel/own.conf"),
            ({"managed_file": "/srv/x.conf"}, "/srv/x.conf", None),
            (
                {"managed_file": "/srv/x.conf", "include_in": "/srv/panel/own.conf"},
                "/srv/x.conf",
                "/srv/panel/own.conf",
            ),
        ],
    )
    def test_where_httpd_tls_info_says(self, policy, path, include_in):
        found = {"drop_in": "/srv/panel/zz.conf", "include_in": "/srv/panel/own.conf"}
        file = plan(vhost("a"), policy=policy, **UPSTREAM, **found)["file"]
        assert (file["path"], file["include_in"]) == (path, include_in)

    @pytest.mark.parametrize("code", ["panel_generated", "include_in_unfit"])
    def test_where_no_file_can_include_it(self, code):
        host = {**UPSTREAM, "include_in": None, "include_obstacle": {"code": code, "message": "/x is generated"}}
        result = plan(vhost("a"), **host)
        assert refusals(result) == [code] and result["refused"][0]["detail"] == "/x is generated."
        assert not result["write"]
        chosen = plan(vhost("a"), policy={"managed_file": "/srv/x.conf"}, **host)
        assert chosen["safe"] and chosen["file"]["include_in"] is None
        assert plan(vhost("a"), policy=ABSENT, **host)["safe"]

    def test_an_httpd_that_says_nothing_of_its_configuration(self):
        assert plan(vhost("a"))["file"]["path"] is None

    @pytest.mark.parametrize(
        "policy, directives, expected",
        [
            pytest.param({}, [], ["socache_shmcb"], id="own cache"),
            pytest.param({}, [SITE_CACHE], ["socache_shmcb"], id="the site's cache"),
            pytest.param({"cache": "dbm:/var/x"}, [], ["socache_dbm"], id="dbm"),
            pytest.param(MD, [], ["watchdog", "md"], id="mod_md"),
            pytest.param(MD, [CACHE], ["watchdog", "md", "socache_shmcb"], id="mod_md with the cache from before"),
        ],
    )
    def test_modules(self, policy, directives, expected):
        file = plan(vhost("a"), policy=policy, directives=directives, **DROP_INS)["file"]
        assert file["load_modules"] == expected
        for name in expected:
            assert f'LoadModule {name}_module "/usr/lib/apache2/modules/mod_{name}.so"' in file["content"]

    def test_modules_that_are_loaded_already_stay_in_the_file(self):
        """Otherwise the file would change as soon as it has loaded them."""
        result = plan(vhost("a"), modules=("ssl_module", "socache_shmcb_module"), **DROP_INS)
        assert result["modules"] == [] and result["file"]["load_modules"] == ["socache_shmcb"]

    @pytest.mark.parametrize("policy", [ABSENT, {"exclude": ["*"]}])
    def test_one_that_has_to_go(self, policy):
        file = plan(vhost("a"), policy=policy, **DROP_INS)["file"]
        assert file == {"path": FILE, "include_in": None, "lines": [], "load_modules": [], "content": None}

    def test_one_that_the_site_does_not_know_as_its_own(self):
        """What stands in the default file is not the site's, whether or not somebody has named that file."""
        result = plan(vhost("a"), directives=[{**CACHE, "managed": False}], **DROP_INS)
        assert result["cache"]["action"] == "write"


def standing(**changes):
    """Return what httpd_tls_info reports of a file that is as the plan would write it."""
    content = plan(vhost("a"), **DROP_INS)["file"]["content"]
    state = {"path": FILE, "sha256": hashlib.sha256(content.encode()).hexdigest(), "mode": "0644", "uid": 0, "gid": 0}
    return {"managed_files": [{**state, **changes}]}


class TestWrite:
    @pytest.mark.parametrize(
        "stapling, expected",
        [
            pytest.param({}, True, id="nothing there"),
            pytest.param(standing(), False, id="all there"),
            pytest.param(standing(sha256="0" * 64), True, id="other content"),
            pytest.param(standing(mode="0666"), True, id="other mode"),
            pytest.param(standing(mode="0200"), True, id="unreadable"),
            pytest.param(standing(mode="0640", gid=1000), False, id="hardened"),
            pytest.param(standing(uid=1000), True, id="other owner"),
            pytest.param(standing(path="/etc/apache2/other.conf"), True, id="elsewhere"),
            pytest.param({**standing(), "pending": True}, True, id="interrupted run"),
        ],
    )
    def test_file(self, stapling, expected):
        assert plan(vhost("a"), stapling=stapling, **DROP_INS)["write"] is expected

    def test_an_edit_that_is_missing(self):
        hosts = [vhost("a"), vhost("b", cert("b", "https://o.test/"))]
        assert plan(*hosts, stapling=standing(), **DROP_INS)["write"] is True

    def test_a_line_that_nobody_has_looked_for(self):
        assert plan(vhost("a"), **UPSTREAM)["write"] is True

    @pytest.mark.parametrize("policy", [ABSENT, {"exclude": ["*"]}])
    def test_a_file_that_httpd_does_not_read_may_be_there_all_the_same(self, policy):
        assert plan(vhost("a"), policy=policy, **DROP_INS)["write"] is True

    @pytest.mark.parametrize("staples, expected", [(True, False), (False, True)])
    def test_mod_md_that_does_not_staple_yet(self, staples, expected):
        content = plan(vhost("a"), policy=MD, **DROP_INS)["file"]["content"]
        digest = hashlib.sha256(content.encode()).hexdigest()
        stapling = {**standing(sha256=digest), "mod_md": {"stapling": staples, "loaded": True}}
        assert plan(vhost("a"), policy=MD, stapling=stapling, **DROP_INS)["write"] is expected

    def test_a_plan_that_is_refused_writes_nothing(self):
        result = plan(vhost("a"), running=False, **DROP_INS)
        assert result["safe"] is False and result["write"] is False
        assert result["file"]["lines"] == [] and result["edits"] == {"before": [], "after": []}


@pytest.mark.parametrize(
    "policy, stapling, directives, expected",
    [
        pytest.param({}, {}, [], ("reload", False, "restart"), id="first enable"),
        pytest.param({}, {"cache": "shmcb:x"}, [CACHE], ("reload", False, "reload"), id="change"),
        pytest.param({}, {"cache": "shmcb:x"}, [SITE_CACHE], ("reload", False, "reload"), id="the site's cache"),
        pytest.param(ABSENT, {"cache": "shmcb:x"}, [CACHE], ("restart", False, "reload"), id="the cache goes"),
        pytest.param(ABSENT, {"cache": "shmcb:x"}, [SITE_CACHE], ("reload", False, "reload"), id="the site's stays"),
        pytest.param(ABSENT, {}, [], ("reload", False, "reload"), id="nothing to take out"),
        pytest.param(ABSENT, {"pending": True}, [], ("restart", False, "reload"), id="taken out and not read"),
        pytest.param(MD, {"mod_md": {"loaded": False}}, [], ("reload", True, "reload"), id="mod_md is new"),
        pytest.param(MD, {"mod_md": {"loaded": True}}, [], ("reload", False, "reload"), id="mod_md is loaded"),
        pytest.param(
            MD, {"mod_md": {"loaded": True}, "pending": True}, [], ("reload", True, "reload"), id="mod_md, interrupted"
        ),
        pytest.param(
            MD,
            {"mod_md": {"loaded": False}, "cache": "shmcb:x"},
            [CACHE],
            ("restart", False, "reload"),
            id="mod_md takes over from mod_ssl",
        ),
    ],
)
def test_how_httpd_takes_it_up(policy, stapling, directives, expected):
    httpd = plan(vhost("a"), policy=policy, stapling=stapling, directives=directives, **DROP_INS)["httpd"]
    assert (httpd["apply"], httpd["twice"], httpd["undo"]) == expected


class TestASiteThatLeansOnTheManagedCache:
    ON = directive("SSLUseStapling", "on", file="/etc/apache2/site.conf", line=3)

    @pytest.mark.parametrize("policy", [ABSENT, {"exclude": ["*"]}])
    @pytest.mark.parametrize("inside", [None, "a:443"])
    def test_the_cache_stays_and_httpd_is_reloaded(self, policy, inside):
        found = [CACHE, {**self.ON, "vhost": inside}]
        result = plan(vhost("a"), policy=policy, stapling={"cache": "shmcb:x"}, directives=found, **DROP_INS)
        assert result["left_behind"] == result["file"]["lines"] == [CACHE_LINE]
        assert result["httpd"]["apply"] == "reload"
        assert result["state_after"] == ("disabled" if policy == ABSENT else "nothing_to_do")
        (warning,) = [entry for entry in result["warnings"] if entry["code"] == "cache_needed"]
        assert "/etc/apache2/site.conf:3" in warning["message"] and FILE in warning["message"]

    @pytest.mark.parametrize(
        "others",
        [
            pytest.param([CACHE], id="no such switch"),
            pytest.param([CACHE, SITE_CACHE, ON], id="a cache of its own"),
            pytest.param([CACHE, {**ON, "managed": True}], id="a managed switch"),
            pytest.param([CACHE, ON, {**ON, "line": 4, "value": "off"}], id="switched off again"),
        ],
    )
    def test_nothing_stays(self, others):
        result = plan(vhost("a"), policy=ABSENT, stapling={"cache": "shmcb:x"}, directives=others, **DROP_INS)
        assert result["left_behind"] == [] and "cache_needed" not in warnings(result)


class TestAnHttpdThatEndedWithoutItsCache:
    ENDED: t.ClassVar = {"stapling": {"ended_without_cache": True}, "running": False, **DROP_INS}

    @pytest.mark.parametrize("policy", [{}, ABSENT])
    def test_it_is_started_with_what_is_written(self, policy):
        result = plan(vhost("a"), policy=policy, **self.ENDED)
        assert result["safe"] and result["write"] and result["httpd"]["apply"] == "restart"

    def test_one_that_was_stopped_is_refused(self):
        assert refusals(plan(vhost("a"), running=False, **DROP_INS)) == ["httpd_not_running"]


LASTING = {**DROP_INS, "restart_obstacle": "its container would end with it"}


class TestAnHttpdThatCannotBeRestarted:
    def test_stapling_goes_and_the_cache_stays(self):
        stapling = {"cache": "shmcb:x"}
        result = plan(vhost("a"), policy=ABSENT, stapling=stapling, directives=[CACHE], **LASTING)
        assert result["left_behind"] == result["file"]["lines"] == [CACHE_LINE]
        assert (result["httpd"]["apply"], result["state_after"], result["write"]) == ("reload", "disabled", True)
        assert result["file"]["content"].endswith(f"{CACHE_LINE}\n")

    def test_what_stays_is_no_change_the_second_time(self):
        content = plan(vhost("a"), policy=ABSENT, stapling={"cache": "shmcb:x"}, directives=[CACHE], **LASTING)["file"][
            "content"
        ]
        stapling = {**standing(sha256=hashlib.sha256(content.encode()).hexdigest()), "cache": "shmcb:x"}
        result = plan(vhost("a"), policy=ABSENT, stapling=stapling, directives=[CACHE], **LASTING)
        assert result["write"] is False and result["left_behind"]

    def test_a_first_enable_goes_back_to_the_cache_alone(self):
        result = plan(vhost("a"), **LASTING)
        kept = result["httpd"]["left_by_undo"]
        assert kept == [result["cache"]["directive"]] and result["httpd"]["undo"] == "reload"
        text = result["httpd"]["undo_content"]
        assert kept[0] in text and "SSLUseStapling" not in text and "socache_shmcb" in text
        assert result["left_behind"] == []

    @pytest.mark.parametrize("policy", [{}, ABSENT])
    def test_the_cache_of_the_site_is_enough(self, policy):
        result = plan(vhost("a"), policy=policy, stapling={"cache": "shmcb:x"}, directives=[SITE_CACHE], **LASTING)
        assert (result["left_behind"], result["httpd"]["left_by_undo"], result["httpd"]["undo_content"]) == (
            [],
            [],
            None,
        )

    def test_mod_md_cannot_take_over(self):
        """It would take a new process."""
        host = {"stapling": {"cache": "shmcb:x"}, "directives": [CACHE]}
        result = plan(vhost("a"), policy=MD, **host, **LASTING)
        assert refusals(result) == ["cannot_restart"] and not result["write"]
        assert LASTING["restart_obstacle"] in result["refused"][0]["detail"]
        assert refusals(plan(vhost("a"), policy=MD, **host)) == []
        assert refusals(plan(vhost("a"), policy=MD, **LASTING)) == []
        assert refusals(plan(vhost("a"), policy=MD, md_staples=True, directives=[CACHE], **LASTING)) == []

    def test_mod_md_leaves_it_alone(self):
        result = plan(vhost("a"), policy={**MD, **ABSENT}, stapling={"cache": "shmcb:x"}, directives=[CACHE], **LASTING)
        assert result["httpd"]["apply"] == "reload" and result["file"]["load_modules"] == ["socache_shmcb"]


BY_RELOAD = {"absent_by": "reload"}
ABSENT_BY_RELOAD = {**ABSENT, **BY_RELOAD}
STAPLED: dict[str, t.Any] = {"stapling": {"cache": "shmcb:x"}, "directives": [CACHE], **DROP_INS}


class TestASiteThatAllowsNoRestart:
    @pytest.mark.parametrize("policy", [ABSENT, {"exclude": ["*"]}])
    def test_stapling_goes_and_the_cache_stays(self, policy):
        result = plan(vhost("a"), policy={**policy, **BY_RELOAD}, **STAPLED)
        assert result["left_behind"] == result["file"]["lines"] == [CACHE_LINE]
        assert (result["httpd"]["apply"], result["write"], result["cache"]) == ("reload", True, None)
        gone = plan(vhost("a"), policy=policy, **STAPLED)
        assert (gone["left_behind"], gone["file"]["content"], gone["httpd"]["apply"]) == ([], None, "restart")

    def test_what_stays_is_no_change_the_second_time_and_goes_with_a_restart(self):
        content = plan(vhost("a"), policy=ABSENT_BY_RELOAD, **STAPLED)["file"]["content"]
        stapling = {**standing(sha256=hashlib.sha256(content.encode()).hexdigest()), "cache": "shmcb:x"}
        host = {**STAPLED, "stapling": stapling}
        result = plan(vhost("a"), policy=ABSENT_BY_RELOAD, **host)
        assert result["write"] is False and result["left_behind"] == [CACHE_LINE]
        gone = plan(vhost("a"), policy=ABSENT, **host)
        assert (gone["write"], gone["left_behind"], gone["httpd"]["apply"]) == (True, [], "restart")

    def test_stapling_comes_again_by_reload_and_goes_back_to_the_line(self):
        result = plan(vhost("a"), policy=BY_RELOAD, **STAPLED)
        assert result["cache"]["directive"] in result["file"]["lines"] and result["left_behind"] == []
        httpd = result["httpd"]
        assert (httpd["apply"], httpd["undo"], httpd["undo_content"], httpd["left_by_undo"]) == (
            "reload",
            "reload",
            None,
            [],
        )

    def test_a_first_enable_goes_back_to_the_cache_alone(self):
        result = plan(vhost("a"), policy=BY_RELOAD, **DROP_INS)
        httpd, line = result["httpd"], result["cache"]["directive"]
        assert (httpd["apply"], httpd["undo"], httpd["left_by_undo"]) == ("reload", "reload", [line])
        assert line in httpd["undo_content"] and "SSLUseStapling" not in httpd["undo_content"]

    @pytest.mark.parametrize("policy", [BY_RELOAD, ABSENT_BY_RELOAD])
    def test_the_cache_of_the_site_is_enough(self, policy):
        result = plan(vhost("a"), policy=policy, **{**STAPLED, "directives": [SITE_CACHE]})
        assert (result["left_behind"], result["httpd"]["left_by_undo"]) == ([], [])
        assert (result["httpd"]["apply"], result["httpd"]["undo"]) == ("reload", "reload")

    @pytest.mark.parametrize("host", [{}, {"restart_obstacle": "its container would end with it"}])
    def test_an_httpd_that_runs_with_a_cache_that_was_removed_gets_one_back(self, host):
        policy = ABSENT if host else ABSENT_BY_RELOAD
        result = plan(vhost("a"), policy=policy, stapling={"pending": True}, **{**DROP_INS, **host})
        (line,) = result["left_behind"]
        assert line.startswith('SSLStaplingCache "shmcb:') and result["file"]["lines"] == [line]
        assert result["file"]["load_modules"] == ["socache_shmcb"] and result["httpd"]["apply"] == "reload"

    def test_one_that_has_ended_is_started(self):
        ended = {"stapling": {"ended_without_cache": True}, "running": False, **DROP_INS}
        assert plan(vhost("a"), policy=ABSENT_BY_RELOAD, **ended)["httpd"]["apply"] == "restart"

    def test_where_mod_md_staples_nothing_stays(self):
        stapling = {"mod_md": {"stapling": True, "loaded": True}}
        result = plan(vhost("a"), policy={**MD, **ABSENT_BY_RELOAD}, stapling=stapling, **DROP_INS)
        assert (result["left_behind"], result["file"]["content"], result["httpd"]["apply"]) == ([], None, "reload")
        first = plan(vhost("a"), policy={**MD, **BY_RELOAD}, **DROP_INS)
        assert (first["httpd"]["undo"], first["httpd"]["left_by_undo"]) == ("reload", [])

    def test_mod_md_does_not_take_over(self):
        result = plan(vhost("a"), policy={**MD, **BY_RELOAD}, **STAPLED)
        assert refusals(result) == ["cannot_restart"] and not result["write"]
        assert "ocsp_stapling_absent_by to restart" in result["refused"][0]["detail"]
        assert refusals(plan(vhost("a"), policy=MD, **STAPLED)) == []

    @pytest.mark.parametrize("pending, expected", [(False, []), (True, ["cannot_restart"])])
    def test_mod_md_that_has_taken_over_is_reloaded(self, pending, expected):
        stapling = {"cache": "shmcb:x", "pending": pending, "mod_md": {"stapling": True, "loaded": True}}
        host = {**STAPLED, "stapling": stapling}
        assert refusals(plan(vhost("a"), policy={**MD, **BY_RELOAD}, **host)) == expected
        assert plan(vhost("a"), policy=MD, **host)["httpd"]["apply"] == ("restart" if pending else "reload")


@pytest.mark.parametrize(
    "policy, staples, store, expected",
    [
        pytest.param(MD, False, "/etc/apache2/md", "/etc/apache2/md", id="begins"),
        pytest.param(MD, True, "/etc/apache2/md", None, id="staples already"),
        pytest.param(MD, False, "/", None, id="root of the file system"),
        pytest.param(MD, False, "//", None, id="root of the file system, spelled otherwise"),
        pytest.param(MD, False, "md", None, id="not absolute"),
        pytest.param(MD, False, None, None, id="unknown"),
        pytest.param({}, False, "/etc/apache2/md", None, id="mod_ssl"),
        pytest.param({**MD, **ABSENT}, False, "/etc/apache2/md", None, id="absent"),
    ],
)
def test_the_store_that_must_be_empty(policy, staples, store, expected):
    stapling = {"mod_md": {"stapling": staples, "loaded": True, "store": store}}
    assert plan(vhost("a"), policy=policy, stapling=stapling)["empty_store"] == expected


OTHERS = {"other_endpoints": [{"host": "ocsp.other.test", "port": 8080}, {"host": "2001:db8::1", "port": "80"}]}


class TestNetwork:
    def test_the_responders_themselves(self):
        result = plan(vhost("a"), vhost("b", cert("b", "http://[2001:db8::2]:8080/")))
        assert result["outbound"] == result["endpoints"]
        assert result["responders"] == ["ocsp.ca.test:80", "[2001:db8::2]:8080"]
        assert len(plan(vhost("a"), vhost("b"))["responders"]) == 1

    def test_the_proxy_before_them(self):
        result = plan(vhost("a"), policy={"proxy_url": "http://proxy.test:3128"})
        assert result["outbound"] == [{"host": "proxy.test", "port": 3128}]
        assert result["responders"] == ["ocsp.ca.test:80"]

    def test_no_proxy_where_nobody_is_asked(self):
        assert plan(vhost("a"), policy={"proxy_url": "http://proxy.test:3128", "exclude": ["*"]})["outbound"] == []

    @pytest.mark.parametrize("policy", [{}, ABSENT])
    def test_what_others_need_comes_besides(self, policy):
        result = plan(vhost("a"), policy={**policy, **OTHERS})
        others = [{"host": "ocsp.other.test", "port": 8080}, {"host": "2001:db8::1", "port": 80}]
        assert result["outbound"] == result["endpoints"] + others
        assert result["responders"][-2:] == ["ocsp.other.test:8080", "[2001:db8::1]:80"]

    @pytest.mark.parametrize("others", ["x", {"host": "a"}, ["a:80"], [{"host": "a"}], [{"host": "", "port": 80}]])
    def test_others_that_make_no_sense(self, others):
        with pytest.raises(PolicyError, match="other_endpoints"):
            plan(policy={"other_endpoints": others})


@pytest.mark.parametrize("policy, size", [({}, 10239), (MD, 16380), (ABSENT, 10239)])
def test_max_response_size(policy, size):
    assert plan(vhost("a"), policy=policy)["max_response_size"] == size


@pytest.mark.parametrize(
    "policy, stapling, expected",
    [
        ({}, {}, ("disabled", "enabled")),
        ({}, {"enabled": True}, ("enabled", "enabled")),
        ({}, {"mod_md": {"stapling": True}}, ("enabled", "enabled")),
        ({"exclude": ["*"]}, {}, ("disabled", "nothing_to_do")),
        (ABSENT, {"enabled": True}, ("enabled", "disabled")),
    ],
)
def test_states(policy, stapling, expected):
    result = plan(vhost("a"), policy=policy, stapling=stapling)
    assert (result["state_before"], result["state_after"]) == expected


class TestTargets:
    @pytest.mark.parametrize("policy", [{}, ABSENT, {"scope": "vhost"}])
    def test_where_httpd_is_seen_to_serve(self, policy):
        """When stapling is taken out as well: where it would have been stapled."""
        hosts = [vhost("a"), vhost("b", cert("b", ocsp_responders=[]))]
        targets = plan(*hosts, policy={**policy, "confirm_address": "192.0.2.7"})["targets"]
        assert [(target["id"], target["address"]) for target in targets] == [("a:443", "192.0.2.7")]
        assert targets[0]["expected_fingerprints"] == ["fp-a"]


@pytest.mark.parametrize(
    "here, missing, refused",
    [
        (True, ["pyOpenSSL"], ["library_missing"]),
        (True, ["cryptography"], []),
        (True, [], []),
        (False, ["pyOpenSSL"], []),
    ],
)
def test_a_host_that_cannot_make_the_handshakes(here, missing, refused):
    result = plan(vhost("a"), policy={"confirm_here": here}, missing_libraries=missing)
    assert refusals(result) == refused
    assert all("pyOpenSSL 20 or newer, or the program openssl" in found["detail"] for found in result["refused"])


@pytest.mark.parametrize("here, missing", [(True, ["pyOpenSSL"]), (True, ["cryptography", "pyOpenSSL"]), (True, [])])
def test_to_take_stapling_out_needs_no_library(here, missing):
    result = plan(vhost("a"), policy={**ABSENT, "confirm_here": here}, missing_libraries=missing)
    assert result["safe"] and warnings(result) == (["library_missing"] if missing else [])
