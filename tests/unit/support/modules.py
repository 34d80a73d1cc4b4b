# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as Ansible does, and returns its result."""

from __future__ import annotations

import gc
import json
import types
import typing as t

import pytest

testing = pytest.importorskip("ansible.module_utils.testing")


def run(
    module: types.ModuleType, capsys: pytest.CaptureFixture[str], arguments: dict[str, t.Any], **internal: t.Any
) -> dict[str, t.Any]:
    """Run the module and return its result; a failed one has failed=True in it."""
    capsys.readouterr()
    prefixed = {f"_ansible_{name}": value for name, value in internal.items()}
    try:
        with testing.patch_module_args({**arguments, **prefixed}), pytest.raises(SystemExit) as caught:
            module.main()
    finally:
        # A module ends with its process; the tests go on.
        gc.unfreeze()
        gc.enable()
    result = json.loads(capsys.readouterr().out)
    assert bool(result.get("failed", False)) == (caught.value.code != 0)
    return t.cast("dict[str, t.Any]", result)
