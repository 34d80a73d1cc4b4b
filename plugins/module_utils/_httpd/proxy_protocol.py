# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where httpd expects the line of a proxy before anything else: RemoteIPProxyProtocol of mod_remoteip.

It is a matter of address and port, since the line comes before any name: `On` in one virtual host holds for all that
share its addresses, `Off` wins over it, and at server level it holds for every address. So do its exceptions.
https://httpd.apache.org/docs/2.4/mod/mod_remoteip.html#remoteipproxyprotocol
"""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import first_word, last
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump, Section, split_arguments
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import Address, Vhost

_EVERYWHERE: Address = ("*", None)


class ProxyProtocol:
    """What mod_remoteip expects of clients, by virtual host."""

    def __init__(self, dump: Dump, vhosts: t.Iterable[Vhost]) -> None:
        self._exceptions: dict[Address, list[str]] = {_EVERYWHERE: _excepted(dump.server)}
        self._expected: set[Address] = {_EVERYWHERE} if _setting(dump.server) == "on" else set()
        self._not_expected: set[Address] = set()
        for vhost in vhosts:
            if vhost.main:
                continue
            setting, excepted = _setting(vhost.section), _excepted(vhost.section)
            if setting is not None:
                (self._expected if setting == "on" else self._not_expected).update(vhost.addresses)
            for place in vhost.addresses if excepted else ():
                self._exceptions.setdefault(place, []).extend(excepted)

    def is_expected(self, vhost: Vhost) -> bool:
        """Tell whether clients have to send the line to this virtual host."""
        places = _all_places(vhost)
        return not places.isdisjoint(self._expected) and places.isdisjoint(self._not_expected)

    def exceptions(self, vhost: Vhost) -> list[str]:
        """Return the addresses and networks of clients that send no line."""
        places = _all_places(vhost)
        return list(
            dict.fromkeys(word for place, found in self._exceptions.items() if place in places for word in found)
        )


def _all_places(vhost: Vhost) -> set[Address]:
    """Return the addresses of a virtual host with all that stand for them: any address, any port."""
    found = {_EVERYWHERE}
    for host, port in vhost.addresses:
        found |= {(host, port), (host, None), ("*", port)}
    return found


def _excepted(section: Section) -> list[str]:
    return [
        word
        for directive in section.directives
        if directive.name == "remoteipproxyprotocolexceptions"
        for word in split_arguments(directive.arguments)
    ]


def _setting(section: Section) -> str | None:
    found = last(section, "remoteipproxyprotocol")
    return None if found is None else first_word(found.arguments).lower()
