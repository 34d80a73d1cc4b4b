# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One handshake at a time with real servers, and with what is none."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

pytest.importorskip("OpenSSL")

from ansible_collections.stapling.httpd.plugins.module_utils._tls.context import Contexts
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import (
    HandshakeError,
    HandshakeRequest,
    shake_hands,
)
from ansible_collections.stapling.httpd.tests.unit.support import answers, servers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

PKI = authority.pki()
STAPLE = answers.behaviour("good", PKI)
SITE = servers.Site((PKI.leaf,), lambda _identity: STAPLE)


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("tls_version", ["TLSv1.2", "TLSv1.3"])
def test_what_the_server_presents(tls_version: str, asks: bool) -> None:
    with servers.Server(servers.StaplingServer({None: SITE})) as server:
        requested = HandshakeRequest(server.host, server.port, tls_version=tls_version, status_request=asks)
        found = shake_hands(requested, contexts=Contexts(), timeout=10)
    assert found.chain[0] == PKI.leaf.der
    assert found.staple == (STAPLE if asks else b"")
    assert (found.tls_version, found.forced_by) == (tls_version, None)


def test_a_name_leads_to_its_virtual_host() -> None:
    other = authority.pki("rsa")
    sites = {None: SITE, "www.example.org": servers.Site((other.leaf,), lambda _identity: b"")}
    with servers.Server(servers.StaplingServer(sites)) as server:
        found = shake_hands(
            HandshakeRequest(server.host, server.port, "www.example.org"), contexts=Contexts(), timeout=10
        )
    assert found.chain[0] == other.leaf.der


class BehindProxy:
    """A server that takes the line of a proxy first, and remembers it."""

    def __init__(self, server: servers.StaplingServer) -> None:
        self.server = server
        self.line = b""

    def __call__(self, connection: socket.socket) -> None:
        while not self.line.endswith(b"\r\n"):
            self.line += connection.recv(1)
        self.server(connection)


def test_the_line_of_a_proxy_goes_first() -> None:
    handler = BehindProxy(servers.StaplingServer({None: SITE}))
    with servers.Server(handler) as server:
        requested = HandshakeRequest(server.host, server.port, proxy_protocol=True)
        found = shake_hands(requested, contexts=Contexts(), timeout=10)
    assert found.staple == STAPLE
    words = handler.line.decode("ascii").split()
    assert words[:4] == ["PROXY", "TCP4", "127.0.0.1", "127.0.0.1"] and words[5] == str(server.port)


def test_no_line_from_an_address_that_is_excepted() -> None:
    with servers.Server(servers.StaplingServer({None: SITE})) as server:
        requested = HandshakeRequest(server.host, server.port, proxy_protocol=True, proxy_exceptions=("127.0.0.0/8",))
        assert shake_hands(requested, contexts=Contexts(), timeout=10).staple == STAPLE


@pytest.mark.parametrize(("version", "refused"), [("-tls1_2", True), ("-tls1_3", False)])
def test_what_came_before_a_client_without_a_certificate_is_refused(
    tmp_path: Path, version: str, refused: bool
) -> None:
    options = ["-Verify", "1", "-verify_return_error", version]
    with servers.OpenSslServer(tmp_path, PKI.leaf, STAPLE, options) as server:
        found = shake_hands(HandshakeRequest(server.host, server.port), contexts=Contexts(), timeout=10)
    assert (found.chain[0], found.staple, found.client_refused) == (PKI.leaf.der, STAPLE, refused)


def test_an_alert_before_any_certificate_is_a_failure() -> None:
    sites = servers.StaplingServer({None: SITE}, alert_when_asked=True, only="TLSv1.2")
    with servers.Server(sites) as server, pytest.raises(HandshakeError) as caught:
        shake_hands(HandshakeRequest(server.host, server.port), contexts=Contexts(), timeout=10)
    assert caught.value.alert == "internal error"


def says(data: bytes) -> servers.Handler:
    def handler(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)

    return handler


@pytest.mark.parametrize(
    ("data", "code", "detail"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not_tls", "HTTP/1.1 400"),
        (b"", "closed", ""),
        # An alert: handshake_failure.
        (b"\x15\x03\x03\x00\x02\x02\x28", "handshake_failed", "alert"),
    ],
)
def test_servers_that_do_not_shake_hands(data: bytes, code: str, detail: str) -> None:
    with servers.Server(says(data)) as server, pytest.raises(HandshakeError) as caught:
        shake_hands(HandshakeRequest(server.host, server.port), contexts=Contexts(), timeout=10)
    assert caught.value.code == code
    assert detail in caught.value.message


def test_the_deadline_is_kept() -> None:
    begin = time.monotonic()
    with servers.Server(servers.hang) as server, pytest.raises(HandshakeError):
        shake_hands(HandshakeRequest(server.host, server.port), contexts=Contexts(), timeout=0.5)
    assert time.monotonic() - begin < 5


def test_a_name_that_cannot_be_sent() -> None:
    with pytest.raises(HandshakeError) as caught:
        shake_hands(HandshakeRequest("127.0.0.1", servers.closed_port(), "a" * 300), contexts=Contexts(), timeout=5)
    assert "a" * 80 in caught.value.message
