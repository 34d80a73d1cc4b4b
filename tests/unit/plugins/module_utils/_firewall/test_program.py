# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that the units run: complete copies, which need no Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
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


def test_a_module_that_came_in_an_archive_finds_its_text(tmp_path: Path) -> None:
    """Ansible sends an archive in which each package has an empty file of its own."""
    package = "ansible_collections/stapling/httpd/plugins/module_utils"
    archive = tmp_path / "module.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for depth in range(1, package.count("/") + 2):
            stream.writestr("/".join(package.split("/")[:depth]) + "/__init__.py", "")
        for room in egress.ROOMS:
            if (PLUGINS / room).is_dir():
                stream.writestr(f"{package}/{room}/__init__.py", "")
            for path in (PLUGINS / room).glob("*.py") if (PLUGINS / room).is_dir() else [PLUGINS / f"{room}.py"]:
                stream.write(path, f"{package}/{path.relative_to(PLUGINS)}")
    script = (
        f"import json, sys; sys.path.insert(0, {str(archive)!r})\n"
        f"from {package.replace('/', '.')}._egress import program\n"
        f"from {package.replace('/', '.')}._firewall.program import sources\n"
        "print(json.dumps(sources(program.ROOMS)))\n"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert json.loads(done.stdout) == copies.sources(egress.ROOMS)


def test_what_differs_is_written_again(tmp_path: Path) -> None:
    copies.install(str(tmp_path), egress.ROOMS, check=False)
    (tmp_path / "_egress" / "engine.py").write_text("broken\n", encoding="utf-8")
    assert copies.install(str(tmp_path), egress.ROOMS, check=True)
    assert (tmp_path / "_egress" / "engine.py").read_text(encoding="utf-8") == "broken\n"
    assert copies.install(str(tmp_path), egress.ROOMS, check=False)


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    assert copies.install(str(tmp_path / "lib"), egress.ROOMS, check=True)
    assert not (tmp_path / "lib").exists()
