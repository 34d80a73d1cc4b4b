# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of the drop-in, which hosts have already: not a byte of it may change."""

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.module_utils._drop_in import drop_in_text, include_line
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.leftovers import _INCLUDE
from ansible_collections.stapling.httpd.plugins.module_utils._markers import DROP_IN, MANAGED_FILE

TEXT = """\
# Managed by stapling.httpd (role ocsp_stapling). Changes made here are lost at its next run; to take it out, use \
ocsp_stapling_state: absent.
<IfModule !watchdog_module>
    LoadModule watchdog_module "/usr/lib/apache2/modules/mod_watchdog.so"
</IfModule>
<IfModule !md_module>
    LoadModule md_module "/usr/lib/apache2/modules/mod_md.so"
</IfModule>
MDStapling on
MDStapleOthers on
"""


def test_with_modules() -> None:
    lines = ["MDStapling on", "MDStapleOthers on"]
    assert drop_in_text(lines, load_modules=["watchdog", "md"], modules_dir="/usr/lib/apache2/modules") == TEXT


def test_without_modules() -> None:
    first = TEXT.splitlines(keepends=True)[0]
    assert drop_in_text(["SSLUseStapling on"]) == f"{first}SSLUseStapling on\n"


def test_it_is_known_again() -> None:
    assert TEXT.startswith(MANAGED_FILE)


def test_the_line_that_includes_it_is_known_again() -> None:
    line = include_line(f"/usr/local/apache2/conf/{DROP_IN}")
    assert line == 'IncludeOptional "/usr/local/apache2/conf/zz-ocsp-stapling.conf"'
    assert _INCLUDE.match(line.encode())
