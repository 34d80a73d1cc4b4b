# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hosts as the execution nodes of ansible-runner, as a controller with job slices has them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from commands import read_report
from over_ssh import Connections

HOSTS = ["gone", "node2", "web1", "web2"]
# A job with a host that cannot be reached has failed.
ENDS = (0, 1, 2, 4)
# From where a job writes, in its project; what is below the artifacts of a job comes back from the node with them.
REPORT = "../artifacts/job/report"


def described(connections: Connections, host: str) -> dict[str, Any]:
    """Return the variables by which an execution node reaches a host; web1 lets in none but these."""
    variables: dict[str, Any] = {
        "ansible_host": "127.0.0.1" if host == "gone" else connections.hosts[host]["ansible_host"],
        "ansible_pipelining": host != "web1",
        "ocsp_stapling_ca_file": "/etc/ssl/lab/root.pem",
    }
    if host == "web2":
        variables["ansible_password"] = connections.password
    if host == "gone":
        variables["ansible_port"] = 1
    return variables


def job(connections: Connections, directory: Path, hosts: Collection[str]) -> Path:
    """Make the private directory of a job: a project of one line, these hosts, and what it needs to reach them."""
    for part in ("project", "inventory", "env"):
        (directory / part).mkdir(parents=True)
    (directory / "project" / "site.yml").write_text("- import_playbook: stapling.httpd.confirm_stapling\n")
    inventory = {
        "vars": {
            "ansible_user": "deploy",
            "ansible_become_password": connections.password,
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        },
        "hosts": {host: described(connections, host) for host in hosts},
    }
    (directory / "inventory" / "hosts.json").write_text(json.dumps({"all": inventory}), encoding="utf-8")
    (directory / "env" / "extravars").write_text(json.dumps({"ocsp_stapling_report_dir": REPORT}), encoding="utf-8")
    environment = {"ANSIBLE_CALLBACKS_ENABLED": "stapling.httpd.stapling_report"}
    (directory / "env" / "envvars").write_text(json.dumps(environment), encoding="utf-8")
    shutil.copy(connections.directory / "ssh" / "key", directory / "env" / "ssh_key")
    return directory


def run_on(connections: Connections, node: str, directory: Path) -> dict[str, Any]:
    """Run a job on a node, over ssh as a controller does, and return the report that comes back."""
    sent = connections.run("ansible-runner", "transmit", directory, "-p", "site.yml", "-i", "job")
    login = ("ssh", "-F", connections.directory / "ssh" / "config", f"deploy@{node}")
    done = connections.run(*login, "ansible-runner worker", stdin=sent, expected=ENDS)
    connections.run("ansible-runner", "process", directory, "-i", "job", stdin=done, expected=ENDS)
    return read_report(directory / "artifacts" / "job" / "report")


def findings(document: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (name, found["id"], found["severity"]) for name, host in document["hosts"].items() for found in host["findings"]
    }


def test_two_slices_on_two_nodes_and_a_merge_are_one_run(connections: Connections, tmp_path: Path) -> None:
    """Slice k of n has the hosts [k-1::n] of the inventory."""
    slices = [job(connections, tmp_path / f"slice{number}", HOSTS[number - 1 :: 2]) for number in (1, 2)]
    whole = job(connections, tmp_path / "whole", HOSTS)
    with ThreadPoolExecutor() as pool:
        parts = list(pool.map(lambda pair: run_on(connections, *pair), zip(("node2", "node1"), slices, strict=True)))
    assert [sorted(part["hosts"]) for part in parts] == [["gone", "web1"], ["node2", "web2"]]
    for host, node in (("web1", "node2"), ("web2", "node1")):
        log = connections.inside(host, "journalctl -q --no-pager -u ssh").decode()
        assert f"for deploy from {connections.hosts[node]['ansible_host']}" in log

    command = ("ansible-playbook", "-i", "localhost,", "stapling.httpd.merge_reports", "-e")
    sources = {
        "ocsp_stapling_report_from": [f"{tmp_path}/slice*/artifacts/job/report/report.jsonl"],
        "ocsp_stapling_report_dir": str(tmp_path / "merged"),
    }
    connections.run(*command, json.dumps(sources))
    merged, alone = read_report(tmp_path / "merged"), run_on(connections, "node1", whole)
    assert merged["totals"] == alone["totals"]
    states = {name: host["state"] for name, host in merged["hosts"].items()}
    assert states == {name: host["state"] for name, host in alone["hosts"].items()}
    assert set(states.values()) == {"enabled", "unreachable"}
    assert findings(merged) == findings(alone) != set()
