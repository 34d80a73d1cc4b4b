# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down when each task ran on each host: a JSON object per line, in the file that TASK_LOG names."""

from __future__ import annotations

import json
import os
import time

from ansible.executor.task_result import CallbackTaskResult
from ansible.inventory.host import Host
from ansible.playbook.task import Task
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_log
type: aggregate
short_description: When each task ran on each host
description: For the benchmark of the roles.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_log"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._begun: dict[tuple[str, str], float] = {}

    def v2_runner_on_start(self, host: Host, task: Task) -> None:
        self._begun[host.name, task._uuid] = time.time()

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        self._keep(result, "ok")

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        self._keep(result, "failed")

    def v2_runner_on_skipped(self, result: CallbackTaskResult) -> None:
        self._keep(result, "skipped")

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        self._keep(result, "unreachable")

    def _keep(self, result: CallbackTaskResult, status: str) -> None:
        entry = {
            "host": result.host.name,
            "task": result.task.name,
            "action": result.task.action,
            "begin": self._begun.pop((result.host.name, result.task._uuid), None),
            "end": time.time(),
            "status": status,
            "changed": bool(result.result.get("changed")),
        }
        with open(os.environ["TASK_LOG"], "a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
