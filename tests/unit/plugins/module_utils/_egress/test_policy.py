# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._addresses import FORBIDDEN_NETWORKS
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import (
    AddressPolicy,
    EgressEndpoint,
    Known,
    judge_addresses,
    merge_addresses,
    parse_addresses,
    parse_endpoints,
    parse_host,
    parse_networks,
    parse_port,
)
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError

POLICY = AddressPolicy(forbidden=parse_networks(FORBIDDEN_NETWORKS))


def parse(*endpoints: object, policy: AddressPolicy = POLICY, maximum: int = 50) -> tuple[list[str], list[str]]:
    good, refused = parse_endpoints(endpoints=endpoints, policy=policy, maximum=maximum)
    return [item.name for item in good], [item.reason for item in refused]


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("OCSP.Example.COM", "ocsp.example.com"),
        ("ocsp.example.com.", "ocsp.example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:c000:201", "::ffff:192.0.2.1"),
    ],
)
def test_good_hosts(host: str, plain: str) -> None:
    assert parse_host(host) == plain


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "..",
        "a..b",
        "a b",
        "a;b",
        "a\nb",
        "example.com\n",
        'a"b',
        "a'b",
        "{a}",
        "a}b",
        "$(id)",
        "a/b",
        "a,b",
        "@a",
        "-a.example",
        "a-.example",
        "b\u00fccher.example",
        "a" * 64 + ".example",
        ("a" * 49 + ".") * 6,
        "fe80::1%eth0",
        "[192.0.2.1]",
        "[a.example]",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "a.example.0x1",
        "192.0.2.256",
        "192.0.2.1.",
        None,
        80,
        b"a.example",
        ["a.example"],
    ],
)
def test_bad_hosts(host: object) -> None:
    assert parse_host(host) is None


@given(st.text())
def test_a_host_that_passes_can_harm_no_rule(text: str) -> None:
    host = parse_host(text)
    assert host is None or set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._:")


@pytest.mark.parametrize(
    "port", [0, -1, 65536, 70000, True, None, "", "80 ", "80\n", "http", "0", "+80", "\u0668\u0660", 80.0]
)
def test_bad_ports(port: object) -> None:
    assert parse_port(port) is None


def test_good_ports() -> None:
    assert [parse_port(port) for port in (1, 80, "8080", 65535)] == [1, 80, 8080, 65535]


def test_each_bad_endpoint_has_its_word_and_the_others_go_on() -> None:
    good, bad = parse(
        {"host": "a.example", "port": 80},
        {"host": "a;b", "port": 80},
        {"host": "b.example", "port": 0},
        "c.example:80",
        {"port": 80},
        {"host": "A.example."},
        {"host": "d.example", "port": "8080", "scheme": "http", "needed_by": []},
    )
    assert good == ["a.example:80", "d.example:8080"]
    assert bad == ["bad_host", "bad_port", "not_an_endpoint", "not_an_endpoint"]


def test_allowed_hosts_and_the_bound() -> None:
    policy = AddressPolicy(allowed_hosts=("*.example", "OCSP.test"))
    assert parse({"host": "a.example"}, {"host": "ocsp.test"}, {"host": "evil.test"}, policy=policy) == (
        ["a.example:80", "ocsp.test:80"],
        ["host_not_allowed"],
    )
    many = [{"host": f"h{n}.example"} for n in range(4)]
    assert parse(*many, many[0], maximum=2) == (["h0.example:80", "h1.example:80"], ["too_many_endpoints"] * 2)


def test_a_refusal_can_be_printed() -> None:
    refused = parse_endpoints(endpoints=[{"host": "a\x1b[31m\nb" + "x" * 300}], policy=POLICY, maximum=1)[1][0]
    assert refused.host.isprintable() and len(refused.host) < 100


def test_a_bad_network_is_one_clear_error() -> None:
    with pytest.raises(FirewallError) as caught:
        parse_networks(["10.0.0.0/8", "10.0.0.1/8"])
    assert caught.value.code == "bad_network"
    assert "10.0.0.1/8" in caught.value.message


def test_resolver_answers_are_parsed() -> None:
    found = parse_addresses(
        ["2001:db8::1", "192.0.2.9", "192.0.2.9", "::ffff:192.0.2.3", "fe80::1%eth0", "x", "1.2.3.4; accept"]
    )
    assert [str(item) for item in found] == ["192.0.2.3", "192.0.2.9", "2001:db8::1"]


def judge(*addresses: str, policy: AddressPolicy = POLICY) -> str | None:
    refused = judge_addresses(
        endpoint=EgressEndpoint("a.example", 80), addresses=parse_addresses(addresses), policy=policy
    )
    return refused.reason if refused else None


def test_answers_are_judged_as_a_whole() -> None:
    assert judge("192.0.2.1", "2001:db8::1") is None
    assert judge() == "name_not_resolved"
    assert judge("192.0.2.1", "127.0.0.1") == "destination_forbidden"
    assert judge(*(f"192.0.2.{n}" for n in range(50))) == "too_many_addresses"


def merge(
    known: dict[str, float | None], answer: list[str], *, now: float = 1000, accepted: bool = True, most: int = 32
):
    policy = AddressPolicy(forbidden=POLICY.forbidden, max_addresses=most)
    merged = merge_addresses(
        known=Known(known), answer=parse_addresses(answer), policy=policy, now=now, grace=100, accepted=accepted
    )
    return merged.addresses


def test_an_address_that_left_stays_for_its_grace() -> None:
    first = merge({"192.0.2.1": None}, ["192.0.2.2"], now=1000)
    assert first == {"192.0.2.1": 1000, "192.0.2.2": None}
    assert merge(first, ["192.0.2.2"], now=1099) == first
    assert merge(first, ["192.0.2.2"], now=1100) == {"192.0.2.2": None}
    assert merge(first, ["192.0.2.1", "192.0.2.2"], now=1050) == {"192.0.2.1": None, "192.0.2.2": None}


def test_a_clock_that_was_set_back_keeps_nothing_for_ever() -> None:
    assert merge({"192.0.2.1": 5000.0}, ["192.0.2.2"], now=1000) == {"192.0.2.2": None}


def test_no_answer_changes_nothing_but_policy_still_holds() -> None:
    known = {"192.0.2.1": None, "192.0.2.7": 1.0, "127.0.0.1": None, "rubbish": None}
    assert merge(known, [], accepted=False) == {"192.0.2.1": None, "192.0.2.7": 1.0}


def test_a_rotating_responder_is_bounded() -> None:
    known = {"192.0.2.1": 990.0, "192.0.2.2": 995.0, "192.0.2.3": None}
    assert merge(known, ["192.0.2.9"], most=3) == {"192.0.2.9": None, "192.0.2.3": 1000, "192.0.2.2": 995.0}
