# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Enable stapling on a fleet, and let real TLS clients judge it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from .clients import ONE_OF_EACH, ask_clients, lab, watch
from .fleet import HOSTS, NAME, SHORT_LIVED, Odd, describe, odd_host, read_kinds, read_odd
from .module import ask_module
from .tables import Table, kinds_table, odd_table, watch_table

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parents[3]
# As long as the rest takes.
WATCH_SECONDS = 100


def main() -> int:
    """Return 1 if a client refuses what a green run left, or the module accepts what a client refuses; else 0."""
    parser = argparse.ArgumentParser(prog="jury", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the fleet up")
    parser.add_argument("--only", choices=["enabled", "odd"], help="one half of it")
    parser.add_argument("--watch", type=float, default=WATCH_SECONDS, help="seconds to look at short-lived responses")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    kinds, odd = read_kinds(HERE / "kinds.yml"), read_odd(HERE / "answers.yml")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clients-") as directory:
        file = Path(directory, "fleet.yml")
        file.write_text(yaml.safe_dump(describe(kinds, odd)), encoding="utf-8")
        try:
            inventory = Path(lab("up", str(file)).splitlines()[-1])
            _say(started, "the fleet is up")
            with ThreadPoolExecutor(1) as pool:
                tables = []
                if arguments.only != "odd":
                    _enable(inventory, started)
                    watched = pool.submit(_watch, arguments.watch)
                    tables.append(_enabled(kinds, started))
                if arguments.only != "enabled":
                    tables.append(_odd(odd, inventory, started))
                if arguments.only != "odd":
                    tables.append(_watched(watched, arguments.watch, started))
            lines, wrong = [line for table, _wrong in tables for line in table], sum(table[1] for table in tables)
        finally:
            if not arguments.keep:
                lab("down", NAME)
    lines.append(f"{wrong} not as they must be; {time.monotonic() - started:.0f} s")
    print(*lines, sep="\n")
    if results := os.environ.get("RESULTS"):
        Path(results, "clients.table").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if wrong else 0


def _enable(inventory: Path, started: float) -> None:
    """Enable stapling as a user does."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory)]
    command += [str(ROOT / "playbooks" / "enable_stapling.yml"), "-e", "ocsp_stapling_hosts=enabled"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout[-6000:]}{done.stderr[-2000:]}")
    _say(started, "stapling is enabled")


def _enabled(kinds: dict[str, dict[str, Any]], started: float) -> Table:
    """Ask the clients about what is enabled."""
    found = ask_clients([name for name, _image in HOSTS.values()])
    _say(started, "the clients have judged what is enabled")
    return kinds_table(kinds, found)


def _watch(seconds: float) -> list[dict[str, Any]]:
    """Have the clients look at the responses that live for two minutes, on both hosts."""
    hosts = [name for name, _image in HOSTS.values()]
    return watch(hosts, [f"{SHORT_LIVED}.{host}.lab.test" for host in hosts], seconds)


def _watched(watched: Future[list[dict[str, Any]]], seconds: float, started: float) -> Table:
    found = watched.result()
    _say(started, "the clients have looked at what is short-lived for long enough")
    return watch_table(found, seconds)


def _odd(odd: list[Odd], inventory: Path, started: float) -> Table:
    """Ask the module and the clients about the same staples."""
    names = {odd_host(engine): [answer.name for answer in odd if answer.engine == engine] for engine in HOSTS}
    module = ask_module(inventory, names)
    _say(started, "the module has judged the answers")
    found = ask_clients(list(names), ONE_OF_EACH)
    _say(started, "the clients have judged the answers")
    return odd_table(odd, module, found)


def _say(started: float, text: str) -> None:
    print(f"{time.monotonic() - started:4.0f} s: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
