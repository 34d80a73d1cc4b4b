# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program beside the library, on many virtual hosts at once. What else it does is tested with the library."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

pytest.importorskip("OpenSSL")

from ansible_collections.stapling.httpd.plugins.module_utils._tls import context, trust
from ansible_collections.stapling.httpd.plugins.module_utils._tls.confirm import Finding, Settings, Target, confirm
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import HandshakeRequest
from ansible_collections.stapling.httpd.plugins.module_utils._tls.s_client import has_s_client
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust
from ansible_collections.stapling.httpd.tests.unit.support import answers, servers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

MANY = 24


def findings(server: servers.Server, names: list[str]) -> list[Finding]:
    settings = Settings(timeout=20, retries=0, delay=0)
    targets = [Target(HandshakeRequest(server.host, server.port, name)) for name in names]
    return [replace(finding, elapsed=0.0) for finding in confirm(targets, trust=Trust(), settings=settings)]


def test_both_find_the_same_on_many_virtual_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert has_s_client()
    pkis = [authority.pki(), authority.pki("rsa")]
    words: list[t.Any] = ["good", "revoked", None]
    sites: dict[str | None, servers.Site] = {}
    for number in range(MANY):
        pki, word = pkis[number % 2], words[number % 3]
        staple = answers.behaviour(word, pki) if word else b""
        sites[f"v{number}.example.org"] = servers.Site((pki.leaf,), lambda _identity, staple=staple: staple)
    names = [str(name) for name in sites]
    with servers.Server(servers.StaplingServer({None: next(iter(sites.values())), **sites})) as server:
        by_library = findings(server, names)
        for module in (context, trust):
            monkeypatch.setattr(module, "HAS_PYOPENSSL", False)
        by_program = findings(server, names)
    assert by_program == by_library
    assert {finding.problem for finding in by_program} == {None, "revoked", "no_staple"}
