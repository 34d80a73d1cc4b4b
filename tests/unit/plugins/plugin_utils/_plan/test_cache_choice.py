# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cache a host gets, and the warnings about it."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.cache_size import (
    needed_bytes,
)
from ansible_collections.stapling.httpd.tests.unit.support.hosts import cert, directive, plan, refusals, vhost, warnings


def many(count):
    return [vhost(f"v{number}", cert(f"v{number}")) for number in range(count)]


class TestChoice:
    def test_auto(self):
        assert plan(vhost("a"))["cache"] == {
            "directive": 'SSLStaplingCache "shmcb:/var/run/apache2/stapling_cache(131072)"',
            "action": "write",
            "path": "/var/run/apache2/stapling_cache",
            "bytes": 131072,
            "needed_bytes": 131072,
            "module": "socache_shmcb",
            "directory": None,
            "warning": None,
        }

    @pytest.mark.parametrize("layout", ["redhat", "upstream", None])
    def test_auto_path_elsewhere(self, layout):
        assert plan(vhost("a"), layout=layout)["cache"]["path"] == "logs/stapling_cache"

    def test_auto_counts_certificates_not_virtual_hosts(self):
        shared = cert("shared")
        assert plan(*[vhost(f"v{n}", shared) for n in range(300)])["cache"]["bytes"] == 131072
        assert plan(*many(300))["cache"]["bytes"] == needed_bytes(300, 4096)

    def test_auto_with_known_responses(self):
        smaller = plan(*many(300), policy={"response_bytes": 500})["cache"]["bytes"]
        assert smaller < plan(*many(300))["cache"]["bytes"]

    def test_auto_never_below_what_is_configured(self):
        managed = directive("SSLStaplingCache", '"shmcb:/var/run/apache2/stapling_cache(5000000)"', managed=True)
        assert plan(vhost("a"), directives=[managed])["cache"]["bytes"] == 5000000
        assert plan(*many(2000), directives=[managed])["cache"]["bytes"] > 5000000

    def test_auto_after_a_managed_dbm(self):
        managed = directive("SSLStaplingCache", '"dbm:/var/cache/x"', managed=True)
        assert plan(vhost("a"), directives=[managed])["cache"]["bytes"] == 131072

    def test_the_literal_of_the_manual_is_taken_as_it_is(self):
        result = plan(vhost("a"), policy={"cache": "shmcb:logs/stapling_cache(128000)"})
        assert result["directives"][0] == 'SSLStaplingCache "shmcb:logs/stapling_cache(128000)"'
        assert warnings(result) == []

    def test_with_a_warning_where_it_is_too_small(self):
        result = plan(*many(300), policy={"cache": "shmcb:logs/stapling_cache(128000)"})
        assert result["safe"] is True and warnings(result) == ["cache_too_small"]
        assert result["cache"]["warning"] == result["warnings"][0]["message"].rstrip(".")
        assert str(result["cache"]["needed_bytes"]) in result["cache"]["warning"]

    @pytest.mark.parametrize(
        "exists, safe", [pytest.param(True, True), pytest.param(None, True), pytest.param(False, False)]
    )
    def test_dbm_needs_its_directory(self, exists, safe):
        result = plan(vhost("a"), policy={"cache": "dbm:cache/stapling", "cache_directory_exists": exists})
        assert result["safe"] is safe
        assert refusals(result) == ([] if safe else ["cache_directory_missing"])
        if safe:
            assert result["cache"]["directory"] == "/etc/apache2/cache"
        else:
            assert "/etc/apache2/cache" in result["refused"][0]["detail"]

    def test_dbm_below_a_variable_of_httpd_is_not_judged(self):
        policy = {"cache": "dbm:${APACHE_RUN_DIR}/stapling", "cache_directory_exists": False}
        result = plan(vhost("a"), policy=policy)
        assert result["safe"] is True and result["cache"]["directory"] is None

    def test_shmcb_needs_no_directory(self):
        policy = {"cache": "shmcb:nowhere/x(128000)", "cache_directory_exists": False}
        assert plan(vhost("a"), policy=policy)["safe"] is True


class TestTheSitesOwn:
    SITE = directive("SSLStaplingCache", "shmcb:/run/site(128000)", line=12)

    def test_is_kept_and_never_duplicated(self):
        result = plan(vhost("a"), directives=[self.SITE])
        assert result["cache"]["action"] == "keep" and result["cache"]["bytes"] == 128000
        assert not any("SSLStaplingCache" in line for line in result["directives"])
        assert "SSLUseStapling on" in result["directives"] and warnings(result) == []

    def test_too_small_is_told(self):
        result = plan(*many(300), directives=[self.SITE])
        assert result["cache"]["action"] == "keep" and warnings(result) == ["cache_too_small"]
        assert "/etc/apache2/site.conf:12" in result["warnings"][0]["message"]

    def test_a_literal_beside_it_is_told_and_not_written(self):
        result = plan(vhost("a"), directives=[self.SITE], policy={"cache": "shmcb:logs/x(4000000)"})
        assert result["cache"]["action"] == "keep" and warnings(result) == ["cache_exists"]
        assert not any("SSLStaplingCache" in line for line in result["directives"])

    def test_the_same_literal_is_no_news(self):
        result = plan(vhost("a"), directives=[self.SITE], policy={"cache": "shmcb:/run/site(128000)"})
        assert warnings(result) == []

    def test_one_that_is_too_small_and_read_earlier_is_replaced(self):
        small = directive("SSLStaplingCache", '"shmcb:/run/site(32768)"', precedes_managed=True)
        result = plan(*many(300), directives=[small])
        assert result["cache"]["action"] == "write" and result["cache"]["bytes"] > 300 * 2048
        assert warnings(result) == ["cache_replaced"]
        assert "/etc/apache2/site.conf:7 holds the responses of " in result["warnings"][0]["message"]
        again = directive("SSLStaplingCache", result["cache"]["directive"].partition(" ")[2], managed=True)
        assert plan(*many(300), directives=[small, again])["cache"] == result["cache"]

    def test_one_that_is_large_enough_and_read_earlier_stays(self):
        large = directive("SSLStaplingCache", '"shmcb:/run/site(4000000)"', precedes_managed=True)
        assert plan(*many(300), directives=[large])["cache"]["action"] == "keep"

    def test_of_two_the_last_counts(self):
        last = directive("SSLStaplingCache", '"shmcb:/run/other(4000000)"', line=13)
        result = plan(*many(300), directives=[self.SITE, last])
        assert result["cache"]["bytes"] == 4000000 and warnings(result) == ["cache_duplicate"]

    def test_the_managed_cache_goes_when_the_site_gets_its_own(self):
        managed = directive("SSLStaplingCache", '"shmcb:/run/ours(131072)"', managed=True)
        result = plan(vhost("a"), directives=[self.SITE, managed])
        assert result["cache"]["action"] == "keep" and not any("Cache" in line for line in result["directives"])

    def test_one_that_we_do_not_know_is_kept(self):
        result = plan(vhost("a"), directives=[directive("SSLStaplingCache", "custom:thing")])
        assert result["safe"] is True and result["cache"]["action"] == "keep" and result["cache"]["module"] is None
