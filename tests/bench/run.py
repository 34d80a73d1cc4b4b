#!/usr/bin/env python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Runs every benchmark beside this file, or those that are named: `run.py observe confirm`.

Each prints its tables and fails if a bound is missed. They run one after the other, since they measure time.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from _table import Row, show

HERE = Path(__file__).resolve().parent


def benchmarks(names: list[str]) -> list[Path]:
    """Return the scripts of these names, or all of them."""
    present = sorted(path for path in HERE.glob("[!_]*.py") if path != Path(__file__).resolve())
    unknown = sorted(set(names) - {path.stem for path in present})
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)} (there are {', '.join(path.stem for path in present)})")
    return [path for path in present if not names or path.stem in names]


def run(script: Path) -> Row:
    begin = time.monotonic()
    code = subprocess.run([sys.executable, str(script)], check=False).returncode
    return Row(script.stem, f"{time.monotonic() - begin:.0f} s", "every bound above", code == 0)


def main() -> None:
    rows = [run(script) for script in benchmarks(sys.argv[1:])]
    sys.exit(0 if show("All benchmarks", rows) else 1)


if __name__ == "__main__":
    main()
