# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills the controller, with everything in its process group, when the task that END_HERE names has ended on a host."""

from __future__ import annotations

import os
import signal
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: end_here
type: notification
short_description: Kills the controller after the task that END_HERE names
description: No more than that.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "end_here"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        self._end_after(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._end_after(result)

    def _end_after(self, result: Any) -> None:
        """No clean-up of any kind: that is what being killed means."""
        if result.task.name == os.environ["END_HERE"]:
            os.killpg(os.getpgrp(), signal.SIGKILL)
