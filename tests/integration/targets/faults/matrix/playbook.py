# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's playbooks, run as a user runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .lab import LONGEST, ROOT

_RECAP = re.compile(r"^(\S+)\s+: ok=\d+ .*unreachable=(\d+) +failed=(\d+) ", re.MULTILINE)
_FATAL = re.compile(r"^fatal: \[([^\]]+)\]: [A-Z]+! => (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class HostResult:
    """The result of a host: green by Ansible's own recap, the role's result, and the sentences of its failures."""

    green: bool
    result: dict[str, Any]
    sentences: str

    @property
    def state(self) -> str:
        return str(self.result.get("result_state") or self.result.get("state", "none"))

    def problem(self, name: str) -> str:
        """Return the role's word for a virtual host: from its handshakes, or from its question to the responder."""
        for vhost in self.result.get("vhosts", []):
            if name in vhost["names"] and vhost["acceptable"] is not None:
                return str(vhost["problem"] or "ok")
        return self.asked(name)

    def asked(self, name: str) -> str:
        """Return the role's word for the responder of a virtual host."""
        for check in self.result.get("responder_checks", []):
            if check["responder"].endswith("/" + name):
                return str(check["problem"] or "ok")
        return "nothing"


def run_playbook(
    playbook: str, *, inventory: Path, engines: list[str], facts: Path, directory: Path
) -> dict[str, HostResult]:
    """Run a playbook on all hosts of all engines: one run for each, side by side, since runs also wait."""
    with ThreadPoolExecutor(len(engines)) as pool:
        found = list(pool.map(lambda engine: _run(playbook, inventory, engine, facts, directory), engines))
    return {host: result for part in found for host, result in part.items()}


def _run(playbook: str, inventory: Path, engine: str, facts: Path, directory: Path) -> dict[str, HostResult]:
    report = directory / f"{playbook}-{engine}"
    settings = {
        "ocsp_stapling_hosts": engine,
        "ocsp_stapling_max_fail_percentage": 100,
        "ocsp_stapling_report_dir": str(report),
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "--forks", "8"]
    command += [str(ROOT / "playbooks" / f"{playbook}.yml"), "-e", json.dumps(settings)]
    environment = {
        **os.environ,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(facts),
    }
    report.mkdir(parents=True)
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False, env=environment)
    (directory / f"{playbook}-{engine}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    recap = {host: failed == unreachable == "0" for host, unreachable, failed in _RECAP.findall(done.stdout)}
    if not recap:
        raise SystemExit(f"{playbook} did not run:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    if (done.returncode == 0) != all(recap.values()):
        raise SystemExit(f"{playbook}: exit status {done.returncode} does not fit its recap: {recap}")
    results = json.loads((report / "report.json").read_text(encoding="utf-8"))["hosts"]
    sentences: dict[str, str] = {}
    for host, text in _FATAL.findall(done.stdout):
        sentences[host] = f"{sentences.get(host, '')} {text}"
    return {host: HostResult(green, results.get(host, {}), sentences.get(host, "")) for host, green in recap.items()}
