# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leave a program on the host that does again what a module does: a copy of the very code that runs now.

Whole rooms are copied, so that a new file in one of them needs no list. Inside these rooms imports are relative,
since the copy lives in a package of another name.
"""

from __future__ import annotations

import inspect
import os
import shutil
import sys
import typing as t

from . import host

_BASE = __name__.rsplit(".", 2)[0]


def sources(rooms: t.Sequence[str]) -> dict[str, str]:
    """Return file name to text of all that is loaded from `rooms` (packages or files of module_utils).

    What Ansible sends to a host comes in an archive, so the text is asked of whatever loaded the module. A package has
    none there: Ansible adds an empty one, and a copy needs none.
    """
    found = {}
    for name, module in sorted(sys.modules.items()):
        inner = name[len(_BASE) + 1 :] if name.startswith(f"{_BASE}.") else ""
        if inner.split(".")[0] in rooms and not hasattr(module, "__path__"):
            found[f"{inner.replace('.', '/')}.py"] = inspect.getsource(module)
    return found


def install(directory: str, rooms: t.Sequence[str], *, check: bool) -> bool:
    """Write the files of `rooms` that differ below `directory`; return whether any did."""
    changed = False
    for name, text in sources(rooms).items():
        path = os.path.join(directory, name)
        if host.read(path) != text:
            changed = True
            if not check:
                host.write(path, text)
    return changed


def uninstall(library: str, *, check: bool) -> bool:
    """Remove the directory with all that `install` has put there; return whether it was there."""
    if not os.path.isdir(library):
        return False
    if not check:
        shutil.rmtree(library)
    return True
