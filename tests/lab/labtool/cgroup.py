# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a container has to be started so that systemd runs in it, for this machine's cgroup hierarchy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .docker import docker
from .errors import LabError

_UNIFIED = Path("/sys/fs/cgroup/unified")


def systemd_options() -> list[str]:
    """Return options of `docker create` for systemd: never --privileged, and a v2 tree that systemd may write to.

    Not a cgroup namespace of the container's own: in one, the engine mounts the tree read-only unless the container is
    privileged, and a writable mount of the machine's tree does not match what the namespace says.
    """
    return [
        "--cgroupns=host",
        "-v",
        f"{_tree()}:/sys/fs/cgroup:rw",
        "--tmpfs",
        "/run",
        "--tmpfs",
        "/run/lock",
        "--cap-add",
        "NET_ADMIN",
    ]


def _tree() -> str:
    if docker("info", "--format", "{{.CgroupVersion}}").strip() == "2":
        return "/sys/fs/cgroup"
    # v1 or hybrid: newer systemd refuses v1, and every systemd since 2018 accepts a v2 tree without controllers.
    return _mounted_v2() or _mount_v2()


def _mounted_v2() -> str | None:
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        place, kind = line.split(" ")[1:3]
        if kind == "cgroup2":
            return place
    return None


def _mount_v2() -> str:
    if os.geteuid() != 0:
        raise LabError(
            f"this machine has cgroup v1 only: mount a v2 tree (as root: mount -t cgroup2 cgroup2 {_UNIFIED})"
        )
    _UNIFIED.mkdir(exist_ok=True)
    result = subprocess.run(
        ["mount", "-t", "cgroup2", "cgroup2", str(_UNIFIED)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise LabError(f"cannot mount a cgroup v2 tree at {_UNIFIED}: {result.stderr.strip()}")
    return str(_UNIFIED)
