# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of README.md and docs, run as they stand there, on a host that has no httpd."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.merge import to_line
from ansible_collections.stapling.httpd.tests.unit.support import reports
from ansible_collections.stapling.httpd.tests.unit.support.plays import Fleet

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# A block of code is indented; a command goes on in the next line after a backslash.
COMMAND = re.compile(r"^    ((?:[.]venv/bin/)?ansible-playbook (?:.*\\\n)*.*)$", re.MULTILINE)
FOUND = {command for page in PAGES for command in COMMAND.findall(page.read_text(encoding="utf-8"))}
# Where another one goes on with options, it says as much.
COMMANDS = sorted(command for command in FOUND if not any(other.startswith(f"{command} ") for other in FOUND))
HOST = {
    "ansible_connection": "local",
    "ansible_python_interpreter": sys.executable,
    "ansible_become": False,
    "ocsp_stapling_httpd": "/nowhere/httpd",
}
# These look at no host.
WITHOUT_HOSTS = ("merge_reports", "survey_endpoints")


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Make an inventory, and what else a command reads, beside a checkout."""
    fleet = Fleet(tmp_path)
    inventory = {"all": {"children": {"web": {"hosts": {"web1": HOST}}}}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    document = reports.document(reports.lost("web1", "unreachable"))
    (tmp_path / "slices" / "1").mkdir(parents=True)
    lines = "".join(json.dumps(to_line(host, document["run"])) for host in document["hosts"].values())
    (tmp_path / "slices" / "1" / "report.jsonl").write_text(f"{lines}\n", encoding="utf-8")
    (tmp_path / "endpoints.csv").write_text("127.0.0.1,1,\n", encoding="utf-8")
    (tmp_path / "playbooks").symlink_to(ROOT / "playbooks")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return fleet


def test_the_pages_have_commands() -> None:
    found = "\n".join(COMMANDS)
    names = {"enable_stapling", "confirm_stapling", "merge_reports", "survey_endpoints"}
    assert {name for name in names if name in found} == names


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(fleet: Fleet, command: str) -> None:
    here = command.replace("INVENTORY", "hosts.json").replace("/var/lib/stapling-report", "report")
    environment = fleet.environment(callback=False)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", here],
        cwd=fleet.directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    # A dry run says what is to be done once httpd is there.
    fails = not any(word in command for word in (*WITHOUT_HOSTS, "--check"))
    assert done.returncode == (2 if fails else 0), done.stdout
    assert (fleet.report / "report.json").exists() is ("ocsp_stapling_report_dir" in command), done.stdout
