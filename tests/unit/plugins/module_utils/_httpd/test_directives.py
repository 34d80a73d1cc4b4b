# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a recorded dump to the settings in effect."""

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import mod_md, stapling_settings
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Section
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import read_vhosts
from ansible_collections.stapling.httpd.tests.unit.support.recorded import ROOT, dump


def settings_of(name: str, vhost: str) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    found = dump(name)
    chosen = {candidate.id: candidate for candidate in read_vhosts(found)}[vhost]
    return stapling_settings(found.server, None if chosen.main else chosen.section)


def test_settings_in_effect_and_where_they_come_from() -> None:
    values, sources = settings_of("inherit", "own.example:443")
    assert values == {
        "enabled": False,
        "return_responder_errors": False,
        "fake_try_later": True,
        "responder_timeout": 7,
        "response_time_skew": 300,
        "response_max_age": -1,
        "standard_cache_timeout": 3600,
        "error_cache_timeout": 600,
        "force_url": "http://ocsp.example/",
        "proxy_url": "http://127.0.0.1:8888",
    }
    # What is inherited is reported at server level, once for all.
    own = {key: source["line"] for key, source in sources.items()}
    assert own == {"enabled": 19, "responder_timeout": 20, "force_url": 21, "proxy_url": 22}


def test_at_server_level_the_last_one_counts_wherever_it_stands() -> None:
    values, sources = settings_of("inherit", "_main_:10443")
    assert (values["enabled"], values["responder_timeout"]) == (True, 4)
    lines = {key: source["line"] for key, source in sources.items()}
    assert lines == {"enabled": 10, "responder_timeout": 29, "return_responder_errors": 13}
    inherited, _sources = settings_of("inherit", "plain.example:80")
    assert inherited["responder_timeout"] == 4


def test_defaults_without_any_directive() -> None:
    values, sources = stapling_settings(Section(), Section())
    assert values["enabled"] is False
    assert sources == {}


def test_mod_md() -> None:
    assert mod_md(dump("conflicts")) == {
        "loaded": True,
        "stapling": True,
        "staple_others": False,
        "store": f"{ROOT}/md",
    }
    assert mod_md(dump("inherit")) == {
        "loaded": False,
        "stapling": False,
        "staple_others": True,
        "store": "/etc/apache2/md",
    }
