# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection's module says of the same staples."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_LONGEST = 600


def ask_module(inventory: Path, names: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """Return what `stapled_response_info` says on each host of the names there, by name."""
    with TemporaryDirectory(prefix="module-") as directory, ThreadPoolExecutor(len(names)) as pool:
        jobs = [pool.submit(_ask, inventory, host, names[host], Path(directory)) for host in names]
        return {entry["server_name"]: entry for job in jobs for entry in job.result()}


def _ask(inventory: Path, host: str, names: list[str], directory: Path) -> list[dict[str, Any]]:
    arguments = {
        "targets": [{"address": "127.0.0.1", "server_name": name} for name in names],
        "ca_file": "/etc/ssl/lab/root.pem",
        "timeout": 60,
        "retries": 20,  # mod_md fetches in the background
        "workers": 4,
    }
    command = [str(Path(sys.executable).with_name("ansible")), "-i", str(inventory), host, "--tree", str(directory)]
    command += ["-m", "stapling.httpd.stapled_response_info", "-a", json.dumps(arguments)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LONGEST, check=False
    )
    if done.returncode:
        raise SystemExit(f"{host}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    found: list[dict[str, Any]] = json.loads((directory / host).read_text(encoding="utf-8"))["targets"]
    return found
