# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contexts of TLS clients: made once each, and what they make a real server present."""

from __future__ import annotations

import contextlib
import threading

import pytest

pytest.importorskip("OpenSSL")

from OpenSSL import SSL

from ansible_collections.stapling.httpd.plugins.module_utils._tls.context import (
    KEY_TYPES,
    TLS_VERSIONS,
    Contexts,
    Staple,
)
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import HandshakeRequest, shake_hands
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support import servers

ECDSA = authority.pki()
RSA = authority.pki("rsa")


def test_a_context_is_made_once() -> None:
    contexts = Contexts()
    found = []
    threads = [threading.Thread(target=lambda: found.append(contexts.get(key_type="rsa"))) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(entry.context) for entry in found}) == 1
    assert contexts.get(key_type="ecdsa").context is not found[0].context
    assert contexts.get(key_type="rsa", tls_version="TLSv1.2").context is not found[0].context


def test_nothing_is_forced_that_nobody_has_asked_for() -> None:
    contexts = Contexts()
    assert contexts.get().forced_by is None
    assert [contexts.get(tls_version=version).forced_by for version in TLS_VERSIONS] == [None, None]
    # By signature algorithms, or where cryptography does not bind these, by the cipher list.
    assert {contexts.get(key_type=kind).forced_by for kind in KEY_TYPES} <= {"signature_algorithms", "cipher_list"}


@pytest.mark.parametrize("tls_version", TLS_VERSIONS)
def test_the_version_is_the_one_that_was_asked_for(tls_version: str) -> None:
    site = servers.Site((ECDSA.leaf,), lambda _identity: b"")
    with servers.Server(servers.StaplingServer({None: site})) as server:
        requested = HandshakeRequest(server.host, server.port, tls_version=tls_version)
        assert shake_hands(requested, contexts=Contexts(), timeout=10).tls_version == tls_version


@pytest.mark.parametrize(("key_type", "pki"), [("ecdsa", ECDSA), ("rsa", RSA)])
def test_the_certificate_with_this_type_of_key_is_presented(key_type: str, pki: authority.Pki) -> None:
    site = servers.Site((ECDSA.leaf, RSA.leaf), lambda _identity: b"")
    with servers.Server(servers.StaplingServer({None: site})) as server:
        requested = HandshakeRequest(server.host, server.port, key_type=key_type)
        chain = shake_hands(requested, contexts=Contexts(), timeout=10).chain
    assert chain[0] == pki.leaf.der


offers_ml_kem = pytest.mark.skipif(
    not Contexts().get().few_groups, reason="this OpenSSL has no ML-KEM, or this cryptography cannot leave it out"
)


@offers_ml_kem
@pytest.mark.parametrize(("every_group", "group"), [(False, "x25519"), (True, "X25519MLKEM768")])
def test_what_takes_long_is_not_offered(every_group: bool, group: str) -> None:
    """A server that prefers ML-KEM does without; offered every group it takes that, or this proves nothing."""
    client = SSL.Connection(Contexts().get(every_group=every_group).context, None)
    client.set_app_data(Staple())
    client.set_connect_state()
    server_context = SSL.Context(SSL.TLS_METHOD)
    server_context.use_certificate(ECDSA.leaf.certificate)
    server_context.use_privatekey(ECDSA.leaf.key)
    server = SSL.Connection(server_context, None)
    server.set_accept_state()
    for _round in range(4):
        for here, there in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                here.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                there.bio_write(here.bio_read(65536))
    assert client.get_group_name() == group


@offers_ml_kem
def test_a_server_that_takes_nothing_else_is_reached() -> None:
    site = servers.Site((ECDSA.leaf,), lambda _identity: b"")
    with servers.Server(servers.StaplingServer({None: site}, groups="X25519MLKEM768")) as server:
        requested = HandshakeRequest(server.host, server.port)
        assert shake_hands(requested, contexts=Contexts(), timeout=10).chain[0] == ECDSA.leaf.der
