# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift: the collection's drop-in, or its lines, were removed or rewritten by something else."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.conflicts import finding

_REPAIR = "run enable_stapling, which writes it again without a restart, before anything reloads httpd"


def drift(
    lost: t.Sequence[str], rewritten: t.Sequence[str], *, running: bool, taken_up: bool, has_cache: bool
) -> list[dict[str, t.Any]]:
    """Return a problem for each recorded drop-in that is gone, and for each without the line of the stapling cache.

    `taken_up` says that httpd has read its configuration since, `has_cache` that some other line sets a cache.
    """
    if not running:
        outlook = "httpd does not run; run enable_stapling, which writes it again and starts httpd"
    elif taken_up or has_cache:
        outlook = "run enable_stapling to have it back, or disable_stapling to take out what is left"
    else:
        outlook = f"the running httpd still has that cache, and a reload would end it: {_REPAIR}"
    return [
        finding("managed_file_missing", f"{path}, which set the stapling cache of httpd, was removed: {outlook}")
        for path in lost
    ] + [
        finding("managed_lines_missing", f"httpd reads no SSLStaplingCache from {path} any more: {outlook}")
        for path in rewritten
    ]
