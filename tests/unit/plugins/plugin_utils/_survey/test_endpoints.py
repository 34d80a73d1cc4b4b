# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import LiveEndpoint
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._survey.endpoints import parse_endpoints

WWW = LiveEndpoint("www.example.org", 443, "www.example.org")
SHOP = LiveEndpoint("192.0.2.1", 8443, "shop.example.org")


@pytest.mark.parametrize(
    "given",
    [
        ["www.example.org:443", "192.0.2.1:8443#shop.example.org"],
        ["www.example.org", {"address": "192.0.2.1", "port": 8443, "server_name": "shop.example.org"}],
        "# the web\nwww.example.org\n\n192.0.2.1:8443,shop.example.org\n",
        "\ufeffwww.example.org,443\r\n192.0.2.1,8443,shop.example.org\r\nwww.example.org:443\r\n",
        "host;port;owner;sni\nwww.example.org;443;me;\n192.0.2.1;8443;you;shop.example.org\n",
        "SNI,Port,IP\n,,www.example.org\nshop.example.org,8443,192.0.2.1\n",
    ],
)
def test_a_list_and_the_files_that_people_have_name_the_same_endpoints(given: Any) -> None:
    assert parse_endpoints(given) == [WWW, SHOP]


def test_an_ipv6_address_needs_brackets_for_a_port_and_sends_no_name() -> None:
    assert parse_endpoints(["[2001:db8::1]:8443"]) == [LiveEndpoint("2001:db8::1", 8443, None)]


@pytest.mark.parametrize(
    "given, message",
    [
        (["a.example", "b.example:https"], "entry 2: 'https' is not a port from 1 to 65535"),
        ("a.example\nb.example:99999\n", "line 2: '99999' is not a port"),
        ("a.example\nb example\n", "line 2: 'b example' is not the name or address of a host"),
        ([{"address": "a.example", "prot": 1}], "entry 1: an endpoint has address, port and server_name, not prot"),
        ({"address": "a.example"}, "is a dict; it must be a list"),
        (7, "is a int; it must be a list"),
        ("# nothing\n", "has no endpoint"),
        ([], "has no endpoint"),
    ],
)
def test_what_cannot_be_understood_is_said_with_its_place(given: Any, message: str) -> None:
    with pytest.raises(StaplingError) as caught:
        parse_endpoints(given)
    assert message in caught.value.message
