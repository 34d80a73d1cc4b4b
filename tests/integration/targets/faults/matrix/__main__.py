# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a fleet through the fault matrix and print the table."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from .lab import ROOT, Lab
from .moments import Matrix
from .rows import HEADLINE, Row
from .subjects import fleet, read_subjects

sys.path.insert(0, str(ROOT / "tests" / "lab"))
from responder.behaviours import LIFE, NAMES

# Good for as long as it lives: target clients looks at that.
BEHAVIOURS = [name for name in NAMES if name != LIFE]


def main() -> int:
    """Return 1 if a row is not as it must be, else 0."""
    parser = argparse.ArgumentParser(prog="matrix", description=__doc__)
    parser.add_argument("--everything", action="store_true", help="a host for each behaviour, engine and distribution")
    parser.add_argument("--only", nargs="+", default=BEHAVIOURS, help="these behaviours")
    parser.add_argument("--keep", action="store_true", help="leave the fleet up")
    arguments = parser.parse_args()
    name = "it-faults-all" if arguments.everything else "it-faults"
    expected = Path(__file__).resolve().parent.parent / "expected.yml"
    subjects = read_subjects(expected, behaviours=set(BEHAVIOURS), everything=arguments.everything)
    subjects = [subject for subject in subjects if subject.behaviour in arguments.only]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    started = time.monotonic()
    directory = Path(tempfile.mkdtemp(prefix="faults-"))
    lab = Lab(name, fleet(name, subjects), directory)
    print(f"{len(subjects)} virtual hosts up: {time.monotonic() - started:.0f} s", flush=True)
    matrix = Matrix(lab, subjects, directory)
    try:
        matrix.run()
    except SystemExit as problem:
        print(problem, flush=True)  # what follows may fail as well, and then only that is seen
        raise
    finally:
        wrong = _print(matrix.rows, time.monotonic() - started, "faults_all" if arguments.everything else "faults")
        if not arguments.keep:
            lab.down()
    if wrong:
        print(f"What the playbooks have said is in {directory}")
        return 1
    shutil.rmtree(directory)
    return 0


def _print(rows: list[Row], seconds: float, target: str) -> int:
    """Print the table, to the directory RESULTS too if set, and return how many rows are not as they must be."""
    order = list(dict.fromkeys(row.moment for row in rows))
    rows = sorted(rows, key=lambda row: (order.index(row.moment), NAMES.index(row.subject.behaviour)))
    table = [HEADLINE, *(row.cells() for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(HEADLINE))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() for cells in table]
    wrong = [row for row in rows if row.wrong]
    lines.append(f"{len(rows)} rows, {len(wrong)} not as they must be; {seconds:.0f} s")
    print(*lines, sep="\n")
    if results := os.environ.get("RESULTS"):
        Path(results, f"{target}.table").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
