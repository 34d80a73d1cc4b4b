# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Enable stapling on a fleet, and let real TLS clients judge it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from .fleet import HOSTS, NAME, Odd, describe, odd_host, read_kinds, read_odd
from .module import ask_module
from .tables import kinds_table, odd_table

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parents[3]
LAB = ROOT / "tests" / "lab" / "lab"
# For the answers, of which there are many: the others judge by the same libraries.
ONE_OF_EACH = ("curl", "curl-gnutls", "gnutls-cli", "nss", "java", "go", "firefox")


def main() -> int:
    """Return 1 if a client refuses what a green run left, or the module accepts what a client refuses; else 0."""
    parser = argparse.ArgumentParser(prog="jury", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the fleet up")
    parser.add_argument("--only", choices=["enabled", "odd"], help="one half of it")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    kinds, odd = read_kinds(HERE / "kinds.yml"), read_odd(HERE / "answers.yml")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clients-") as directory:
        file = Path(directory, "fleet.yml")
        file.write_text(yaml.safe_dump(describe(kinds, odd)), encoding="utf-8")
        try:
            inventory = Path(_lab("up", str(file)).splitlines()[-1])
            _say(started, "the fleet is up")
            lines, wrong = [], 0
            if arguments.only != "odd":
                lines, wrong = _enabled(kinds, inventory, started)
            if arguments.only != "enabled":
                more, more_wrong = _odd(odd, inventory, started)
                lines, wrong = [*lines, *more], wrong + more_wrong
        finally:
            if not arguments.keep:
                _lab("down", NAME)
    lines.append(f"{wrong} not as they must be; {time.monotonic() - started:.0f} s")
    print(*lines, sep="\n")
    if results := os.environ.get("RESULTS"):
        Path(results, "clients.table").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if wrong else 0


def _enabled(kinds: dict[str, dict[str, Any]], inventory: Path, started: float) -> tuple[list[str], int]:
    """Enable stapling as a user does, and ask the clients."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory)]
    command += [str(ROOT / "playbooks" / "enable_stapling.yml"), "-e", "ocsp_stapling_hosts=enabled"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout[-6000:]}{done.stderr[-2000:]}")
    _say(started, "stapling is enabled")
    found = _clients([name for name, _image in HOSTS.values()])
    _say(started, "the clients have judged what is enabled")
    return kinds_table(kinds, found)


def _odd(odd: list[Odd], inventory: Path, started: float) -> tuple[list[str], int]:
    """Ask the module and the clients about the same staples."""
    names = {odd_host(engine): [answer.name for answer in odd if answer.engine == engine] for engine in HOSTS}
    module = ask_module(inventory, names)
    _say(started, "the module has judged the answers")
    found = _clients(list(names), *(word for client in ONE_OF_EACH for word in ("--only", client)))
    _say(started, "the clients have judged the answers")
    return odd_table(odd, module, found)


def _clients(hosts: list[str], *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_lab("clients", *hosts, *options, "--json", "--fleet", NAME))
    return found


def _lab(*command: str) -> str:
    done = subprocess.run(
        [str(LAB), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=1800, check=False
    )
    if done.returncode:
        raise SystemExit(f"lab {command[0]}: exit status {done.returncode}")
    return done.stdout.strip()


def _say(started: float, text: str) -> None:
    print(f"{time.monotonic() - started:4.0f} s: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
