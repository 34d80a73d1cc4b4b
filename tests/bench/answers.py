#!/usr/bin/env python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What 5,000 answers of 2 MiB cost ocsp_response_info in memory, on the loopback interface alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from _table import Row, show

from ansible_collections.stapling.httpd.tests.unit.support import answers, servers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

ANSWERS = 5000
SIZE = 2 * 1024 * 1024
# As root the module asks in a process of its own, as httpd's user; both together are to stay below the bound.
BOUND = 300e6
ASK = """
import atexit, json, resource, sys
def tell_memory():
    own = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:"))
    print(int(own) + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
atexit.register(tell_memory)
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stapling.httpd.plugins.modules import ocsp_response_info
with patch_module_args(json.load(sys.stdin)):
    ocsp_response_info.main()
"""


def serve() -> None:
    """Answer every question with a sequence that is as long as httpd reads at most, until killed."""
    large = servers.http_answer(answers.sequence(answers.octets(bytes(SIZE - 16))))
    with servers.Server(servers.Responder(lambda _head, _body: large), host="0.0.0.0") as server:
        print(server.port, flush=True)
        time.sleep(3600)


def ask(port: int, max_size: int, problem: str) -> tuple[Row, Row]:
    """Ask so many responders, each at an address of its own, in a process that does nothing else."""
    chain = authority.pki().leaf.chain_pem
    queries = [
        {"certificate": chain, "responder": f"http://127.0.{number % 250}.{1 + number // 250}:{port}/"}
        for number in range(ANSWERS)
    ]
    arguments = {"queries": queries, "total_timeout": 3000, "timeout": 60, "max_size": max_size}
    if os.geteuid() == 0:
        arguments["as_user"] = "nobody"
    begin = time.monotonic()
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, input=json.dumps(arguments).encode(), capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the module has failed: {done.stdout[:500]!r}")
    problems = {response["problem"] for response in json.loads(done.stdout)["responses"]}
    if problems != {problem}:
        sys.exit(f"the answers are not judged as they should be: {sorted(map(str, problems))}")
    memory = int(done.stderr.split()[-1]) * 1024
    return (
        Row(f"{ANSWERS:,} answers of 2 MiB, max_size {max_size:,}", f"{time.monotonic() - begin:.0f} s"),
        Row("  memory", f"{memory / 1e6:.0f} MB", "under 300 MB", memory < BOUND),
    )


def main() -> None:
    if sys.argv[1:] == ["serve"]:
        serve()
    command = [sys.executable, str(Path(__file__).resolve()), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            # As the role asks, and with responses of any size.
            rows = [*ask(port, 10239, "too_large"), *ask(port, 0, "not_ocsp")]
        finally:
            server.kill()
    sys.exit(0 if show("Answers as large as httpd reads them", rows) else 1)


if __name__ == "__main__":
    main()
