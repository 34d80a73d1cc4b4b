# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of the drop-in, and the line that includes it.

Hosts have such files already. What is written here must stay as it is to the byte, or each of
them is changed once more.
"""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._markers import MANAGED_FILE

_FIRST_LINE = (
    f"{MANAGED_FILE} (role ocsp_stapling). Changes made here are lost at its next run; to take it out, use "
    "ocsp_stapling_state: absent."
)


def drop_in_text(lines: t.Sequence[str], *, load_modules: t.Sequence[str] = (), modules_dir: str | None = None) -> str:
    """Return the text of the drop-in with these directives.

    A module is loaded by the file unless it is loaded already, which is for httpd to find out: the text must be the
    same before and after it has been loaded.
    """
    text = [_FIRST_LINE]
    for module in load_modules:
        text += [
            f"<IfModule !{module}_module>",
            f'    LoadModule {module}_module "{modules_dir}/mod_{module}.so"',
            "</IfModule>",
        ]
    return "\n".join([*text, *lines, ""])


def include_line(path: str) -> str:
    """Return the line that has httpd read the drop-in; optional, so that the file can go before the line."""
    return f'IncludeOptional "{path}"'
