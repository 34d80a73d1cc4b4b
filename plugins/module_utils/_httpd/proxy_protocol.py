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


class ProxyProtocol:
    """What mod_remoteip expects of clients, by virtual host."""

    def __init__(self, dump: Dump, vhosts: t.Iterable[Vhost]) -> None:
        self._exceptions: list[tuple[Address, str]] = [(("*", None), word) for word in _excepted(dump.server)]
        self._expected: list[Address] = []
        self._not_expected: list[Address] = []
        if _setting(dump.server) == "on":
            self._expected.append(("*", None))
        for vhost in vhosts:
            if vhost.main:
                continue
            self._exceptions += [(place, word) for place in vhost.addresses for word in _excepted(vhost.section)]
            setting = _setting(vhost.section)
            if setting is not None:
                (self._expected if setting == "on" else self._not_expected).extend(vhost.addresses)

    def is_expected(self, vhost: Vhost) -> bool:
        """Tell whether clients have to send the line to this virtual host."""
        return any(_among(place, self._expected) for place in vhost.addresses) and not any(
            _among(place, self._not_expected) for place in vhost.addresses
        )

    def exceptions(self, vhost: Vhost) -> list[str]:
        """Return the addresses and networks of clients that send no line."""
        found = [word for place in vhost.addresses for other, word in self._exceptions if _among(place, [other])]
        return list(dict.fromkeys(found))


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


def _among(place: Address, others: t.Iterable[Address]) -> bool:
    return any(host in ("*", place[0]) and port in (None, place[1]) for host, port in others)
