# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception that the lab shows as a plain sentence."""

from __future__ import annotations


class LabError(Exception):
    """A failure that the reader of the message can mend."""
