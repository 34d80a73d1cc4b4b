# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the nox sessions of the given tags side by side, and end with one line that counts them.

The output of each is kept in .nox/log, and the figures that some leave there are shown. How the failed ones ended
comes last, since the end of its output is what a forge shows of a run.
JOBS in the environment says how many run at once (2). Hosts that repeat on another distribution what a host beside
them proves are for `test-all`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / ".nox" / "log"
REPORT = ROOT / ".nox" / "report.json"


def main() -> int:
    shutil.rmtree(LOG, ignore_errors=True)
    REPORT.unlink(missing_ok=True)
    REPORT.parent.mkdir(exist_ok=True)
    command = ["nox", "--parallel", os.environ.get("JOBS", "2"), "--report", str(REPORT), "--tags", *sys.argv[1:]]
    environment = os.environ if "test-all" in sys.argv else {**os.environ, "LAB_SHORT": "1"}
    code = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False, env=environment).returncode
    if not REPORT.exists():
        print("run_checks: nox ended without a report", file=sys.stderr)
        return code or 1
    sessions = json.loads(REPORT.read_text(encoding="utf-8"))["sessions"]
    results = [session["result"] for session in sessions]
    passed = results.count("success")
    failed = len(results) - passed
    for table in sorted(LOG.glob("*.table")):
        print(f"\n{table.stem}:\n{table.read_text(encoding='utf-8')}")
    print("\nWhere the time went, in seconds:")
    for session in sorted(sessions, key=lambda session: -session["duration"]):
        print(f"{session['duration']:6.0f}  {session['signatures'][0]}")
    for end in sorted(LOG.glob("*.failed")):
        print(f"\n{end.stem} failed:\n{end.read_text(encoding='utf-8')}")
    print(f"Logs: {LOG}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or code or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
