#!/usr/bin/env python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit test of mutated OCSP responses, with 100,000 of them: each has to end in the right verdict."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from _table import Row, show

ROOT = Path(__file__).resolve().parents[2]
TESTS = "tests/unit/plugins/module_utils/_ocsp/test_response.py"
MUTATIONS = 100_000


def main() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-k", "mutated", TESTS]
    environment = {**os.environ, "STAPLING_MUTATIONS": str(MUTATIONS)}
    begin = time.monotonic()
    finished = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - begin
    kept = finished.returncode == 0
    if not kept:
        print(finished.stdout)
    row = Row(f"{MUTATIONS:,} mutated responses", f"{seconds / MUTATIONS * 1e6:.0f} us each", "verdicts only", kept)
    sys.exit(0 if show("Hostile responses", [row]) else 1)


if __name__ == "__main__":
    main()
