# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find a container engine; on Debian as root, install and start one."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .docker import try_docker
from .errors import LabError
from .paths import STATE

_START_SECONDS = 60

# Every systemd takes several inotify instances: with the usual 128 per user, the tenth container or so hangs at boot.
_INOTIFY_INSTANCES = 1024
_INOTIFY_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")


def ensure_engine() -> str:
    """Return the version of the engine that answers; LabError says what to install."""
    _raise_inotify_limit()
    version = _version()
    if version:
        return version
    if not _is_debian_root():
        reason = "does not answer" if shutil.which("docker") else "is not installed"
        raise LabError(
            f"docker {reason}: install and start it (Debian: apt install docker.io), and let this user reach it"
        )
    with locked("engine"):
        if not _version():
            if shutil.which("dockerd") is None:
                install_packages("docker.io", "iptables")
            if shutil.which("docker") is None:  # a package of its own from Debian 13 on
                install_packages("docker-cli")
            _start()
    return _version()


def install_packages(*names: str) -> None:
    """Install with apt, where this user may; the packages' own services are not relied on."""
    if not _is_debian_root():
        raise LabError(f"needs {' '.join(names)}: please install")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-q", "update"], ["apt-get", "-q", "install", "-y", "--no-install-recommends", *names]):
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        if result.returncode != 0:
            lines = (result.stderr or result.stdout).strip().splitlines()
            raise LabError(f"{' '.join(command)}: {lines[-1] if lines else 'failed'}")


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one lab process at a time do what is named."""
    STATE.mkdir(exist_ok=True)
    with (STATE / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _version() -> str:
    result = try_docker("version", "--format", "{{.Server.Version}}", timeout=20)
    return result.stdout.decode().strip() if result.returncode == 0 else ""


def _start() -> None:
    """Wait until the engine answers; where there is no service manager, it runs detached."""
    log = STATE / "dockerd.log"
    process = None
    if Path("/run/systemd/system").is_dir():
        subprocess.run(
            ["systemctl", "start", "docker.service"], capture_output=True, stdin=subprocess.DEVNULL, check=False
        )
    else:
        with log.open("wb") as stream:
            process = subprocess.Popen(
                ["dockerd"], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
            )
    deadline = time.monotonic() + _START_SECONDS
    while not _version():
        # The package may have started its own daemon: that the lab's ends at once is no failure by itself.
        ended = process is not None and process.poll() is not None
        if time.monotonic() > deadline - (_START_SECONDS - 10 if ended else 0):
            words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
            raise LabError(f"dockerd does not start: {' '.join(words[-2:]) or 'see systemctl status docker.service'}")
        time.sleep(0.5)


def _raise_inotify_limit() -> None:
    """Raise the limit where this user may; a small fleet fits under the usual one."""
    with suppress(OSError):
        if int(_INOTIFY_LIMIT.read_text(encoding="ascii")) < _INOTIFY_INSTANCES:
            _INOTIFY_LIMIT.write_text(str(_INOTIFY_INSTANCES), encoding="ascii")


def _is_debian_root() -> bool:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    family = {release.get("ID"), *release.get("ID_LIKE", "").split()}
    return os.geteuid() == 0 and bool(family & {"debian", "ubuntu"})
