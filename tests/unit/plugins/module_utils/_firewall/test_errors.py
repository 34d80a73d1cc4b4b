# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError


def test_a_module_can_catch_it_with_every_other_error_of_the_collection() -> None:
    error = FirewallError("not_root", "become: true")
    assert isinstance(error, StaplingError)
    assert (error.code, error.message, str(error)) == ("not_root", "become: true", "become: true")
