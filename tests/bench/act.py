#!/usr/bin/env python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a run of enable_stapling.yml costs, beside a play with one ping and beside the same job done with stock modules.

How often a host was really gone to is not read out of a playbook: the container engine says when it ran something in
which container, and a callback plugin when which task ran. A remote task is one during which something ran in its
host's container.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from collections import Counter
from pathlib import Path

import yaml
from _table import Row, show

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "bench"
LAB = ROOT / "tests" / "lab" / "lab"
FLEET = "bench-act"
LABEL = f"label=stapling-lab.fleet={FLEET}"
STATE = ROOT / ".lab" / FLEET
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
ENABLE = ROOT / "playbooks" / "enable_stapling.yml"
DISABLE = ROOT / "playbooks" / "disable_stapling.yml"
PING = HERE / "playbooks" / "ping.yml"
BY_HAND = HERE / "playbooks" / "by_hand.yml"
MOST_TASKS = 8
MOST_PINGS = 5
FASTER_THAN_BY_HAND = 30


class Run(t.NamedTuple):
    """One run of a playbook: its time, its processor time on the controller, and per host what was done there."""

    seconds: float
    processor: float
    hosts: int
    tasks: dict[str, list[str]]
    commands: Counter[str]
    changed: bool

    @property
    def most_tasks(self) -> int:
        return max(len(names) for names in self.tasks.values())

    @property
    def most_commands(self) -> int:
        return max(self.commands.values())


class Task(t.NamedTuple):
    host: str
    name: str
    begin: float
    end: float
    changed: bool


class Watch:
    """Listens to the container engine while it is open: when something was run in which host."""

    def __enter__(self) -> Watch:
        inventory = yaml.safe_load((STATE / "inventory.yml").read_text(encoding="utf-8"))["all"]["hosts"]
        self._host_of = {variables["ansible_docker_host"]: host for host, variables in inventory.items()}
        # A file, since nobody reads a pipe while the playbook runs, and a full one would hold the listener up.
        with open(STATE / "events.log", "w", encoding="utf-8") as log:
            self._listener = subprocess.Popen(
                ["docker", "events", "--filter", "event=exec_create", "--filter", LABEL, "--format", "{{json .}}"],
                stdout=log,
            )
        self._heard()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.terminate()
        self._listener.wait()

    def seen(self) -> list[tuple[str, float]]:
        return self._heard()

    def _heard(self) -> list[tuple[str, float]]:
        """All that was heard until now. Something of our own is run again and again until it is heard of, too."""
        for _try in range(60):
            now = time.time()
            subprocess.run(["docker", "exec", next(iter(self._host_of)), "true"], check=True)
            time.sleep(0.5)
            ran = self._read()
            if any(moment >= now for _host, moment in ran):
                return ran
        sys.exit("the container engine does not tell what runs in its containers")

    def _read(self) -> list[tuple[str, float]]:
        lines = (STATE / "events.log").read_text(encoding="utf-8").splitlines(keepends=True)
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        ran = [(event["Actor"]["Attributes"]["name"], event["timeNano"] / 1e9) for event in events]
        return [(self._host_of[container], moment) for container, moment in ran if container in self._host_of]


def play(playbook: Path, hosts: str, *options: str) -> Run:
    """Run a playbook to its end, which has to be a good one."""
    log = STATE / "tasks.log"
    log.unlink(missing_ok=True)
    variables = {"ocsp_stapling_hosts": hosts, "bench_hosts": hosts, "bench_cache_bytes": 8000000}
    command = [PLAYBOOK, "-i", str(STATE / "inventory.yml"), str(playbook), "-e", json.dumps(variables)]
    environment = {
        **os.environ,
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "task_log",
        "TASK_LOG": str(log),
    }
    with Watch() as watch:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [*command, "-e", f"@{STATE / 'sites.json'}", *options], stdout=subprocess.PIPE, env=environment
        )
        output = t.cast("t.IO[bytes]", process.stdout).read()
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{playbook.name} on {hosts} failed:\n{output.decode(errors='replace')[-4000:]}")
        commands = watch.seen()
    return account(seconds, usage.ru_utime + usage.ru_stime, read_log(log), commands)


def read_log(log: Path) -> list[Task]:
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        Task(entry["host"], entry["task"], entry["begin"], entry["end"], entry["changed"])
        for entry in entries
        if entry["begin"] is not None
    ]


def account(seconds: float, processor: float, tasks: list[Task], commands: list[tuple[str, float]]) -> Run:
    hosts = {task.host for task in tasks}
    remote: dict[str, list[str]] = {host: [] for host in hosts}
    for task in tasks:
        if any(host == task.host and task.begin <= moment <= task.end for host, moment in commands):
            remote[task.host].append(task.name)
    if not all(remote.values()):
        sys.exit("nothing was run on a host, as far as the container engine knows")
    first, last = min(task.begin for task in tasks), max(task.end for task in tasks)
    return Run(
        seconds,
        processor,
        len(hosts),
        remote,
        Counter(host for host, moment in commands if host in hosts and first <= moment <= last),
        any(task.changed for task in tasks),
    )


def figures(what: str, run: Run) -> list[Row]:
    return [
        Row(f"{what}: seconds per host", f"{run.seconds / run.hosts:.1f} s"),
        Row(f"{what}: remote tasks per host", f"{run.most_tasks} in {run.most_commands} commands"),
    ]


def best(runs: t.Sequence[Run]) -> Run:
    return min(runs, key=lambda run: run.seconds)


def compare(hosts: str, *, by_hand: str) -> list[Row]:
    """by_hand: `twice` for a first run and an unchanged one, `once` for the unchanged one only, `not` for neither."""
    first = play(ENABLE, hosts)
    if not first.changed:
        sys.exit(f"{hosts}: the first run had nothing to do")
    # In turn, so that whatever else the machine does meets both alike.
    pairs = [(play(PING, hosts), play(ENABLE, hosts)) for _round in range(3)]
    floor, again = best([pair[0] for pair in pairs]), best([pair[1] for pair in pairs])
    if any(pair[1].changed for pair in pairs):
        sys.exit(f"{hosts}: a run that should have changed nothing has changed something")
    print(f"\n{hosts}: the remote tasks of the unchanged run: {'; '.join(next(iter(again.tasks.values())))}")
    ratio = again.seconds / floor.seconds
    rows = [
        *figures("ping", floor),
        *figures("first run", first),
        *figures("unchanged run", again),
        Row(
            "unchanged run: remote tasks",
            str(again.most_tasks),
            f"at most {MOST_TASKS}",
            again.most_tasks <= MOST_TASKS,
        ),
        Row("unchanged run against the ping", f"{ratio:.1f}x", f"at most {MOST_PINGS}x", ratio <= MOST_PINGS),
        Row("processor time of the unchanged run, all hosts", f"{again.processor:.1f} s"),
    ]
    if by_hand == "not":
        return rows
    play(DISABLE, hosts)
    if by_hand == "twice":
        rows += figures("by hand, first run", play(BY_HAND, hosts))
    else:
        play(BY_HAND, hosts, "--tags", "write")
    manual = play(BY_HAND, hosts)
    faster = manual.seconds / again.seconds
    wanted = by_hand == "once"
    return [
        *rows,
        *figures("by hand, unchanged run", manual),
        Row(
            "by hand against the unchanged run",
            f"{faster:.1f}x",
            f"at least {FASTER_THAN_BY_HAND}x" if wanted else "",
            faster >= FASTER_THAN_BY_HAND if wanted else None,
        ),
    ]


def bring_up() -> None:
    printed = subprocess.run(
        [str(LAB), "up", str(HERE / "fleets" / "act.yml")], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    if Path(printed.split()[-1]) != STATE / "inventory.yml":
        sys.exit(f"the inventory is not where it was looked for: {printed}")
    described = json.loads((STATE / "vhosts.json").read_text(encoding="utf-8"))
    sites = {
        host: [{"name": vhost["name"], "certificate": vhost["certificates"][0]["path"]} for vhost in vhosts]
        for host, vhosts in described.items()
    }
    (STATE / "sites.json").write_text(json.dumps({"bench_sites": sites}), encoding="utf-8")


def main() -> None:
    try:
        bring_up()
        kept = [
            show("3 hosts with 20 virtual hosts each", compare("many_hosts", by_hand="twice")),
            show("1 host with 200 virtual hosts", compare("large", by_hand="once")),
            show("1 host with 20 virtual hosts behind its own firewall", compare("walled", by_hand="not")),
        ]
    finally:
        subprocess.run([str(LAB), "down", FLEET], check=True, stdout=subprocess.DEVNULL)
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
