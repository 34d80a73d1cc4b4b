# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read targets as a line of JSON on stdin; write what was found, one entry per target, key type and TLS version.

With --watch, one per change, and the end of stdin is the end of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .look import jobs_for, look
from .verdict import judge_staple
from .watch import watch


def main() -> None:
    """Judge every target."""
    parser = argparse.ArgumentParser(prog="judge", description=__doc__)
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("--issuer-file", required=True)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--plain", action="store_true", help="also a handshake that asks for no staple")
    parser.add_argument("--watch", type=float, metavar="SECONDS", help="until stdin ends, and no longer than this")
    arguments = parser.parse_args()
    jobs = jobs_for(json.loads(sys.stdin.readline()))
    verdict = partial(judge_staple, issuer_file=arguments.issuer_file, ca_file=arguments.ca_file)
    if arguments.watch is None:
        with ThreadPoolExecutor(arguments.workers) as pool:
            found = pool.map(lambda job: look(job, arguments.ca_file, verdict, plain=arguments.plain), jobs)
            json.dump(list(found), sys.stdout)
        return
    over = threading.Event()
    for wait in (_read_to_the_end, partial(time.sleep, arguments.watch)):
        threading.Thread(target=_set_after, args=(wait, over), daemon=True).start()
    json.dump(watch(jobs, arguments.ca_file, verdict, over), sys.stdout)


def _read_to_the_end() -> None:
    # Not sys.stdin.read(): a thread that waits in there does not let the process end.
    while os.read(0, 65536):
        pass


def _set_after(wait: Callable[[], object], over: threading.Event) -> None:
    wait()
    over.set()


if __name__ == "__main__":
    main()
