# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._proxy.settings import (
    HostAndPort,
    ProxyError,
    RelaySettings,
    filter_pattern,
    parse_address,
    parse_network,
    settings,
)

HOSTILE = [
    "",
    " ",
    "ocsp.example.com ",
    "ocsp.example.com\n",
    "ocsp.example.com\nAllow 0.0.0.0/0",
    "ocsp.example.com\r",
    "ocsp.example.com#",
    'ocsp.example.com"',
    "ocsp.example.com'",
    "ocsp.example.com;",
    "a|b",
    "(a)",
    "a*",
    ".*",
    "^a$",
    "a\\",
    "a/b",
    "a?b",
    "user@ocsp.example.com",
    "http://ocsp.example.com",
    "ocsp.example.com:",
    "ocsp.example.com:0",
    "ocsp.example.com:70000",
    "ocsp.example.com:٣",
    "ocsp.example.com:80:80",
    "-ocsp.example.com",
    "a..b",
    "ö.example.com",
    "{{ x }}",
    "a" * 300,
    "[::1",
    "::1",
    "[::1%eth0]",
    "[zz]",
    "1.2.3",
    "0x7f.0.0.1",
    "010.0.0.1",
    None,
    80,
    ["ocsp.example.com"],
]


def made(**changes: object) -> RelaySettings:
    values: dict[str, object] = {
        "listen": "127.0.0.1:8888",
        "upstream": "",
        "allowed_hosts": ["ocsp.example.com"],
        "clients": [],
    }
    values.update(changes)
    return settings(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_host_is_refused_in_one_line(value: object) -> None:
    with pytest.raises(ProxyError) as caught:
        made(allowed_hosts=["ocsp.example.com", value])
    assert caught.value.message.startswith("ocsp_proxy_allowed_hosts: ")
    assert caught.value.message.isprintable() and caught.value.message.isascii()
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("value", [v for v in HOSTILE if v != ""])
def test_hostile_upstream_is_refused(value: object) -> None:
    with pytest.raises(ProxyError, match=r"^ocsp_proxy_upstream: "):
        made(upstream=value)


@pytest.mark.parametrize("value", [*HOSTILE, "127.0.0.1", "localhost:8888", "[::1]"])
def test_hostile_listen_is_refused(value: object) -> None:
    with pytest.raises(ProxyError, match=r"^ocsp_proxy_listen: "):
        made(listen=value)


@pytest.mark.parametrize("value", ["", "x", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8\n", "::1%lo", 5, "any"])
def test_bad_client_is_refused(value: object) -> None:
    with pytest.raises(ProxyError, match=r"^ocsp_proxy_clients: "):
        made(clients=[value])


@given(st.text())
def test_whatever_passes_is_harmless(text: str) -> None:
    try:
        address = parse_address(text, default_port=80)
    except ProxyError:
        return
    assert re.fullmatch(r"[a-z0-9._:-]+", address.host)
    pattern = filter_pattern(address)
    assert re.fullmatch(r"[\^$()|?/\\\[\]a-z0-9._:-]+", pattern)
    assert len(pattern) < 510  # where tinyproxy cuts a line of its filter in two


def test_a_pattern_serves_one_host_and_port_only() -> None:
    pattern = re.compile(filter_pattern(parse_address("ocsp.Example.com", default_port=80)), re.IGNORECASE)
    for url in (
        "http://ocsp.example.com/",
        "http://ocsp.example.com",
        "http://ocsp.example.com:80/path?a@b",
        "HTTP://OCSP.EXAMPLE.COM./MFA",
    ):
        assert pattern.search(url), url
    for url in (
        "http://ocsp.example.com:8080/",
        "http://ocsp-example.com/",
        "http://ocsp.example.com.evil.test/",
        "http://xocsp.example.com/",
        "http://evil.test/http://ocsp.example.com/",
        "http://evil.test?http://ocsp.example.com/",
        "http://ocsp.example.com@evil.test/",
        "http://ocsp.example.com:80@evil.test/",
        "http://ocsp.example.com?@evil.test/",
        "ftp://ocsp.example.com/",
        "ocsp.example.com:80",
        "/",
    ):
        assert not pattern.search(url), url


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("a-b.test:8080", r"^http://a-b\.test\.?:8080(/|$)"),
        ("192.0.2.1", r"^http://192\.0\.2\.1(:80)?(/|$)"),
        ("[2001:DB8::0:1]:81", r"^http://\[2001:db8::1\]:81(/|$)"),
    ],
)
def test_patterns_are_posix(value: str, pattern: str) -> None:
    assert filter_pattern(parse_address(value, default_port=80)) == pattern


def test_clients_are_named_for_an_address_that_others_reach() -> None:
    with pytest.raises(ProxyError, match="say in ocsp_proxy_clients which may use it"):
        made(listen="192.0.2.10:3128")
    found = made(listen="192.0.2.10:3128", clients=["192.0.2.0/24", "2001:db8::1/128"])
    assert found.allow == ("127.0.0.1", "::1", "192.0.2.10", "192.0.2.0/24", "2001:db8::1")
    assert found.as_dict()["url"] == "http://192.0.2.10:3128"


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("127.0.0.1:8888", "http://127.0.0.1:8888"),
        ("[::1]:8888", "http://[::1]:8888"),
        ("0.0.0.0:8888", "http://127.0.0.1:8888"),
        ("[::]:8888", "http://[::1]:8888"),
    ],
)
def test_where_a_local_client_finds_it(listen: str, url: str) -> None:
    assert made(listen=listen, clients=["192.0.2.0/24"]).as_dict()["url"] == url


@pytest.mark.parametrize("listen", ["127.0.0.1:8888", "0.0.0.0:8888"])
def test_it_is_not_its_own_upstream(listen: str) -> None:
    with pytest.raises(ProxyError, match="is the relay itself"):
        made(listen=listen, upstream="127.0.0.1:8888", clients=["192.0.2.0/24"])
    assert made(listen=listen, upstream="127.0.0.1:3128", clients=["192.0.2.0/24"]).upstream == HostAndPort(
        "127.0.0.1", 3128, True
    )


def test_nobody_allowed_is_a_mistake() -> None:
    with pytest.raises(ProxyError, match="would refuse every request"):
        made(allowed_hosts=[])


def test_the_same_settings_give_the_same_files() -> None:
    one = made(allowed_hosts=["b.test", "a.test", "A.test:80"], clients=["192.0.2.2", "192.0.2.1"])
    other = made(allowed_hosts=["a.test", "b.test"], clients=["192.0.2.1", "192.0.2.2/32"])
    assert one.as_dict() == other.as_dict()


def test_networks_are_canonical() -> None:
    assert parse_network("2001:DB8:0::/48") == "2001:db8::/48"
    assert parse_network("192.0.2.7/32") == "192.0.2.7"


def test_where_the_relay_has_to_get_to() -> None:
    assert made(allowed_hosts=["b.test:8080", "a.test"]).as_dict()["destinations"] == [
        {"host": "a.test", "port": 80},
        {"host": "b.test", "port": 8080},
    ]
    assert made(upstream="proxy.lan:3128").as_dict()["destinations"] == [{"host": "proxy.lan", "port": 3128}]
    for local in ("127.0.0.1:3128", "localhost:3128"):
        assert made(upstream=local).as_dict()["destinations"] == []


@pytest.mark.parametrize("listen", ["0.0.0.0:8888", "192.0.2.1:8888", "[::1]:8888"])
def test_a_transparent_relay_listens_where_requests_are_redirected_to(listen: str) -> None:
    with pytest.raises(ProxyError, match="no IPv4 loopback address"):
        made(listen=listen, clients=["192.0.2.0/24"], transparent=True)


def test_a_transparent_relay() -> None:
    found = made(transparent=True, exempt_networks=["10.10.10.0/24", "2001:DB8::/32"])
    assert found.allow == ()
    assert found.exempt == ("10.10.10.0/24", "2001:db8::/32")


@pytest.mark.parametrize("value", ["", "10.10.10.1/24", "10.0.0.0/8; flush ruleset", "}", "0.0.0.0/0\n", "any"])
def test_bad_exempt_network_is_refused(value: str) -> None:
    with pytest.raises(ProxyError, match=r"^ocsp_proxy_exempt_networks: "):
        made(transparent=True, exempt_networks=[value])
