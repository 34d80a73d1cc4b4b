# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills the Python process that is about to do what the pattern in /root/killed_at names, with no clean-up of any kind.

Loaded by every Python of the host; without that file it does nothing. What a process does to httpd and its files is
shown as `copy FROM TO`, `rename FROM TO`, `remove PATH` and `run COMMAND`. The pattern's file goes with the process,
and the next one lives.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from typing import Any

PATTERN = "/root/killed_at"
PLACES = re.compile(r"/etc/apache2/|/etc/httpd/|/usr/local/apache2/conf/")
EVENTS = {"shutil.copyfile": "copy", "os.rename": "rename", "os.remove": "remove"}


def _shown(event: str, arguments: tuple[Any, ...]) -> str | None:
    if event == "subprocess.Popen":
        return f"run {' '.join(map(os.fsdecode, arguments[1]))}"
    paths = [os.fsdecode(path) for path in arguments[:2] if isinstance(path, (str, bytes))]
    if event in EVENTS and any(PLACES.match(path) for path in paths):
        return " ".join([EVENTS[event], *paths])
    return None


def _watch(pattern: str) -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS and event != "subprocess.Popen":
            return
        shown = _shown(event, arguments)
        if shown is not None and re.search(pattern, shown):
            os.unlink(PATTERN)
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if os.path.exists(PATTERN):
    with open(PATTERN, encoding="utf-8") as _stream:
        _watch(_stream.read().strip())
