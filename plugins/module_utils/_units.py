# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units of systemd, as systemd sees them."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._process import ProcessError, run

_SETTLED = {"UnitFileState": "enabled", "ActiveState": "active", "NeedDaemonReload": "no"}


def settled_units(names: t.Sequence[str], *, timeout: float = 10.0) -> list[str]:
    """Return those of `names` that are enabled, active and loaded as on disk; none if systemd does not tell."""
    if not names:
        return []
    properties = ",".join(["Id", *_SETTLED])
    try:
        output = run(["systemctl", "show", f"--property={properties}", "--", *names], timeout=timeout)
    except ProcessError:
        return []
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in output.stdout.split("\n\n")]
    return [block["Id"] for block in blocks if block.get("Id") in names and _SETTLED.items() <= block.items()]
