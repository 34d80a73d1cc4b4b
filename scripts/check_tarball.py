# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection, look at what is in it, install it into an empty place and read its playbooks from there."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from pathlib import Path

from commands import run

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".nox" / "tarball"
RUNTIME = {
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "FILES.json",
    "LICENSE",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "REUSE.toml",
    "SECURITY.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "roles",
}


def build(directory: Path) -> Path:
    """Build the collection into a directory of its own; return the tarball."""
    run(WORK, "ansible-galaxy", "collection", "build", "--output-path", str(directory), str(ROOT))
    (tarball,) = directory.glob("stapling-httpd-*.tar.gz")
    return tarball


def content(tarball: Path) -> list[tuple[object, ...]]:
    """Return all that a tarball holds, in order, but for the times of the files."""
    members = []
    with tarfile.open(tarball) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            described = (member.name, member.type, member.mode, member.uid, member.gid, member.uname, member.gname)
            members.append((*described, stream.read() if stream else b""))
    return members


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    tarball = build(WORK)
    if content(tarball) != content(build(WORK / "again")):
        print("two builds differ in more than the times of the files")
        return 1
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    strays = sorted(name for name in names if name.split("/")[0] not in RUNTIME or "__pycache__" in name)
    if strays:
        print("not runtime content, add it to build_ignore in galaxy.yml:", *strays, sep="\n  ")
        return 1

    # First on the path, or the checkout, which the tools see as well, could stand in for what is missing. --force,
    # or ansible-galaxy finds the checkout and installs nothing. --offline: it depends on no other collection.
    installed = WORK / "collections"
    found = {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(installed), os.environ["ANSIBLE_COLLECTIONS_PATH"]])}
    install = ["ansible-galaxy", "collection", "install", "--offline", "--force", "--collections-path", str(installed)]
    run(WORK, *install, str(tarball), **found)
    for playbook in sorted((ROOT / "playbooks").glob("*.yml")):
        name = f"stapling.httpd.{playbook.stem}"
        said = run(WORK, "ansible-playbook", "--syntax-check", "--inventory", "localhost,", name, **found)
        if str(installed) not in said:
            print(f"{name} was not read from the installed collection")
            return 1
    print(f"{tarball.name}: {len(names)} files and directories")
    return 0


if __name__ == "__main__":
    sys.exit(main())
