# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of this collection."""

from __future__ import annotations

import json
import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def collection_version() -> str | None:
    """Return the version of this collection, installed or in a checkout."""
    for name, read in (("MANIFEST.json", _from_manifest), ("galaxy.yml", _from_galaxy)):
        try:
            return read((_ROOT / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
    return None


def _from_manifest(text: str) -> str:
    return str(json.loads(text)["collection_info"]["version"])


def _from_galaxy(text: str) -> str | None:
    found = re.search(r"^version: *(\S+)", text, re.MULTILINE)
    return found.group(1) if found else None
