# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that redirects again after a restart: a copy of the very code that the module runs now."""

from __future__ import annotations

import inspect
import os
import shutil
import sys

from . import _egress_host as host
from . import _proxy_redirect_program as program

LIBRARY = "/usr/local/lib/ocsp-proxy"
PACKAGE = "stapling_proxy"
_OURS = ("_egress", "_proxy_redirect")


def sources() -> dict[str, str]:
    """File name to text, of the program and of all that it needs. What Ansible has sent along has no files here."""
    package = program.__name__.rpartition(".")[0]
    found = {name: module for name, module in sys.modules.items() if name.rpartition(".")[0] == package}
    return {
        f"{name.rpartition('.')[2]}.py": inspect.getsource(module)
        for name, module in sorted(found.items())
        if name.rpartition(".")[2].startswith(_OURS)
    }


def install(*, check: bool, library: str = "") -> bool:
    """Write what differs; whether anything did."""
    changed = False
    directory = os.path.join(library or LIBRARY, PACKAGE)
    for name, text in sources().items():
        path = os.path.join(directory, name)
        if host.read(path) != text:
            changed = True
            if not check:
                host.write(path, text)
    return changed


def uninstall(*, check: bool, library: str = "") -> bool:
    library = library or LIBRARY
    if not os.path.isdir(library):
        return False
    if not check:
        shutil.rmtree(library)
    return True
