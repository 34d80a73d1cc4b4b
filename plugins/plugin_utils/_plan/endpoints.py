# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which responders httpd may be told to ask, and the endpoints that have to be reachable for that."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import (
    Endpoint,
    EndpointError,
    escape,
    parse_ocsp_uri,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Responder


def read_responder(uri: str) -> Responder:
    """Return the responder at a URI of httpd's configuration; those of certificates come taken apart."""
    try:
        endpoint = parse_ocsp_uri(uri)
    except EndpointError as error:
        return Responder(uri=escape(uri), endpoint=None, problem=error.code, renamed=False)
    return Responder(uri=escape(uri), endpoint=endpoint, problem=None, renamed="idna" in endpoint.warnings)


def usable(responder: Responder, *, engine: str) -> Endpoint | None:
    """Return the endpoint, if this engine can ask the responder, else None.

    mod_ssl compares the scheme letter by letter with "http": even HTTP:// is not one to it. mod_md has a whole HTTP
    client at hand. Both look a host up as it is written, so one that is not ASCII is not found.
    """
    endpoint = responder.endpoint
    if endpoint is None or responder.renamed:
        return None
    if engine == words.MOD_SSL:
        return endpoint if responder.uri.startswith("http://") else None
    return endpoint if endpoint.scheme in ("http", "https") else None


class EndpointTable:
    """Every endpoint once, with those who need it, in the order in which they were first named."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], dict[str, t.Any]] = {}

    def add(self, endpoint: Endpoint, *, fingerprint: str | None, vhost: str) -> None:
        """Enter an endpoint, or add one more certificate and virtual host that need it."""
        row = self._rows.setdefault(
            (endpoint.host, endpoint.port),
            {"host": endpoint.host, "port": endpoint.port, "scheme": endpoint.scheme, "needed_by": {}, "vhosts": {}},
        )
        if fingerprint is not None:
            row["needed_by"][fingerprint] = True
        row["vhosts"][vhost] = True

    def rows(self) -> list[dict[str, t.Any]]:
        """Return the endpoints as plain data, each with `needed_by` (fingerprints) and `vhosts`."""
        return [
            {**row, "needed_by": list(row["needed_by"]), "vhosts": list(row["vhosts"])} for row in self._rows.values()
        ]
