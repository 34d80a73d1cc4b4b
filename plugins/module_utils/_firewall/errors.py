# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error of the rooms that work with a firewall."""

from __future__ import annotations

from .._errors import StaplingError


class FirewallError(StaplingError):
    """The host, its firewall or the request stands in the way of the whole change."""
