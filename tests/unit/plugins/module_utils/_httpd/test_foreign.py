# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds of httpd that cannot be served are refused with the name of what they are."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.foreign import refuse_place, refuse_vendor


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("Server version: IBM_HTTP_Server/9.0.5.16 (Unix)\nApache version: 2.4.12", "mod_ibm_ssl"),
        ("Server version: Oracle-HTTP-Server/12.2.1.4.0 (Unix)", "mod_ossl"),
        ("Server version: Oracle-HTTP-Server-12c/2.4.39", "mod_ossl"),
    ],
)
def test_other_vendors(answer: str, words: str) -> None:
    with pytest.raises(HttpdError, match=words) as caught:
        refuse_vendor("/opt/x/bin/httpd", answer)
    assert caught.value.code == "unsupported_httpd"
    assert caught.value.message.startswith("/opt/x/bin/httpd is ")


@pytest.mark.parametrize(
    "answer", ["Server version: Apache/2.4.62 (Debian)", "Server version: Apache/2.4.6 (IBM i)", ""]
)
def test_apache_itself(answer: str) -> None:
    refuse_vendor("/usr/sbin/httpd", answer)


@pytest.mark.parametrize(
    ("binary", "config_file", "words"),
    [
        ("/snap/nextcloud/current/bin/httpd", None, "belongs to a snap"),
        ("/snap/nextcloud/1/bin/httpd", "/etc/httpd.conf", "belongs to a snap"),
        ("/var/lib/snapd/snap/nextcloud/1/bin/httpd", None, "belongs to a snap"),
        ("/nix/store/abc-apache-httpd-2.4/bin/httpd", None, "extraConfig"),
        ("/nix/store/abc-apache-httpd-2.4/bin/httpd", "/nix/store/def-httpd.conf", "extraConfig"),
    ],
)
def test_places_that_nobody_may_write(binary: str, config_file: str | None, words: str) -> None:
    with pytest.raises(HttpdError, match=words) as caught:
        refuse_place(binary, config_file)
    assert caught.value.code == "unsupported_httpd"


@pytest.mark.parametrize(
    ("binary", "config_file"),
    [
        ("/usr/sbin/httpd", None),
        ("/home/snap/bin/httpd", None),
        ("/nix/store/abc-apache-httpd-2.4/bin/httpd", "/srv/site/httpd.conf"),
    ],
)
def test_other_places(binary: str, config_file: str | None) -> None:
    refuse_place(binary, config_file)
