# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.archive import build
from ansible_collections.stapling.httpd.plugins.plugin_utils._version import collection_version


class ActionModule(ActionBase):
    """The action plugin ocsp_monitor_program."""

    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Build the archive on the controller and have ansible.builtin.copy put it where it differs."""
        base: Any = super()
        base.run(tmp, task_vars)
        _validated, arguments = base.validate_argument_spec({"dest": {"type": "path", "required": True}})
        handle, path = tempfile.mkstemp(suffix=".pyz")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(build(collection_version() or "unknown"))
            return self._copied(path, arguments["dest"], task_vars)
        finally:
            os.unlink(path)

    def _copied(self, source: str, dest: str, task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        task = self._task.copy()
        task.args = {"src": source, "dest": dest, "owner": "root", "group": "root", "mode": "0644"}
        # An archive has no lines that anybody could compare.
        task.diff = False
        loader: Any = self._shared_loader_obj
        copy = loader.action_loader.get(
            "ansible.builtin.copy",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=loader,
        )
        if copy is None:
            raise AnsibleActionFail("ansible.builtin.copy cannot be loaded.")
        result: dict[str, Any] = copy.run(task_vars=task_vars)
        return {key: result[key] for key in ("changed", "failed", "msg", "checksum", "dest") if key in result}
