# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.module_utils._egress import rules_firewalld as rules
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import Opening
from ansible_collections.stapling.httpd.tests.unit.support.nftables import (
    DROP,
    REJECT,
    TO_NOWHERE,
    chain,
    jump,
    read,
    rule,
)

OPENINGS = [Opening(4, "192.0.2.1", 80), Opening(6, "2001:db8::1", 8080)]


def test_the_table_marks_and_never_drops() -> None:
    text = rules.render_marks(read(), OPENINGS, 33)
    assert "drop" not in text and "reject" not in text and "policy accept" in text
    assert (
        "add rule inet ocsp_egress mark_output meta mark 0 meta skuid 33 ip daddr . tcp dport @mark4 "
        "meta mark set 1868788592" in text.splitlines()
    )
    assert rules.render_marks(read(), [], 33) == ""


def test_the_files_name_each_address_and_the_mark() -> None:
    files = rules.files(OPENINGS)
    assert "<entry>192.0.2.1,0x6f637370</entry>" in str(files["/etc/firewalld/ipsets/ocsp-egress4.xml"])
    assert 'target="CONTINUE"' in str(files["/etc/firewalld/policies/ocsp-egress.xml"])
    assert set(rules.files([]).values()) == {None}


def test_firewalld_filters_output_only_where_a_policy_drops() -> None:
    table = {"table": "firewalld"}
    base = [
        chain("filter_OUTPUT", policy="accept", **table),
        rule(TO_NOWHERE, REJECT, name="filter_OUTPUT", **table),
        rule(jump("filter_OUTPUT_POLICIES"), name="filter_OUTPUT", **table),
        chain("filter_OUTPUT_POLICIES", **table),
    ]
    assert not rules.filters(read(*base))
    assert rules.filters(read(*base, rule(DROP, name="filter_OUTPUT_POLICIES", **table)))


def test_two_listings_are_compared_without_the_own_policy_and_what_is_known_at_run_time_only() -> None:
    now = "public (default, active)\n  target: default\n  interfaces: eth0\n  services: ssh\n"
    now += "\nocsp-egress (active)\n  a: b\n"
    kept = "public (default)\n  target: default\n  interfaces: \n  services: ssh\n"
    assert rules.comparable(now) == rules.comparable(kept)
    assert rules.comparable(now) != rules.comparable(kept.replace("ssh", "ssh http"))
