# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` on a copy of the checkout. Arguments are handed on, such as `--test pylint`.

ansible-test wants its subject at ansible_collections/stapling/httpd and its caches in the home directory. It gets
both under .nox/sanity: nothing of the user's is read or written, and a second run finds the environments of the first.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

from interpreters import find_interpreter

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".nox" / "sanity"
HOME = WORK / "home"
SUBJECT = WORK / "ansible_collections" / "stapling" / "httpd"
# Every version that ansible-core 2.19 knows and tests/config.yml supports; those not found are skipped, and it says so.
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13")

# ansible-test downloads this script from its project's own server. The pip that comes with Python does as well, for
# it only installs pinned requirements and is removed again; and nothing but the package index has to be reachable.
GET_PIP = HOME / ".ansible" / "test" / "cache" / "get_pip_24_2.py"
GET_PIP_TEXT = """import subprocess
import sys

subprocess.run([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL, check=True)
"""


def copy_checkout() -> None:
    """Copy what git knows or would add. The copy is a repository of its own: ansible-test asks git for its files."""
    shutil.rmtree(SUBJECT, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        source = ROOT / name
        if source.is_symlink() or source.is_file():
            (SUBJECT / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, SUBJECT / name, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", SUBJECT], check=True)


def write_pip_config() -> None:
    """Hand the user's pip settings on: ansible-test strips the environment, and HOME is another one here."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    settings = {"quiet": "1"}
    for line in listed.stdout.splitlines():
        key, _equals, value = line.partition("=")
        # A line is global.index-url='...', install.x='...' or :env:.index-url='...'.
        settings[key.rpartition(".")[2]] = value.strip("'")
    for variable, name in {"https_proxy": "proxy", "HTTPS_PROXY": "proxy", "REQUESTS_CA_BUNDLE": "cert"}.items():
        if os.environ.get(variable):
            settings.setdefault(name, os.environ[variable])
    config = configparser.RawConfigParser()
    config["global"] = settings
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        config.write(stream)


def interpreter_directory() -> Path:
    """Make a directory with the interpreters to test with, found or not on PATH as it is."""
    directory = WORK / "interpreters"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for version in VERSIONS:
        interpreter = find_interpreter(version)
        if interpreter:
            (directory / f"python{version}").symlink_to(interpreter)
    return directory


def main() -> int:
    copy_checkout()
    write_pip_config()
    GET_PIP.parent.mkdir(parents=True, exist_ok=True)
    GET_PIP.write_text(GET_PIP_TEXT, encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), str(interpreter_directory()), os.environ["PATH"]])
    environment = {**os.environ, "HOME": str(HOME), "PATH": path}
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    command = ["ansible-test", "sanity", "--color", "no", *sys.argv[1:]]
    return subprocess.run(command, cwd=SUBJECT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
