# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the files of the collection are, for tests that compare them with each other."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
