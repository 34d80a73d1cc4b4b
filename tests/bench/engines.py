#!/usr/bin/env python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What httpd's two engines do while their responder is down, and what each costs: mod_ssl beside mod_md.

httpd's clock is moved (libfaketime), nobody else's: a day of an outage takes seconds, and the responses, which live for
seven days, are judged by curl at the true time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import yaml
from _table import Row, show

ROOT = Path(__file__).resolve().parents[2]
LAB = str(ROOT / "tests" / "lab" / "lab")
FLEET = "bench-engines"
STATE = ROOT / ".lab" / FLEET
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
HOUR = 3600
ENGINES = ("mod-ssl", "mod-md")


class Seen(t.NamedTuple):
    """One handshake of a client that insists on a staple."""

    stapled: bool
    seconds: float

    def __str__(self) -> str:
        return f"{'stapled' if self.stapled else 'no staple'}, {self.seconds:.2f} s"


class Host:
    """A host of the fleet, and where httpd's clock stands there."""

    def __init__(self, name: str, variables: dict[str, t.Any]) -> None:
        self.name = name
        self._container = variables["ansible_docker_host"]
        self._vhost = f"a.{name}.lab.test"
        self._path = f"/{name}"

    def run(self, script: str) -> str:
        command = ["docker", "exec", self._container, "sh", "-euc", script]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def set_clock(self, hours: float) -> None:
        """Let httpd's clock be so far ahead, and give mod_md, which looks ten times a second, the time to act."""
        self.run(f"echo '+{round(hours * HOUR)}' > /etc/faketimerc")
        time.sleep(1)

    def shake_hands(self) -> Seen:
        """Connect as a client that insists on a staple; without one, as any other, to tell how long it waited."""
        curl = (
            f"curl --silent --output /dev/null --cacert /etc/ssl/lab/root.pem --resolve {self._vhost}:443:127.0.0.1"
            f" --write-out '%{{time_appconnect}}' https://{self._vhost}/"
        )
        begin = time.perf_counter()
        code = self.run(f"{curl} --cert-status >/dev/null && echo 0 || echo $?")
        seconds = time.perf_counter() - begin
        if code not in ("0", "91"):
            sys.exit(f"{self.name}: curl has ended with {code}")
        return Seen(code == "0", seconds)

    def fetches(self) -> int:
        """Return how many responses were fetched for the certificate of the virtual host that is asked."""
        counts = json.loads(lab("fetches", "--json"))
        serial = self.run(
            f"openssl x509 -noout -serial -in /etc/ssl/lab/{self._vhost}-ecdsa.pem | cut -d= -f2 | sed 's/^0*//'"
        )
        found = {key.upper().lstrip("0"): count for key, count in counts["serials"].items()}
        return int(found.get(serial.upper(), 0))

    def memory(self) -> int:
        """Return the memory of all processes of httpd in kB: a page that several of them share counts once in all."""
        command = ["docker", "top", self._container, "-eo", "pid,comm"]
        listed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        processes = [words[0] for words in map(str.split, listed.splitlines()) if words[1] == "apache2"]
        # Read from outside, since root in a container may not look into its children.
        texts = [Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8") for process in processes]
        return sum(int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("Pss:"))


def lab(*words: str) -> str:
    command = [LAB, *words]
    if words[0] not in ("up", "down"):
        command += ["--fleet", FLEET]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def first_client(host: Host) -> Seen:
    """Return the first handshake after a reload, while the responder takes two seconds for an answer."""
    host.run("apache2ctl graceful")
    time.sleep(3)
    return host.shake_hands()


def fetches_of_a_day(host: Host) -> int:
    """Return how often the responder is asked about a certificate with a client each hour of a day."""
    before = host.fetches()
    for hour in range(1, 25):
        host.set_clock(hour)
        if not host.shake_hands().stapled:
            sys.exit(f"{host.name}: no staple at hour {hour}")
    return host.fetches() - before


def first_renewal(host: Host, start: int) -> int | None:
    """Return the hour of the clock at which the next response is fetched, of a life of 168 hours.

    mod_md does not notice at once that its clock has been moved; a reload has it look.
    """
    before = host.fetches()
    for hour in range(start, 168, 4):
        host.set_clock(hour)
        host.run("apache2ctl graceful")
        time.sleep(3)
        if host.fetches() > before:
            return hour
    return None


def main() -> None:
    lab("up", str(ROOT / "tests" / "bench" / "fleets" / "engines.yml"))
    try:
        inventory = yaml.safe_load((STATE / "inventory.yml").read_text(encoding="utf-8"))["all"]["hosts"]
        kept = measure([Host(name, inventory[name]) for name in ENGINES])
    finally:
        lab("down", FLEET)
    sys.exit(0 if kept else 1)


def enable() -> None:
    command = [PLAYBOOK, "-i", str(STATE / "inventory.yml"), str(ROOT / "playbooks" / "enable_stapling.yml")]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout[-4000:])


def measure(hosts: list[Host]) -> bool:
    bare = [host.memory() for host in hosts]
    enable()
    for host in hosts:
        host.shake_hands()
    grown = [host.memory() for host in hosts]
    lab("behaviour", "hang:2")
    waited = [first_client(host) for host in hosts]
    lab("behaviour", "good")
    asked = [fetches_of_a_day(host) for host in hosts]
    lab("service", "stop", "responder")
    moments: dict[str, list[Seen]] = {}
    for what, hours in (("responder down, clock not moved", 24.0), ("down for 1 h", 25.1), ("down for 1 d", 48.1)):
        for host in hosts:
            host.set_clock(hours)
        moments[what] = [host.shake_hands() for host in hosts]
    for host in hosts:
        host.run("apache2ctl graceful")
    time.sleep(3)
    moments["down for 1 d, and httpd reloaded"] = [host.shake_hands() for host in hosts]
    lab("service", "start", "responder")
    time.sleep(3)
    moments["responder is back"] = [host.shake_hands() for host in hosts]
    renewal = first_renewal(hosts[1], 100)
    rows = []
    for index, host in enumerate(hosts):
        rows += [
            Row(f"{host.name}: memory of all processes (PSS)", f"{bare[index]} -> {grown[index]} kB"),
            Row("  first client after a reload, answer takes 2 s", str(waited[index])),
            Row("  fetches per certificate, a client each hour for 24 h", str(asked[index])),
            *(Row(f"  {what}", str(seen[index])) for what, seen in moments.items()),
        ]
    rows.append(Row("  next fetch, of a response that lives for 168 h", f"hour {renewal}", "", renewal is not None))
    stored = [seen[1] for seen in (waited, *moments.values())]
    rows.append(
        Row(
            "mod-md staples all the time, at once",
            "",
            "under 0.5 s",
            all(s.stapled and s.seconds < 0.5 for s in stored),
        )
    )
    rows.append(
        Row("mod-ssl staples again once the responder is back", "", "", moments["responder is back"][0].stapled)
    )
    return show("The two engines of httpd, and a responder that is down", rows)


if __name__ == "__main__":
    main()
