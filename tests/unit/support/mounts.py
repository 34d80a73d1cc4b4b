# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems that are mounted for a test."""

from __future__ import annotations

import subprocess

import pytest


def mounted(*options: str) -> None:
    """Mount what these options of mount(8) say, or skip the test where nobody may."""
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
