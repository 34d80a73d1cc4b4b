# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._addresses import (
    FORBIDDEN_NETWORKS,
    AddressError,
    canonical,
    embedded_addresses,
    forbidden_host,
    forbidden_network,
    parse_networks,
    unmapped,
)
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import AddressPolicy as EgressPolicy
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import EgressEndpoint, judge_addresses

DEFAULT = parse_networks(FORBIDDEN_NETWORKS)


def teredo(*, server: str, client: str) -> str:
    """Return the Teredo address of a client, which stands in it with every bit turned over (RFC 4380)."""
    number = (0x20010000 << 96) + (int(ipaddress.IPv4Address(server)) << 64)
    return str(ipaddress.IPv6Address(number + (int(ipaddress.IPv4Address(client)) ^ 0xFFFFFFFF)))


FORBIDDEN = [
    "0.0.0.0",
    "127.0.0.1",
    "127.255.0.1",
    "169.254.169.254",
    "224.0.0.251",
    "255.255.255.255",
    "::",
    "::1",
    "::2",  # 0.0.0.2 as a compatible address
    "::a9fe",  # 0.0.169.254
    "::a9fe:a9fe",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:127.0.0.1%lo",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::127.0.0.1",
    "2002:7f00:1::1",
    teredo(server="192.0.2.1", client="127.0.0.1"),
    teredo(server="127.0.0.1", client="192.0.2.1"),
]
ALLOWED = [
    "192.0.2.1",
    "10.0.0.1",
    "172.16.0.1",
    "2001:db8::1",
    "fd00::1",
    "::ffff:192.0.2.1",
    "64:ff9b::192.0.2.1",
    teredo(server="192.0.2.1", client="192.0.2.2"),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_these_addresses_are_forbidden_by_default(address: str) -> None:
    assert forbidden_network(ipaddress.ip_address(address), DEFAULT) is not None
    assert forbidden_host(address, DEFAULT) is not None


@pytest.mark.parametrize("address", ALLOWED)
def test_these_addresses_are_allowed_by_default(address: str) -> None:
    assert forbidden_network(ipaddress.ip_address(address), DEFAULT) is None
    assert forbidden_host(address, DEFAULT) is None


@pytest.mark.parametrize("address", FORBIDDEN + ALLOWED)
def test_the_firewall_refuses_what_the_plan_refuses(address: str) -> None:
    refused = judge_addresses(
        endpoint=EgressEndpoint("ocsp.example.com", 80),
        addresses=[ipaddress.ip_address(address)],
        policy=EgressPolicy(forbidden=DEFAULT),
    )
    assert (refused is not None) == (forbidden_host(address, DEFAULT) is not None)


@given(st.ip_addresses())
def test_an_empty_list_forbids_no_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert forbidden_network(address, ()) is None


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "::{}", "64:ff9b::{}", "::ffff:0:{}"]))
def test_an_ipv4_address_is_found_in_each_notation(address: ipaddress.IPv4Address, notation: str) -> None:
    inside = ipaddress.IPv6Address(notation.format(address))
    assert address in embedded_addresses(inside) or int(inside) in (0, 1)


def test_the_loopback_address_is_not_taken_for_an_ipv4_one() -> None:
    assert embedded_addresses(ipaddress.IPv6Address("::1")) == []
    assert forbidden_network(ipaddress.IPv6Address("::1"), parse_networks(["0.0.0.0/8"])) is None


@pytest.mark.parametrize("name", ["localhost", "localhost.localdomain", "ip6-localhost", "a.localhost"])
def test_a_name_of_this_machine_is_judged_like_its_loopback_addresses(name: str) -> None:
    assert str(forbidden_host(name, DEFAULT)) == "127.0.0.0/8"
    assert str(forbidden_host(name, parse_networks(["::1/128"]))) == "::1/128"
    assert forbidden_host(name, parse_networks(["10.0.0.0/8"])) is None
    assert forbidden_host(name, ()) is None


@pytest.mark.parametrize("name", ["ocsp.example.com", "notlocalhost", "localhost.example.com", ""])
def test_other_names_cannot_be_judged_before_they_are_looked_up(name: str) -> None:
    assert forbidden_host(name, DEFAULT) is None


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("::FFFF:c000:0201", "::ffff:192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::c000:201", "::c000:201"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_an_address_has_the_same_text_on_every_python(address: str, text: str) -> None:
    assert canonical(ipaddress.ip_address(address)) == text


def test_a_mapped_address_counts_as_the_ipv4_address_in_it() -> None:
    assert unmapped(ipaddress.ip_address("::ffff:127.0.0.1")).is_loopback
    assert str(unmapped(ipaddress.ip_address("2001:db8::1"))) == "2001:db8::1"
    assert str(unmapped(ipaddress.ip_address("192.0.2.1"))) == "192.0.2.1"


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "", "localhost", "any\x1b[31m" + "x" * 300])
def test_what_is_no_network_is_one_printable_sentence(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_networks(["10.0.0.0/8", text])
    assert caught.value.code == "bad_network"
    assert caught.value.message.isprintable() and len(caught.value.message) < 300
    assert text[:10].replace("\x1b", "?") in caught.value.message
