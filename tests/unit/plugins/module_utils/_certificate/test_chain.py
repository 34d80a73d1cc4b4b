# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain that a live server presents, by the openssl command."""

from __future__ import annotations

import typing as t

import pytest

pytest.importorskip("OpenSSL")

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.chain import chain_by_openssl
from ansible_collections.stapling.httpd.tests.unit.support import pki
from ansible_collections.stapling.httpd.tests.unit.support.servers import Server, Site, StaplingServer

CHAIN = pki.pki("ecdsa")


def no_staple(_identity: pki.Identity) -> bytes:
    return b""


def test_the_openssl_command_shows_a_chain() -> None:
    with Server(StaplingServer({None: Site((CHAIN.leaf,), no_staple)})) as server:

        def ask(name: str | None = None, leaf: bytes = CHAIN.leaf.der, timeout: float = 10) -> t.Any:
            return chain_by_openssl(server.host, server.port, name, leaf=leaf, timeout=timeout)

        assert ask() == (pki.Identity(CHAIN.issuer.certificate, None).der,)
        assert ask("other.example") == ask()
        # Another server behind the same address, or no time left.
        assert ask(leaf=b"x") is None
        assert ask(timeout=0) is None
    assert ask() is None
