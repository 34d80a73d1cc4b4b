# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on every lab host at each start of Python: keeps what is imported from zip files in compiled form.

Ansible sends a module and all that it imports as a zip file of source text, which Python compiles anew for each task.
That takes most of the processor time of a short task. What this does for zip files, Python does for directories by
itself (`__pycache__`): the code is the same, and one file is kept for each source text and version of Python. All hosts
of a checkout share the directory.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
import zipimport

DIRECTORY = "/var/cache/lab-python"
_compile_source = zipimport._compile_source


def compile_once(path, source):
    """Return the code of a source text, from the cache if it is there; only root can write to the cache."""
    name = f"{_imp.source_hash(sys.hexversion, source).hex()}-{len(source)}"
    kept = f"{DIRECTORY}/{name}"
    try:
        with open(kept, "rb") as file:
            code = marshal.loads(file.read())
    except OSError:
        code = _compile_source(path, source)
        _keep(kept, code)
        return code
    _imp._fix_co_filename(code, path)
    return code


def _keep(kept, code):
    new = f"{kept}.{os.urandom(8).hex()}"  # hosts have the same process numbers
    try:
        os.makedirs(DIRECTORY, mode=0o755, exist_ok=True)
        with open(new, "wb") as file:
            file.write(marshal.dumps(code))
        os.rename(new, kept)
    except OSError:  # another user than root: as if there were no cache
        pass


zipimport._compile_source = compile_once
