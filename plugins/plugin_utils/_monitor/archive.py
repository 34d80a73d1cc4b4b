# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program for the hosts: an archive that python3 runs as it is, of the rooms of this collection that it needs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

PLUGINS = Path(__file__).parents[2]
# Whole rooms, so that a new file in one of them needs no list; "module_utils" is the files at its top.
ROOMS = (
    "module_utils",
    "module_utils/_certificate",
    "module_utils/_ocsp",
    "module_utils/_tls",
    "module_utils/_httpd",
    "plugin_utils/_plan",
    "plugin_utils/_monitor",
)

_PACKAGE = "ansible_collections/stapling/httpd/plugins"
_START = """\
# Made of the collection stapling.httpd; see its docs/monitoring.md.
import sys

sys.dont_write_bytecode = True

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.program import main

raise SystemExit(main(sys.argv[1:], version={version!r}))
"""
# The oldest that an archive can hold: the same collection makes the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


def sources(version: str) -> dict[str, str]:
    """Return the text of every file in the archive, by its path there; `version` is that of the collection."""
    found = {"__main__.py": _START.format(version=version)}
    for room in ROOMS:
        for path in sorted((PLUGINS / room).glob("*.py")):
            found[f"{_PACKAGE}/{room}/{path.name}"] = path.read_text(encoding="utf-8")
    # With these, no ansible_collections that is installed on the host takes the place of this one.
    for name in list(found):
        parts = name.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            found.setdefault("/".join([*parts[:depth], "__init__.py"]), "")
    return found


def build(version: str) -> bytes:
    """Return the archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(sources(version).items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return stream.getvalue()
