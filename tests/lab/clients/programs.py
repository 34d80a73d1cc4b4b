# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients that are a program of their own: it reads a server per line, and answers each with a line."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from .target import ROOT_FILE, Target

_LONGEST = 900


@dataclass(frozen=True)
class Program:
    """A program with the root's file as its argument.

    It reads `ADDRESS PORT NAME` and prints `content` or `refuses: REASON`.
    """

    command: tuple[str, ...]

    def judge(self, targets: list[Target]) -> list[str]:
        """Run it once for all targets."""
        asked = "".join(f"{target.address} {target.port} {target.name}\n" for target in targets)
        command = [*self.command, str(ROOT_FILE)]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=_LONGEST, check=False)
        lines = done.stdout.splitlines()
        if len(lines) != len(targets):
            raise SystemExit(f"{self.command[0]} has answered {len(lines)} of {len(targets)}: {done.stderr[-500:]}")
        return ["" if line == "content" else line.removeprefix("refuses: ") for line in lines]


GO = Program(("/opt/lab/bin/judge-go",))
JAVA = Program(("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", "/opt/lab/bin", "Judge"))
