# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils import _proxy_redirect_install as install


def test_the_copy_is_complete_and_needs_no_ansible(tmp_path: Path) -> None:
    if os.path.exists("/etc/ocsp-proxy-redirect.json"):
        pytest.skip("this machine has a relay of its own, which the program would look after")
    library = str(tmp_path / "lib")
    assert install.install(check=False, library=library)
    assert not install.install(check=False, library=library)
    script = (
        "import runpy, sys\n"
        f"sys.path.insert(0, {library!r})\n"
        "sys.modules['ansible'] = None\n"
        "runpy.run_module('stapling_proxy._proxy_redirect_program', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing is to be redirected on this host\n", "")
    assert install.uninstall(check=False, library=library)
    assert not os.path.exists(library)
    assert not install.uninstall(check=False, library=library)


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    library = str(tmp_path / "lib")
    assert install.install(check=True, library=library)
    assert not os.path.exists(library)
