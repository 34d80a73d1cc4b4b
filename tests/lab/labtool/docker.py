# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of the docker command, and nothing else."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .errors import LabError


def docker(*arguments: str, stdin: bytes | None = None, timeout: float = 120) -> str:
    """Run docker and return what it prints; LabError carries its complaint."""
    result = try_docker(*arguments, stdin=stdin, timeout=timeout)
    if result.returncode != 0:
        message = (result.stderr or result.stdout).decode(errors="replace").strip()
        raise LabError(f"docker {' '.join(arguments[:2])}: {message or f'exit status {result.returncode}'}")
    return result.stdout.decode(errors="replace")


def try_docker(*arguments: str, stdin: bytes | None = None, timeout: float = 120) -> subprocess.CompletedProcess[bytes]:
    """Run docker and leave the judgement to the caller."""
    command = ["docker", *arguments]
    # input=b"" rather than the caller's own: docker must never wait for a terminal.
    try:
        return subprocess.run(command, input=stdin or b"", capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, b"", f"no answer within {timeout:g} seconds".encode())
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, b"", b"the docker command is not installed")


def inspect(kind: str, name: str) -> dict[str, Any] | None:
    """Return the engine's description of an object, or None where there is none of that name."""
    result = try_docker(kind, "inspect", name)
    if result.returncode != 0:
        if b"No such" in result.stderr or b"not found" in result.stderr:
            return None
        raise LabError(f"docker {kind} inspect {name}: {result.stderr.decode(errors='replace').strip()}")
    described: dict[str, Any] = json.loads(result.stdout)[0]
    return described


@dataclass(frozen=True)
class File:
    """A file to place in a container; link: the target, for a symbolic link."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    link: str | None = None


def copy_into(container: str, files: Iterable[File]) -> None:
    """Place files, owned by root, in a container whether it runs or not."""
    buffer = io.BytesIO()
    directories: set[str] = set()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for file in files:
            name = file.path.lstrip("/")
            parent = name.rpartition("/")[0]
            # The engine makes missing directories with a mode of its own; only the lab's directories can be missing.
            if parent.startswith(("etc/lab", "etc/ssl/lab", "lab")) and parent not in directories:
                directories.add(parent)
                entry = tarfile.TarInfo(parent)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = file.mode, len(file.content)
            if file.link is not None:
                entry.type, entry.linkname, entry.size = tarfile.SYMTYPE, file.link, 0
            archive.addfile(entry, io.BytesIO(file.content))
    docker("cp", "-", f"{container}:/", stdin=buffer.getvalue())
