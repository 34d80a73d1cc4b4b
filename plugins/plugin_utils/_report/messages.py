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


def message_of(result: Mapping[str, Any]) -> str:
    """Return why a task failed; of a loop, why its first item did."""
    items = result.get("results")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping) and (item.get("failed") or item.get("unreachable")) and item.get("msg"):
            return _PREFIX.sub("", str(item["msg"]))
    return _PREFIX.sub("", str(result.get("msg") or "The task failed without a message."))
