# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of this target, as people reach it over ssh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import commands
import yaml
from commands import LAB, read_report

HERE = Path(__file__).parent


class Connections:
    """The fleet, reached over ssh."""

    def __init__(self, inventory: Path) -> None:
        self.inventory = inventory
        self.directory = inventory.parent
        described = yaml.safe_load(inventory.read_text(encoding="utf-8"))["all"]
        self.hosts: dict[str, dict[str, Any]] = described["hosts"]
        self.password: str = described["vars"]["lab_password"]
        self.output = ""
        self.archive = Path()  # the collection as it is published
        self.run = partial(commands.run, cwd=HERE, timeout=300)

    def play(self, playbook: str, report: Path, *arguments: str | Path, **how: Any) -> dict[str, Any]:
        """Return report.json of a playbook that is run over ssh."""
        inventories = ["-i", self.inventory, "-i", HERE / "ssh.yml"]
        command: list[str | Path] = ["ansible-playbook", *inventories, playbook, *arguments]
        self.output = self.run(*command, "-e", f"ocsp_stapling_report_dir={report}", **how).decode(errors="replace")
        return read_report(report)

    def inside(self, host: str, script: str, *, stdin: bytes | None = None) -> bytes:
        """Return what a script prints on a host, as root and past ssh."""
        container = self.hosts[host]["ansible_docker_host"]
        return self.run("docker", "exec", "-i", container, "sh", "-euc", script, stdin=stdin)

    @contextmanager
    def mounted(self, *mounts: tuple[str, str, str]) -> Iterator[None]:
        """Have other file systems on hosts: each mount is a host, the script that mounts one at {0}, and that place."""
        with ExitStack() as undo:
            for host, script, place in mounts:
                self._mount(host, script.format(place))
                undo.callback(self._mount, host, f"umount -l {place}")
            yield

    def _mount(self, host: str, script: str) -> None:
        """Run a script with the rights to mount, which hosts of the lab do not have, where the host sees its files."""
        container = self.hosts[host]["ansible_docker_host"]
        image = self.run("docker", "inspect", "--format", "{{.Image}}", container).decode().strip()
        rights = ["--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", "--security-opt", "apparmor=unconfined"]
        beside = ["--rm", "--pid", f"container:{container}", "--network", "none", *rights, "--entrypoint", "nsenter"]
        self.run("docker", "run", *beside, image, "-t", "1", "-m", "sh", "-euc", script)

    def staples(self, *hosts: str) -> dict[str, bool]:
        """Return for each name whether the openssl command gets good staples in every handshake."""
        good: dict[str, bool] = {}
        for host in hosts:
            for judged in json.loads(self.run(LAB, "staples", "--json", host, "--fleet", "it-connections")):
                good[judged["name"]] = good.get(judged["name"], True) and judged["acceptable"]
        return good
