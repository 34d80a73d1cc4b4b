# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import is_relevant
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import read_dump
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.proxy_protocol import ProxyProtocol
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import read_vhosts


def seen(server: list[str], *vhosts: tuple[str, list[str]]) -> list[tuple[bool, list[str]]]:
    """Return what is expected of clients of each virtual host, out of what httpd prints of such a configuration."""
    text = "# In file: /etc/apache2/x.conf\n" + "".join(f"#   1:\n{line}\n" for line in server)
    for number, (addresses, inside) in enumerate(vhosts):
        text += f"#   {number + 2}:\n<VirtualHost {addresses}>\n"
        text += "".join(f"  #   9:\n  {line}\n" for line in (f"ServerName v{number}.test", "SSLEngine on", *inside))
        text += "</VirtualHost>\n"
    dump = read_dump(text, keep=is_relevant)
    found = read_vhosts(dump)
    proxies = ProxyProtocol(dump, found)
    return [(proxies.is_expected(vhost), proxies.exceptions(vhost)) for vhost in found]


ON, OFF = ["RemoteIPProxyProtocol On"], ["RemoteIPProxyProtocol Off"]


@pytest.mark.parametrize(
    "server, vhosts, expected",
    [
        ([], [("*:443", [])], [False]),
        ([], [("*:443", ON)], [True]),
        ([], [("*:443", OFF)], [False]),
        # The line comes before any name: it is a matter of the address.
        ([], [("*:443", ON), ("*:443", [])], [True, True]),
        ([], [("*:443", ON), ("*:8443", [])], [True, False]),
        ([], [("192.0.2.1:443", ON), ("192.0.2.2:443", [])], [True, False]),
        ([], [("*:443", ON), ("*:443", OFF)], [False, False]),
        # At server level it holds for all addresses.
        (ON, [("*:443", []), ("192.0.2.1:8443", OFF)], [True, False]),
        (["RemoteIPProxyProtocol on"], [("*:443", [])], [True]),
    ],
)
def test_where_the_line_is_expected(server, vhosts, expected):
    assert [found for found, _exceptions in seen(server, *vhosts)] == expected


def test_exceptions_of_the_server_and_of_the_virtual_hosts_with_the_same_address():
    server = ["RemoteIPProxyProtocolExceptions 127.0.0.1 10.0.0.0/8"]
    inside = [*ON, "RemoteIPProxyProtocolExceptions 2001:db8::/32"]
    assert seen(server, ("*:443", inside), ("*:443", []), ("*:8443", ON)) == [
        (True, ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]),
        (True, ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]),
        (True, ["127.0.0.1", "10.0.0.0/8"]),
    ]
