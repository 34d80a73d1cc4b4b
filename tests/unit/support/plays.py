# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small plays that are really run, with hosts that are this machine and hosts that nobody can reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CALLBACK = "stapling.httpd.stapling_report"
# A port that nothing listens on: ssh fails at once.
_DEAD = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_connection": "ssh"}
_HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}

# Sets the result of a host that staples one virtual host; `trouble` is the word of a handshake that is not acceptable.
RECORD = """
    - name: Record the result
      ansible.builtin.set_fact:
        ocsp_stapling_result: >-
          {{ {'vhosts': [{'id': 'a:443', 'names': [name | default(inventory_hostname ~ '.example')], 'action': 'staple',
                          'reason': 'ok', 'must_staple': must_staple | default(false)}],
              'endpoints': [{'host': 'ocsp.example', 'port': 80, 'needed_by': ['aa']}]}
             | stapling.httpd.stapling_result(
               state=state | default('enabled'), changed=true, cause=cause | default(none), confirmed=[
               {'id': 'a:443', 'port': 443, 'key_type': 'rsa', 'stapled': true, 'acceptable': trouble is not defined,
                'problem': trouble | default(none), 'message': trouble | default(none),
                'this_update': this_update | default(none), 'next_update': next_update | default(none)}]) }}
"""


class Ran:
    """A run of ansible-playbook, and the report that it has left."""

    def __init__(self, done: subprocess.CompletedProcess[str], report: Path) -> None:
        self.returncode = done.returncode
        self.output = done.stdout
        self.directory = report

    @property
    def document(self) -> dict[str, Any]:
        """Return report.json."""
        document: dict[str, Any] = json.loads((self.directory / "report.json").read_text(encoding="utf-8"))
        return document

    @property
    def states(self) -> dict[str, str]:
        """Return the state of each host in report.json."""
        return {name: host["state"] for name, host in self.document["hosts"].items()}

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of report.jsonl."""
        text = (self.directory / "report.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]


class Fleet:
    """An inventory in a directory of its own, and what is needed to run plays on it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.report = directory / "report"

    def inventory(self, hosts: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the inventory: `dead` is a host that cannot be reached, everything else a variable of the host."""
        described = {
            name: {**(_DEAD if variables.get("dead") else _HERE), **variables} for name, variables in hosts.items()
        }
        text = json.dumps({"all": {"hosts": described}})
        (self.directory / "hosts.json").write_text(text, encoding="utf-8")

    def command(self, playbook: str, *arguments: str, **variables: Any) -> list[str]:
        """Return the command that runs a playbook: its text, or the name of one of the collection."""
        if "\n" in playbook:
            (self.directory / "play.yml").write_text(playbook, encoding="utf-8")
            playbook = "play.yml"
        given = {"ocsp_stapling_report_dir": str(self.report), **variables}
        program = [sys.executable, "-m", "ansible", "playbook", "-i", "hosts.json", "-e", json.dumps(given)]
        return [*program, *arguments, playbook]

    def environment(self, callback: bool = True, **more: str) -> dict[str, str]:
        """Return the environment of a run, with or without the callback."""
        enabled = {"ANSIBLE_CALLBACKS_ENABLED": CALLBACK} if callback else {}
        settings = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOST_KEY_CHECKING": "0", "ANSIBLE_LOCALHOST_WARNING": "0"}
        kept = {name: value for name, value in os.environ.items() if name != "ANSIBLE_CALLBACKS_ENABLED"}
        return {**kept, **settings, **enabled, **more}

    def run(
        self,
        playbook: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        **variables: Any,
    ) -> Ran:
        """Run a playbook with the callback, or with the environment that is given."""
        done = subprocess.run(
            self.command(playbook, *arguments, **variables),
            cwd=self.directory,
            env=dict(environment or self.environment()),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done, self.report)
