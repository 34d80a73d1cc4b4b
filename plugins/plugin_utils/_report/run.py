# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run that a report is of: its identity, and which process writes."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import Any

from ansible.release import __version__ as ansible_core

from ansible_collections.stapling.httpd.plugins.plugin_utils._version import collection_version

CALLBACK = "callback"
TASK = "task"
MERGE = "merge"


def timestamp(moment: datetime | None = None) -> str:
    """Return a moment, or this one, in UTC with microseconds (ISO 8601): such texts sort by time."""
    return (moment or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def new_id() -> str:
    """Return the identity of a run: when it began, and what tells it from others of the same second."""
    return f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


class Process:
    """This process of Ansible. Workers are forked from it and inherit what stands here."""

    id = new_id()
    started = timestamp()
    # The callback watches the run and will write the report: a task then has nothing to write.
    watched = False


def describe(written_by: str, **more: Any) -> dict[str, Any]:
    """Return the part `run` of a report: who wrote it, with what, and since when."""
    return {
        "id": Process.id,
        "started": Process.started,
        "collection": collection_version(),
        "ansible_core": ansible_core,
        "written_by": written_by,
        "interrupted": False,
        "merged": [],
        **more,
    }
