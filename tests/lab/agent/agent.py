# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a lab host: executes commands for the connection plugin `lab_agent`, as `docker exec` does, at less cost.

The other side sends argv, and its stdin, stdout and stderr as open files; it gets the exit status. It needs only
Python 3.9. `docker exec` has started it, so that what it executes has the rights and the environment of such a process.

A program for this very Python, which is what a module of Ansible is, runs in a copy of this process that has nothing
but parts of the standard library loaded: to load these anew takes more processor time than most modules do.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib
import json
import os
import re
import signal
import site
import socket
import subprocess
import sys
import threading
import traceback
import types
from typing import Any

# What modules of Ansible load of the standard library. Nothing that reads a file of the host when it is loaded, as
# `ssl` and `hashlib` do: they belong to OpenSSL, whose configuration a test may change.
_LOADED = """
    __future__ abc array ast atexit base64 bisect bz2 calendar collections collections.abc concurrent.futures
    contextlib copy ctypes dataclasses datetime decimal difflib dis email.utils enum errno fcntl fnmatch
    functools glob grp heapq importlib.util inspect ipaddress itertools json keyword linecache locale logging
    lzma math opcode operator pathlib pickle pkgutil platform pwd queue random re runpy select selectors shlex
    shutil signal stat string struct subprocess syslog tempfile textwrap threading time tokenize traceback types
    typing unicodedata urllib.parse warnings weakref zipfile zipimport zlib
"""
_BY_PYTHON = re.compile(r"/bin/sh -c '(/[\w./-]+) && sleep 0'")  # as Ansible has the host's Python read a module
_LONGEST = 4 << 20  # bytes of a request


def serve(path: str) -> None:
    """Execute what is asked for at the socket `path`, until the host ends; `path`.log tells why it could not."""
    sys.stderr = open(f"{path}.log", "a", encoding="utf-8", buffering=1)  # noqa: SIM115
    for name in _LOADED.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
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
    argv = json.loads(message)
    if _is_for_this_python(argv):
        code = _run_here(files, connection)
    else:
        stdin, stdout, stderr = files
        code = subprocess.run(
            argv, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True, check=False
        ).returncode
    # As a shell tells of a signal.
    code = code if code >= 0 else 128 - code
    with contextlib.suppress(OSError):
        connection.sendall(b"%d\n" % code)


def _is_for_this_python(argv: list[str]) -> bool:
    """Tell whether this is what has the Python that runs here, and no other, read a program from stdin."""
    found = _BY_PYTHON.fullmatch(argv[-1]) if argv[:-1] == ["/bin/sh", "-c"] else None
    try:
        return found is not None and os.path.samefile(found.group(1), "/proc/self/exe")
    except OSError:
        return False


def _run_here(files: list[int], connection: socket.socket) -> int:
    """Run a program in a copy of this process; return its exit status, or the negative number of its signal."""
    process = os.fork()
    if process == 0:
        connection.close()
        _become_a_new_python(files)
        os._exit(_run_program())
    status = os.waitpid(process, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _run_program() -> int:
    """Run the program that stdin holds, and what Python does at the end of one; return its exit status."""
    try:
        exec(compile(sys.stdin.buffer.read(), "<stdin>", "exec"), sys.modules["__main__"].__dict__)
        code: Any = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException as error:  # noqa: BLE001 - whatever a program may raise
        traceback.print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    # Not all of it, as sys.exit() would: to take every object apart costs as much as a short program.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code & 255


def _become_a_new_python(files: list[int]) -> None:
    """Make this process what Python is when it has just been started."""
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    sys.argv = [""]
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    # Directories and .pth files may have been added since.
    sys.path_importer_cache.clear()
    del sys.path[0]
    site.main()
    sys.path.insert(0, "")


if __name__ == "__main__":
    serve(sys.argv[1])
