# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine staples where the policy says auto: every row of the table, and that the next run stays with it."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.tests.unit.support.hosts import cert, directive, info, plan, refusals, vhost

AUTO = {"engine": "auto"}
MODULES = ("ssl_module", "socache_shmcb_module", "watchdog_module", "md_module")
LOADED = {"modules": MODULES, "stapling": {"mod_md": {"stapling": False, "loaded": True}}}
STAPLING = {"modules": MODULES, "stapling": {"mod_md": {"stapling": True, "loaded": True}}}


def managed(name, arguments, **more):
    return directive(name, arguments, managed=True, **more)


FORCED = directive("SSLStaplingForceURL", "http://responder.test/", vhost="a")
CACHE = managed("SSLStaplingCache", "shmcb:/var/run/apache2/stapling_cache(131072)")
BAD = {"certificate": "/etc/ssl/b.pem", "fingerprint_sha256": "fp-b", "acceptable": False, "message": "No answer."}


@pytest.mark.parametrize(
    "host, policy, engine, reason",
    [
        # Where none staples.
        (LOADED, {}, "mod_md", "has it loaded, and it keeps responses"),
        ({**LOADED, "version": "2.4.67"}, {}, "mod_md", "2.4.67 has it loaded"),
        ({}, {}, "mod_ssl", "httpd has not loaded mod_md"),
        ({**LOADED, "version": "2.4.41"}, {}, "mod_ssl", "2.4.41 is too old"),
        ({**LOADED, "version": "2.4.62"}, {}, "mod_ssl", "2.4.62 has CVE-2026-29168"),
        (
            {**LOADED, "version": "2.4.66"},
            {},
            "mod_ssl",
            "2.4.66 ignores MDStapleOthers, so mod_md would staple nothing",
        ),
        ({**LOADED, "version": "2.4.x"}, {}, "mod_ssl", "does not tell which faults"),
        (LOADED, {"scope": "vhost"}, "mod_ssl", "for the whole server or not at all"),
        (LOADED, {"force_url": "http://responder.test/"}, "mod_ssl", "SSLStaplingForceURL"),
        (LOADED, {"exclude": ["a"]}, "mod_ssl", "cannot leave this one out"),
        ({**LOADED, "directives": [FORCED]}, {}, "mod_ssl", "SSLStaplingForceURL"),
        (
            {**LOADED, "directives": [directive("SSLUseStapling", "off")]},
            {},
            "mod_ssl",
            "off at /etc/apache2/site.conf:7",
        ),
        ({**LOADED, "directives": [directive("SSLUseStapling", "off", vhost="a")]}, {}, "mod_ssl", "cannot leave"),
        # Where one staples already, or has left what only a restart takes away.
        ({**LOADED, "directives": [CACHE, managed("SSLUseStapling", "on")]}, {}, "mod_ssl", "staples here already"),
        (
            {**LOADED, "directives": [managed("SSLUseStapling", "on", vhost="a")]},
            {},
            "mod_ssl",
            "staples here already",
        ),
        ({**LOADED, "directives": [CACHE]}, {}, "mod_ssl", "in the life of this httpd"),
        ({**LOADED, "directives": [directive("SSLUseStapling", "on")]}, {}, "mod_ssl", "site.conf:7"),
        (STAPLING, {}, "mod_md", "it staples here already"),
        ({**STAPLING, "version": "2.4.62"}, {}, "mod_md", "it staples here already"),
        ({**STAPLING, "directives": [CACHE]}, {}, "mod_md", "it staples here already"),
        ({**STAPLING, "directives": [directive("MDStapling", "on")]}, {"scope": "vhost"}, "mod_md", "site.conf:7"),
        # What it would be refused for takes it away.
        ({**STAPLING, "version": "2.4.66"}, {}, "mod_ssl", "would staple nothing"),
        (STAPLING, {"scope": "vhost"}, "mod_ssl", "for the whole server or not at all"),
        (STAPLING, {"exclude": ["a"]}, "mod_ssl", "cannot leave this one out"),
    ],
)
def test_choice(host, policy, engine, reason):
    result = plan(vhost("a"), vhost("b"), policy={**AUTO, **policy}, **host)
    assert result["engine"] == engine
    assert result["engine_reason"].startswith(f"{engine}: ") and reason in result["engine_reason"]
    assert "use the engine" not in result["engine_reason"]


def test_a_policy_with_an_engine_gets_that_one():
    for engine in ("mod_ssl", "mod_md"):
        result = plan(vhost("a"), policy={"engine": engine}, **LOADED)
        assert (result["engine"], result["engine_reason"]) == (engine, None)


@pytest.mark.parametrize("answers, engine", [([], "mod_md"), ([BAD], "mod_ssl")])
def test_a_responder_costs_its_own_virtual_hosts_only(answers, engine):
    """mod_md could not leave the other one out, and the whole host would go without."""
    result = make_plan(info(vhost("a"), vhost("b"), **LOADED), AUTO, answers=answers)
    assert result["engine"] == engine and refusals(result) == []
    assert result["vhosts"][0]["action"] == "staple"


def test_an_outage_does_not_change_the_engine():
    found = info(vhost("a"), vhost("b"), **STAPLING)
    result = make_plan(found, AUTO, answers=[BAD])
    assert result["engine"] == "mod_md" and refusals(result) == []
    assert [one["action"] for one in result["vhosts"]] == ["staple", "staple"]


@pytest.mark.parametrize("host", [LOADED, {}])
def test_the_next_run_stays(host):
    """The lines of the plan, as the next observation has them."""
    first = plan(vhost("a"), policy=AUTO, **host)
    lines = [managed(*line.split(" ", 1)) for line in first["directives"]]
    md_staples = "MDStapling on" in first["directives"]
    observed = {"modules": MODULES, "stapling": {"mod_md": {"stapling": md_staples, "loaded": True}}}
    # mod_md has come meanwhile, and the version has gone back to one with a fault.
    again = plan(vhost("a", enabled=True), policy=AUTO, directives=lines, version="2.4.65", **observed)
    assert again["engine"] == first["engine"] and again["directives"] == first["directives"]


def test_extra_directives_of_both_engines():
    both = {"SSLStaplingResponseMaxAge": 60, "MDStaplingKeepResponse": "9d"}
    for host, kept, dropped in ((LOADED, "MDStaplingKeepResponse 9d", "MaxAge"), ({}, "MaxAge 60", "MDStaplingKeep")):
        text = " ".join(plan(vhost("a"), policy={**AUTO, "extra_directives": both}, **host)["directives"])
        assert kept in text and dropped not in text


def test_the_absent_plan_names_what_has_stapled():
    result = plan(vhost("a"), policy={**AUTO, "state": "absent"}, **STAPLING)
    assert result["engine"] == "mod_md" and result["safe"] is True


def test_an_https_responder_is_one_for_mod_md():
    result = plan(vhost("a", cert("a", "https://ocsp.ca.test/")), policy=AUTO, **LOADED)
    assert result["engine"] == "mod_md" and result["vhosts"][0]["action"] == "staple"
