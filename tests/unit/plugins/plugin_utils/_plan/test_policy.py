# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be asked for, and the messages about the rest."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import PolicyError, parse_policy


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
