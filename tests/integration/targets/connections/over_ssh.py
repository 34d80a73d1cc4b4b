# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of this target, as people reach it over ssh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
LAB = ROOT / "tests" / "lab" / "lab"
BIN = Path(sys.executable).parent
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    "ANSIBLE_CALLBACKS_ENABLED": "stapling.httpd.stapling_report",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_LOCALHOST_WARNING": "0",
}


class Connections:
    """The fleet, reached over ssh."""

    def __init__(self, inventory: Path) -> None:
        self.inventory = inventory
        self.directory = inventory.parent
        described = yaml.safe_load(inventory.read_text(encoding="utf-8"))["all"]
        self.hosts: dict[str, dict[str, Any]] = described["hosts"]
        self.password: str = described["vars"]["lab_password"]
        self.output = ""

    def run(
        self,
        *command: str | Path,
        expected: Sequence[int] = (0,),
        environment: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> bytes:
        """Return what a command prints that has to end with one of these codes."""
        done = subprocess.run(
            list(map(str, command)),
            cwd=HERE,
            env={**ENVIRONMENT, **(environment or {})},
            input=stdin,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in expected, (done.stdout + done.stderr).decode(errors="replace")[-6000:]
        return done.stdout

    def play(self, playbook: str, report: Path, *arguments: str | Path, **how: Any) -> dict[str, Any]:
        """Return report.json of a playbook that is run over ssh."""
        inventories = ["-i", self.inventory, "-i", HERE / "ssh.yml"]
        command: list[str | Path] = ["ansible-playbook", *inventories, playbook, *arguments]
        self.output = self.run(*command, "-e", f"ocsp_stapling_report_dir={report}", **how).decode(errors="replace")
        return read_report(report)

    def inside(self, host: str, script: str, *, stdin: bytes | None = None, privileged: bool = False) -> bytes:
        """Return what a script prints on a host, as root and past ssh."""
        options = ["-i", *(["--privileged"] if privileged else [])]
        container = self.hosts[host]["ansible_docker_host"]
        return self.run("docker", "exec", *options, container, "sh", "-euc", script, stdin=stdin)

    def staples(self, *hosts: str) -> dict[str, bool]:
        """Return for each name whether the openssl command gets good staples in every handshake."""
        good: dict[str, bool] = {}
        for host in hosts:
            for judged in json.loads(self.run(LAB, "staples", "--json", host, "--fleet", "it-connections")):
                good[judged["name"]] = good.get(judged["name"], True) and judged["acceptable"]
        return good


def read_report(directory: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    return document
