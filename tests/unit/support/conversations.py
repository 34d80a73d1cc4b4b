# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Play back what was recorded between a backend and the real tool (record.py beside the recordings).

What a backend runs, and with which input, is compared word for word with the recording; the tool's real answers come
back. So the backend under test is whole, and only the machine is missing.
"""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall import host, nftables


class Conversation:
    """A recording that is played back; `files` are the files of the host as they are now."""

    def __init__(self, recording: Path) -> None:
        data = json.loads(recording.read_text(encoding="utf-8"))
        self.tools: set[str] = set(data["tools"])
        self.files: dict[str, str] = dict(data["files"])
        self._texts: list[str] = data["texts"]
        self.left: list[dict[str, t.Any]] = data["exchanges"]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Conversation:
        """Let everything that a backend does to a host come here."""
        for name in ("find", "run", "read", "write", "remove", "exists"):
            monkeypatch.setattr(host, name, getattr(self, name))
        nftables._has_library.cache_clear()
        return self

    def find(self, tool: str) -> str | None:
        return f"/usr/sbin/{tool}" if tool in self.tools else None

    def run(self, argv: t.Sequence[str], *, stdin: str = "", timeout: float = 60) -> host.Completed:
        assert self.left, f"{argv} is not in the recording, which ends before it"
        exchange = self.left.pop(0)
        shown = [os.path.basename(argv[0]), *argv[1:]]
        assert shown == exchange["argv"], f"{shown} was run, and recorded was {exchange['argv']}"
        assert stdin == self._texts[exchange["stdin"]]
        return host.Completed(tuple(argv), exchange["rc"], self._texts[exchange["out"]], self._texts[exchange["err"]])

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def exists(self, path: str) -> bool:
        return path in self.files

    def write(self, path: str, content: str) -> None:
        self.files[path] = content

    def remove(self, path: str, *, directory: bool = True) -> None:
        self.files.pop(path, None)

    def fail(self, *argv: str, out: str = "", err: str = "it does not work", rc: int = 1, after: int = 0) -> None:
        """Let the next such command fail, leaving out `after` of them first; what follows is not compared any more."""
        matching = [number for number, item in enumerate(self.left) if item["argv"] == list(argv)]
        self._texts += [out, err]
        size = len(self._texts)
        self.left[matching[after]].update(rc=rc, out=size - 2, err=size - 1)
