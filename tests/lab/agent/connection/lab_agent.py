# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's hosts without `docker exec` for every command, which costs as much processor time as many a module."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible_collections.community.docker.plugins.connection.docker import Connection as DockerConnection

DOCUMENTATION = r"""
name: lab_agent
short_description: Run commands on hosts of the lab
description:
  - As C(community.docker.docker), by a process that stays on the host.
  - A host on which it cannot stay, another user, and a password for privileges are left to C(docker exec).
options:
  remote_addr:
    description: The container.
    vars: [{name: inventory_hostname}, {name: ansible_docker_host}]
  agent_directory:
    description: Where the host's socket is on this machine.
    type: path
    vars: [{name: lab_agent_directory}]
  remote_user:
    description: Another user than the container's.
    vars: [{name: ansible_user}]
  docker_extra_args:
    description: Unused.
    default: ""
  container_timeout:
    description: Unused.
    type: int
    default: 10
  extra_env:
    description: Unused.
    type: dict
  working_dir:
    description: Unused.
    type: str
  privileged:
    description: Unused.
    type: bool
    default: false
"""

_AGENT = Path(__file__).resolve().parent.parent / "agent.py"
_CHECKOUT = _AGENT.parents[3]
_BUILT = _CHECKOUT / ".lab" / ".modules"
_KEPT_SECONDS = 86400.0
_ON_HOST = "/lab-agent/socket"
_START_SECONDS = 30.0
_ATTEMPTS = 5


class Connection(DockerConnection):  # type: ignore[misc]
    """A connection through the agent of a host, and through `docker exec` where there is none."""

    transport = "lab_agent"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = False) -> tuple[int, bytes, bytes]:
        """Return exit status, stdout and stderr of a shell command."""
        self._set_conn_data()
        asks = self.become and self.become.expect_prompt() and sudoable
        result = None
        if self.remote_user is None and not asks:
            result = self._by_agent([self._play_context.executable, "-c", cmd], in_data or b"")
        if result is None:
            result = super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return result

    def _by_agent(self, argv: list[str], in_data: bytes) -> tuple[int, bytes, bytes] | None:
        """Have the agent run a command; None where no agent has taken it, so that it has not run."""
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(tempfile.TemporaryFile()) for _name in ("stdin", "stdout", "stderr")]
            files[0].write(in_data)
            files[0].seek(0)
            # An agent that ends before it has the whole command has not run it; the next one does.
            for _attempt in range(_ATTEMPTS):
                agent = self._agent()
                if agent is None:
                    return None
                with agent, contextlib.suppress(BrokenPipeError):
                    return self._run(agent, argv, *files)
        return None

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file to the host."""
        content = Path(in_path).read_bytes()
        code, _stdout, stderr = self.exec_command(f"cat > {shlex.quote(self._prefix_login_path(out_path))}", content)
        if code:
            raise AnsibleError(f"{in_path} cannot be copied to {out_path}: {stderr.decode(errors='replace')}")

    def _run(self, agent: socket.socket, argv: list[str], *files: Any) -> tuple[int, bytes, bytes]:
        request = json.dumps(argv).encode() + b"\n"
        sent = socket.send_fds(agent, [request], [file.fileno() for file in files])
        agent.sendall(request[sent:])
        answer = b""
        while chunk := agent.recv(64):
            answer += chunk
        if not answer.endswith(b"\n"):
            raise AnsibleConnectionFailure(
                f"the agent of {self.get_option('remote_addr')} ended before the command did"
            )
        for file in files[1:]:
            file.seek(0)
        return int(answer), files[1].read(), files[2].read()

    def _agent(self) -> socket.socket | None:
        """Return a connection to the host's agent, which is started if it does not run; None if it cannot be."""
        directory = self.get_option("agent_directory")
        if not directory or not os.path.isdir(directory) or os.path.exists(f"{directory}/none"):
            return None
        with open(f"{directory}/lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return _connect(directory) or self._started(directory)

    def _started(self, directory: str) -> socket.socket | None:
        command = [self.docker_cmd, "exec", "-d", self.get_option("remote_addr"), "/usr/bin/python3", "-c"]
        subprocess.run([*command, _AGENT.read_text(encoding="utf-8"), _ON_HOST], check=False, capture_output=True)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            agent = _connect(directory)
            if agent is not None:
                return agent
            time.sleep(0.05)
        Path(directory, "none").touch()
        return None


def _connect(directory: str) -> socket.socket | None:
    """Connect to the socket in this directory, whose path may be longer than the address of a socket."""
    agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    there = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        agent.connect(f"/proc/self/fd/{there}/socket")
    except OSError:
        agent.close()
        return None
    finally:
        os.close(there)
    return agent


def _share_built_modules(place: Path, temporary: Path) -> Path | None:
    """Have Ansible keep the zip files of modules for its next runs, of which each builds them anew otherwise.

    That takes a third of the processor time of a controller with few hosts. A directory below `place` holds what is
    built of the same files; Ansible finds it in its directory for temporary files. Modules that are in no collection
    are not known by their files, so none may be beside a playbook.
    """
    spec = importlib.util.find_spec("ansible_collections.stapling.httpd")
    if spec is None or not spec.submodule_search_locations:
        return None
    shared = place / _digest(Path(spec.submodule_search_locations[0]))
    link = temporary / "ansiballz_cache"
    with contextlib.suppress(OSError):  # as if there were nothing to share
        shared.mkdir(parents=True, exist_ok=True)
        os.utime(shared)
        for other in place.iterdir():
            if other.stat().st_mtime < time.time() - _KEPT_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
        link.symlink_to(shared, target_is_directory=True)
    return shared


def _digest(collection: Path) -> str:
    """Return what differs as soon as another module would be built."""
    files = [(str(path), path.stat()) for path in sorted((collection / "plugins").rglob("*.py"))]
    pins = (_CHECKOUT / "requirements-dev.txt").read_bytes()
    seen = [sys.version, pins, *((path, found.st_mtime_ns, found.st_size) for path, found in files)]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


_share_built_modules(_BUILT, Path(constants.DEFAULT_LOCAL_TMP))
