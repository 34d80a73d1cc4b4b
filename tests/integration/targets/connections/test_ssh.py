# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts over ssh: jump host, sudo with a password, requiretty, Python in a virtual environment, strategies, caches.

The tests run in their order. The judge of staples is the openssl command.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from over_ssh import Connections

GOOD = {
    "web1": {"shop.connections.lab.test"},
    "web2": {"bank.connections.lab.test"},
}


def states(document: dict[str, Any]) -> dict[str, str]:
    return {name: host["state"] for name, host in document["hosts"].items()}


def acceptable(document: dict[str, Any]) -> dict[str, set[str]]:
    """Return the names of each host for which the report has a good staple."""
    return {
        name: {vhost["name"] for vhost in host["vhosts"] if vhost["outcome"] == "acceptable"}
        for name, host in document["hosts"].items()
    }


def test_a_rollout_becomes_root_on_each_host_in_its_way(connections: Connections, tmp_path: Path) -> None:
    document = connections.play("stapling.httpd.enable_stapling", tmp_path, "--limit", "web1,web2")
    assert states(document) == {"web1": "enabled", "web2": "enabled"}
    assert acceptable(document) == GOOD
    served = connections.staples(*GOOD)
    assert {name for name, good in served.items() if good} == set().union(*GOOD.values())


def test_a_site_with_all_facts_a_cache_and_strategies_of_its_own(connections: Connections, tmp_path: Path) -> None:
    """The second run finds the facts of the first one in the cache, and gathers none."""
    cache = {
        "ANSIBLE_GATHERING": "smart",
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts"),
    }
    for gathers in (True, False):
        document = connections.play("site.yml", tmp_path / "report", "--limit", "web1,web2", environment=cache)
        assert acceptable(document) == GOOD
        assert ("TASK [Gathering Facts]" in connections.output) is gathers
    lines = (tmp_path / "report" / "report.jsonl").read_text(encoding="utf-8").splitlines()
    runs = {json.loads(line)["run"]["id"] for line in lines}
    assert len(runs) == 2
    # ansible-core puts the version of what it keeps in front of the name.
    assert all(list((tmp_path / "facts").glob(f"*{host}")) for host in GOOD)


def test_mitogen_sees_what_linear_sees(connections: Connections, tmp_path: Path) -> None:
    spec = find_spec("ansible_mitogen")
    assert spec is not None and spec.submodule_search_locations
    strategies = Path(spec.submodule_search_locations[0]) / "plugins" / "strategy"
    mitogen = {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(strategies)}
    document = connections.play(
        "stapling.httpd.confirm_stapling", tmp_path, "--limit", "web1,web2", environment=mitogen
    )
    assert acceptable(document) == GOOD
