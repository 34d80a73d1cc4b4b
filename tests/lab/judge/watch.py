# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What servers staple over a while: one look after the other, and a note of each that is not like the one before."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .look import Job, Verdict, look

# Shorter than any time for which a server can have stapling on between two reloads of a playbook.
_PAUSE = 3.0
_OF_THE_MOMENT = ("tls", "seconds")


def watch(jobs: list[Job], ca_file: str, verdict: Verdict, over: threading.Event) -> list[dict[str, Any]]:
    """Look until it is over, and once more after that; each host by itself, since one may let clients wait."""
    hosts = [list(found) for _host, found in itertools.groupby(jobs, key=lambda job: job[0]["host"])]
    with ThreadPoolExecutor(len(hosts)) as pool:
        found = pool.map(lambda host: _watch_host(host, ca_file, verdict, over), hosts)
        return [sighting for sightings in found for sighting in sightings]


def _watch_host(jobs: list[Job], ca_file: str, verdict: Verdict, over: threading.Event) -> list[dict[str, Any]]:
    known: dict[tuple[bytes, str], dict[str, Any]] = {}

    def judge_once(staple: bytes, leaf: str) -> dict[str, Any]:
        if (staple, leaf) not in known:
            known[staple, leaf] = verdict(staple, leaf)
        return known[staple, leaf]

    by_version = {tls: [job for job in jobs if job[2] == tls] for _target, _key_type, tls in jobs}
    sightings: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    last = False
    for tls in itertools.cycle(by_version):
        begin, last = time.monotonic(), over.is_set()
        for job in by_version[tls]:
            found = look(job, ca_file, judge_once)
            history = sightings.setdefault((found["name"], found["port"], found["key_type"]), [])
            facts = {name: value for name, value in found.items() if name not in _OF_THE_MOMENT}
            if history and facts.items() <= history[-1].items():
                history[-1]["looks"] += 1
            else:
                history.append({**facts, "at": round(time.time(), 1), "looks": 1})
        if last:
            break
        over.wait(max(0.0, begin + _PAUSE - time.monotonic()))
    return [sighting for history in sightings.values() for sighting in history]
