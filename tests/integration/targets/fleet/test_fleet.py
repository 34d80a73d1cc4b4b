# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet taken step by step with --tags, and then surveyed from outside. The tests run in their order.

Judges: the openssl command through `lab staples`, and checksums of /etc on the hosts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import commands
import pytest
import yaml
from commands import LAB, read_report

NAMES = {
    "web1": {"shop.fleet.lab.test", "free.fleet.lab.test"},
    "web2": {"bank.fleet.lab.test", "port.fleet.lab.test"},
}
STAPLED = {"shop.fleet.lab.test", "bank.fleet.lab.test", "port.fleet.lab.test"}


run = partial(commands.run, cwd=Path(__file__).parent, timeout=600)


@pytest.fixture(scope="module")
def inventory() -> Iterator[Path]:
    yield Path(run(LAB, "up", "fleet.yml").decode().strip())
    run(LAB, "down", "it-fleet")


def play(inventory: Path, playbook: str, report: Path, *arguments: str) -> dict[str, Any]:
    """Return report.json of a playbook of the collection."""
    command = ["ansible-playbook", "-i", str(inventory), f"stapling.httpd.{playbook}", *arguments]
    run(*command, "-e", f"ocsp_stapling_report_dir={report}")
    return read_report(report)


def stapled() -> set[str]:
    """Return the names that the openssl command gets good staples for, in every handshake."""
    seen = [
        judged for host in NAMES for judged in json.loads(run(LAB, "staples", "--json", host, "--fleet", "it-fleet"))
    ]
    return {judged["name"] for judged in seen} - {judged["name"] for judged in seen if not judged["acceptable"]}


def checksums(inventory: Path) -> str:
    """Return the checksums of all that httpd reads on both hosts."""
    command = "find /etc/apache2 -type f | sort | xargs sha256sum"
    return run("ansible", "-i", inventory, "all", "-o", "-f", "1", "-m", "shell", "-a", command).decode()


def rules(inventory: Path) -> str:
    return run("ansible", "-i", inventory, "web1", "-m", "command", "-a", "nft list ruleset").decode()


def outcomes(document: Mapping[str, Any]) -> dict[str, str]:
    return {vhost["name"]: vhost["outcome"] for host in document["hosts"].values() for vhost in host["vhosts"]}


def states(document: Mapping[str, Any]) -> set[str]:
    return {host["state"] for host in document["hosts"].values()}


def test_each_tag_takes_its_step_and_no_other(inventory: Path, tmp_path: Path) -> None:
    before, closed = checksums(inventory), rules(inventory)
    for tag in ("observe", "egress"):
        document = play(inventory, "enable_stapling", tmp_path / tag, "--tags", tag)
        assert states(document) == {"disabled"}
        assert checksums(inventory) == before
        assert (rules(inventory) == closed) is (tag == "observe")
    assert stapled() == set()

    document = play(inventory, "enable_stapling", tmp_path / "configure", "--tags", "configure")
    assert states(document) == {"enabled"}
    assert {outcomes(document)[name] for name in STAPLED} == {"not_confirmed"}
    assert checksums(inventory) != before
    assert stapled() == STAPLED

    configured = checksums(inventory)
    document = play(inventory, "enable_stapling", tmp_path / "confirm", "--tags", "confirm")
    assert {outcomes(document)[name] for name in STAPLED} == {"acceptable"}
    assert checksums(inventory) == configured


def test_a_survey_from_outside_sees_what_openssl_sees(inventory: Path, tmp_path: Path) -> None:
    hosts = yaml.safe_load(inventory.read_text(encoding="utf-8"))["all"]["hosts"]
    lines = [
        f"{host['ansible_host']},{vhost['port']},{vhost['name']}\n"
        for host in hosts.values()
        for vhost in host.get("lab_vhosts", [])
    ]
    (tmp_path / "endpoints.csv").write_text("host,port,sni\n" + "".join(lines), encoding="utf-8")
    report = tmp_path / "report"
    document = play(inventory, "survey_endpoints", report, "-e", f"ocsp_survey_endpoints={tmp_path}/endpoints.csv")
    assert set(document["hosts"]) == {hosts[name]["ansible_host"] for name in NAMES}
    found = outcomes(document)
    assert {name for name, outcome in found.items() if outcome == "acceptable"} == stapled() == STAPLED
    assert found["free.fleet.lab.test"] == "left"
    with (report / "egress.csv").open(encoding="utf-8") as stream:
        asked = {row["HOST"] for row in csv.DictReader(stream)}
    audit = play(inventory, "audit_stapling", tmp_path / "audit")
    assert asked == {endpoint["host"] for host in audit["hosts"].values() for endpoint in host["endpoints"]} != set()
