# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have undone of the collection's work since: the host is not what a run of the role has left."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words

# Problems of httpd_tls_info that say so.
_PROBLEMS = ("managed_file_missing", "managed_lines_missing", "stapling_overridden", "must_staple_off")
_WARNINGS = (words.OFF_MISSING,)


def undone(info: Mapping[str, t.Any], warnings: t.Iterable[Mapping[str, t.Any]]) -> list[dict[str, str]]:
    """Return the problems of a host and the warnings of its plan with which it must not pass for confirmed."""
    found = [entry for entry in info.get("problems") or () if entry.get("code") in _PROBLEMS]
    found += [dict(entry) for entry in warnings if entry["code"] in _WARNINGS]
    return [{"code": str(entry["code"]), "message": str(entry["message"])} for entry in found]
