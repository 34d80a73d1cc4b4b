# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a lab host: executes commands for the connection plugin `lab_agent`, as `docker exec` does, at less cost.

The other side sends argv, and its stdin, stdout and stderr as open files; it gets the exit status. It needs only
Python 3.9. `docker exec` has started it, so that what it executes has the rights and the environment of such a process.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

_LONGEST = 4 << 20  # bytes of a request


def serve(path: str) -> None:
    """Execute what is asked for at the socket `path`, until the host ends; `path`.log tells why it could not."""
    sys.stderr = open(f"{path}.log", "a", encoding="utf-8", buffering=1)  # noqa: SIM115
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(f"{path}.{os.getpid()}")
    os.chmod(f"{path}.{os.getpid()}", 0o600)
    server.listen(64)
    os.rename(f"{path}.{os.getpid()}", path)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _peer = server.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            server.close()
            execute(connection)
            os._exit(0)
        connection.close()


def execute(connection: socket.socket) -> None:
    """Run one command to its end, whether or not the other side still listens by then."""
    message, files, _flags, _address = socket.recv_fds(connection, _LONGEST, 3)
    while not message.endswith(b"\n"):
        message += connection.recv(_LONGEST)
    stdin, stdout, stderr = files
    done = subprocess.run(
        json.loads(message), stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True, check=False
    )
    # As a shell tells of a signal.
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    with contextlib.suppress(OSError):
        connection.sendall(b"%d\n" % code)


if __name__ == "__main__":
    serve(sys.argv[1])
