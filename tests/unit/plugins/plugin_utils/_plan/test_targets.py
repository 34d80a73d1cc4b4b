# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.targets import targets_of_plan
from ansible_collections.stapling.httpd.tests.unit.support.hosts import cert, info, plan, vhost


def targets(*vhosts, policy=None, address=None, every=False, **host):
    seen = info(*vhosts, **host)
    return targets_of_plan(seen, make_plan(seen, policy or {}), address=address, every=every)


def at(*places):
    return {"addresses": [{"address": address, "port": port} for address, port in places]}


def shown(found):
    return [(entry["address"], entry["port"], entry["server_name"]) for entry in found]


def test_one_target():
    assert targets(vhost("a.test")) == [
        {
            "address": "127.0.0.1",
            "port": 443,
            "server_name": "a.test",
            "key_types": [],
            "tls_versions": [],
            "old_tls_only": False,
            "proxy_protocol": False,
            "proxy_protocol_exceptions": [],
            "staple": True,
            "expected_fingerprints": ["fp-a.test"],
            "id": "a.test:443",
        }
    ]


def test_only_what_is_to_be_stapled():
    hosts = [vhost("a.test"), vhost("b.test", cert("b", ocsp_responders=[])), vhost("c.test")]
    assert [target["id"] for target in targets(*hosts, policy={"exclude": ["c.test"]})] == ["a.test:443"]


def test_every_virtual_host_of_which_only_the_handshake_is_looked_at():
    hosts = [vhost("a.test"), vhost("b.test", cert("b", ocsp_responders=[])), vhost("c.test", cert("c", problem="x"))]
    found = targets(*hosts, every=True)
    assert [(target["id"], target["staple"]) for target in found] == [
        ("a.test:443", True),
        ("b.test:443", False),
        ("c.test:443", False),
    ]
    assert found[1]["expected_fingerprints"] == ["fp-b"] and found[1]["key_types"] == []


def test_of_a_certificate_that_cannot_be_read_any_is_expected():
    (found,) = targets(vhost("a.test", cert("a", fingerprint_sha256=None, problem="unreadable")), every=True)
    assert found["expected_fingerprints"] == []


def test_a_wildcard_is_reached_where_no_other_virtual_host_has_the_address_for_itself():
    exact = at(("127.0.0.1", 443))
    assert shown(targets(vhost("own.test", **exact), vhost("a.test"))) == [
        ("127.0.0.1", 443, "own.test"),
        ("127.0.0.2", 443, "a.test"),
    ]
    # Without TLS as well, and with any port.
    plain = vhost("plain.test", addresses=[{"address": "127.0.0.1", "port": None}], tls=False)
    assert shown(targets(plain, vhost("a.test"))) == [("127.0.0.2", 443, "a.test")]
    # Another port is nobody's business, and whoever names an address is obeyed.
    assert shown(targets(vhost("o.test", **at(("127.0.0.1", 8443))), vhost("a.test")))[1][0] == "127.0.0.1"
    assert shown(targets(vhost("o.test", **exact), vhost("a.test"), address="127.0.0.1"))[1][0] == "127.0.0.1"


def test_a_wildcard_is_reached_on_the_socket_that_no_other_virtual_host_has_for_itself():
    listen = [{"address": "192.0.2.1", "port": 443}, {"address": "192.0.2.2", "port": 443}]
    first = vhost("first.test", **at(("192.0.2.1", 443)))
    assert shown(targets(first, vhost("a.test"), listen=listen)) == [
        ("192.0.2.1", 443, "first.test"),
        ("192.0.2.2", 443, "a.test"),
    ]
    # httpd serves it nowhere.
    assert shown(targets(first, vhost("a.test"), listen=listen[:1])) == [("192.0.2.1", 443, "first.test")]


def test_key_types_of_several_certificates():
    both = (cert("rsa"), cert("ec", key_type="ecdsa"))
    found = targets(vhost("a.test", *both))
    assert found[0]["key_types"] == ["rsa", "ecdsa"]
    assert found[0]["expected_fingerprints"] == ["fp-rsa", "fp-ec"]


def test_only_the_key_type_for_which_a_staple_is_due():
    found = targets(vhost("a.test", cert("rsa"), cert("ec", key_type="ecdsa", ocsp_responders=[])))
    assert found[0]["key_types"] == ["rsa"] and found[0]["expected_fingerprints"] == ["fp-rsa"]


def test_a_key_type_that_nobody_can_ask_for():
    found = targets(vhost("a.test", cert("rsa"), cert("dsa", key_type="dsa")))
    assert found[0]["key_types"] == ["rsa"]


@pytest.mark.parametrize(
    "places, address, expected",
    [
        ([("*", 443)], None, [("127.0.0.1", 443)]),
        ([("_default_", 443)], None, [("127.0.0.1", 443)]),
        ([("0.0.0.0", 8443)], None, [("127.0.0.1", 8443)]),
        ([("[::]", 443)], None, [("::1", 443)]),
        ([("::", 443)], None, [("::1", 443)]),
        ([("*", 443)], "192.0.2.9", [("192.0.2.9", 443)]),
        ([("192.0.2.1", 443), ("[2001:db8::1]", 443)], None, [("192.0.2.1", 443), ("2001:db8::1", 443)]),
        ([("192.0.2.1", 443), ("*", 8443)], "192.0.2.9", [("192.0.2.1", 443), ("192.0.2.9", 8443)]),
        ([("*", 443), ("_default_", 443)], None, [("127.0.0.1", 443)]),
        ([("*", None)], None, [("127.0.0.1", 443)]),
        ([("*", "*")], None, [("127.0.0.1", 443)]),
        ([("*", 0)], None, [("127.0.0.1", 443)]),
        ([], None, []),
    ],
)
def test_addresses(places, address, expected):
    assert [
        (target["address"], target["port"]) for target in targets(vhost("a.test", **at(*places)), address=address)
    ] == expected


def test_wildcards_connect_to_where_httpd_listens():
    listen = [{"address": "192.0.2.7", "port": 443}, {"address": "*", "port": 8443}]
    places = at(("*", 443), ("*", 8443))
    assert shown(targets(vhost("a.test", **places), listen=listen)) == [
        ("192.0.2.7", 443, "a.test"),
        ("127.0.0.1", 8443, "a.test"),
    ]
    assert shown(targets(vhost("a.test", **places), listen=listen, address="198.51.100.1")) == [
        ("192.0.2.7", 443, "a.test"),
        ("198.51.100.1", 8443, "a.test"),
    ]
    only_v6 = [{"address": "2001:db8::7", "port": 443}]
    assert shown(targets(vhost("a.test"), listen=only_v6)) == [("2001:db8::7", 443, "a.test")]


@pytest.mark.parametrize(
    "names, server_name",
    [
        (["a.test", "b.test"], "a.test"),
        (["A.Test."], "a.test"),
        (["*.a.test"], "stapling-check.a.test"),
        (["*.a.test", "b.test"], "stapling-check.a.test"),
        (["192.0.2.1"], None),
        (["[2001:db8::1]"], None),
        ([], None),
    ],
)
def test_names(names, server_name):
    assert [target["server_name"] for target in targets(vhost("a.test", names=names))] == [server_name]


def test_a_name_that_another_virtual_host_serves_is_not_used():
    hosts = [
        vhost("first", names=["a.test", "b.test"]),
        vhost("second", names=["a.test", "c.test"]),
        vhost("third", names=["b.test"]),
        vhost("fourth", names=["b.test"], **at(("192.0.2.1", 443))),
    ]
    assert [(target["id"], target["server_name"]) for target in targets(*hosts)] == [
        ("first:443", "a.test"),
        ("second:443", "c.test"),
        ("fourth:443", "b.test"),
    ]


def test_a_wildcard_shadows_what_comes_after_it():
    """The first virtual host that fits is the one that httpd takes, whether by a name or by a pattern."""
    hosts = [
        vhost("first", names=["first.test", "*.a.test", "w?w.b.test"]),
        vhost("second", names=["www.a.test"]),
        vhost("third", names=["www.a.test", "www.c.test"]),
        vhost("fourth", names=["www.b.test", "wwww.b.test"]),
        vhost("fifth", names=["*.a.test", "*.d.test"]),
    ]
    assert [(target["id"], target["server_name"]) for target in targets(*hosts)] == [
        ("first:443", "first.test"),
        ("third:443", "www.c.test"),
        ("fourth:443", "wwww.b.test"),
        ("fifth:443", "stapling-check.d.test"),
    ]


def test_a_pattern_is_no_regular_expression():
    hosts = [vhost("first", names=["x.test", "*.a.test"]), vhost("second", names=["www-a.test"])]
    assert [target["server_name"] for target in targets(*hosts)] == ["x.test", "www-a.test"]


def test_a_name_that_is_not_in_ascii_is_none_that_httpd_finds():
    """Clients send it in ASCII, and httpd compares byte by byte."""
    hosts = [vhost("first", names=["a.test"]), vhost("second", names=["b\u00fccher.test"])]
    assert [target["id"] for target in targets(*hosts)] == ["first:443"]


def test_without_a_name_only_the_first_can_be_reached():
    hosts = [vhost("one", names=[]), vhost("two", names=[]), vhost("three", names=[], **at(("*", 8443)))]
    assert [target["id"] for target in targets(*hosts)] == ["one:443", "three:443"]


def test_a_virtual_host_that_is_not_stapled_takes_its_name_all_the_same():
    hosts = [vhost("first", cert("x", ocsp_responders=[]), names=["a.test"]), vhost("second", names=["a.test"])]
    assert targets(*hosts) == []


@pytest.mark.parametrize(
    "protocols, versions",
    [
        (None, []),
        ("all", []),
        ("all -SSLv3", []),
        ("TLSv1.3", ["TLSv1.3"]),
        ("-all +TLSv1.3", ["TLSv1.3"]),
        ("-all +TLSv1.2", ["TLSv1.2"]),
        ("+TLSv1.2 +TLSv1.3", []),
        ("all -TLSv1.3", ["TLSv1.2"]),
        (["-ALL", "+tlsv1.3"], ["TLSv1.3"]),
    ],
)
def test_protocols(protocols, versions):
    assert targets(vhost("a.test", ssl_protocols=protocols))[0]["tls_versions"] == versions


@pytest.mark.parametrize(
    "protocols, old",
    [(None, False), ("all -SSLv3", False), ("TLSv1.2", False), ("TLSv1.1", True), ("all -TLSv1.2 -TLSv1.3", True)],
)
def test_protocols_that_no_client_of_today_offers(protocols, old):
    assert targets(vhost("a.test", ssl_protocols=protocols))[0]["old_tls_only"] is old


@pytest.mark.parametrize("plan", [None, [], {}, {"vhosts": None}])
def test_a_plan_that_is_none(plan):
    with pytest.raises(InfoError):
        targets_of_plan(info(vhost("a")), plan)


@pytest.mark.parametrize(
    "places, listen, warned",
    [
        ([("*", 443)], [("*", 443)], False),
        ([("*", 443)], [("127.0.0.1", 443)], True),
        ([("127.0.0.1", 8443)], [("127.0.0.1", 8443)], True),
        ([("127.0.0.1", 443), ("192.0.2.1", 443)], [("*", 443)], False),
        ([("*", 8443)], [("*", 8443)], True),
        ([("*", 8443), ("*", 443)], [("*", 8443), ("*", 443)], False),
        ([("*", 443)], [("127.0.0.1", 443), ("192.0.2.1", 443)], False),
    ],
)
def test_a_warning_where_clients_are_hardly_those_of_httpd(places, listen, warned):
    sockets = [{"address": address, "port": port} for address, port in listen]
    found = plan(vhost("a.test", **at(*places)), listen=sockets)
    assert ("clients_elsewhere" in [warning["code"] for warning in found["warnings"]]) is warned
