# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong, out of the result of a task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# What ansible-core puts in front of a module's own sentence.
_PREFIX = re.compile(r"^(Task failed: )?((Module|Action) failed: )?")

# What it says of a host that has printed something else, such as the words of sudo.
_NO_RESULT = "deserialization failed"


def message_of(result: Mapping[str, Any]) -> str:
    """Return why a task failed; of a loop, why its first item did."""
    items = result.get("results")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping) and (item.get("failed") or item.get("unreachable")) and item.get("msg"):
            return _message(item)
    return _message(result)


def _message(result: Mapping[str, Any]) -> str:
    message = _PREFIX.sub("", str(result.get("msg") or "The task failed without a message."))
    if _NO_RESULT not in message:
        return message
    printed = f"{result.get('module_stdout') or ''}\n{result.get('module_stderr') or ''}".splitlines()
    lines = [line.strip() for line in printed if line.strip() and not line.startswith("Shared connection to ")]
    return f"The host gave no result, but said: {lines[-1]}" if lines else message
