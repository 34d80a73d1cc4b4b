# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that the units run: complete copies, which need no Ansible."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import program as egress
from ansible_collections.stapling.httpd.plugins.module_utils._firewall import program as copies
from ansible_collections.stapling.httpd.plugins.module_utils._proxy import program as proxy

PLUGINS = Path(copies.__file__).parents[1]


def run(library: Path, module: str, *arguments: str) -> tuple[int, str, str]:
    script = (
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(library)!r})\n"
        "sys.modules['ansible'] = None\n"
        f"sys.argv = ['program', *{arguments!r}]\n"
        f"runpy.run_module({module!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(
    os.path.exists("/etc/ocsp-egress/settings.json") or os.path.exists("/etc/ocsp-proxy-redirect.json"),
    reason="this machine has an opening or a relay of its own, which the program would look after",
)
@pytest.mark.parametrize(
    ("program", "package", "module", "arguments", "message"),
    [
        (egress, "a", "a._egress.program", ["restore"], "nothing is to be opened on this host\n"),
        (proxy, "b", "b._proxy.program", [], "nothing is to be redirected on this host\n"),
    ],
)
def test_the_copy_is_complete_and_needs_no_ansible(
    tmp_path: Path, program: object, package: str, module: str, arguments: list[str], message: str
) -> None:
    rooms = program.ROOMS  # type: ignore[attr-defined]
    assert copies.install(str(tmp_path / package), rooms, check=False)
    assert not copies.install(str(tmp_path / package), rooms, check=False)
    assert run(tmp_path, module, *arguments) == (0, message, "")
    assert copies.uninstall(str(tmp_path / package), check=True)
    assert copies.uninstall(str(tmp_path / package), check=False)
    assert not copies.uninstall(str(tmp_path / package), check=False)
    assert not (tmp_path / package).exists()


def test_every_file_of_the_rooms_is_copied_as_it_is() -> None:
    text = copies.sources(egress.ROOMS)
    assert sorted(name for name in text if name.startswith("_egress/")) == sorted(
        f"_egress/{path.name}" for path in (PLUGINS / "_egress").glob("*.py")
    )
    for name, content in text.items():
        assert content == (PLUGINS / name).read_text(encoding="utf-8")


def test_what_differs_is_written_again(tmp_path: Path) -> None:
    copies.install(str(tmp_path), egress.ROOMS, check=False)
    (tmp_path / "_egress" / "engine.py").write_text("broken\n", encoding="utf-8")
    assert copies.install(str(tmp_path), egress.ROOMS, check=True)
    assert (tmp_path / "_egress" / "engine.py").read_text(encoding="utf-8") == "broken\n"
    assert copies.install(str(tmp_path), egress.ROOMS, check=False)


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    assert copies.install(str(tmp_path / "lib"), egress.ROOMS, check=True)
    assert not (tmp_path / "lib").exists()
