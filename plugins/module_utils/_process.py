# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of the host, run with a limit in time."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import threading
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError


class ProcessError(StaplingError):
    """A program that could not be started, or had to be killed.

    The code is `not_found`, `not_executable` or `timeout`.
    """


@dataclass(frozen=True)
class Output:
    """What a finished process has left; bytes that are not UTF-8 are shown as backslash escapes."""

    code: int
    stdout: str
    stderr: str


class Running:
    """A process at work. It is read to its end, or killed with its whole group after `timeout` seconds.

    The constructor never raises: `output()` reports that the program could not be started or had to be killed.
    `environment` replaces that of this process; LC_ALL is C in any case.
    """

    def __init__(
        self, argv: t.Sequence[str], *, timeout: float, environment: t.Mapping[str, str] | None = None
    ) -> None:
        self._argv = list(argv)
        self._timeout = timeout
        self._result: Output | ProcessError | None = None
        self._thread: threading.Thread | None = None
        try:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(os.environ if environment is None else environment, LC_ALL="C"),
                cwd="/",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._result = _not_started(argv[0], error)
            return
        self._thread = threading.Thread(target=self._read, args=(process,))
        self._thread.start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        with process:
            try:
                stdout, stderr = process.communicate(timeout=self._timeout)
            except subprocess.TimeoutExpired:
                # A control script leaves httpd behind when only the script is killed.
                _kill_group(process)
                message = f"{' '.join(self._argv)} did not finish within {self._timeout:g} seconds and was killed"
                self._result = ProcessError("timeout", message)
                return
        self._result = Output(process.returncode, _text(stdout), _text(stderr))

    def wait(self) -> None:
        """Wait for the end of the process, whatever it is."""
        if self._thread is not None:
            self._thread.join()

    def output(self) -> Output:
        """Wait for the end of the process, and return what it has left. Raises ProcessError."""
        self.wait()
        if isinstance(self._result, Output):
            return self._result
        raise self._result or ProcessError("not_executable", f"{self._argv[0]} cannot be run")


def find_program(name: str) -> str | None:
    """Return the path of a program in PATH or in /usr/bin, None if it is not installed."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/bin"]))


def run(argv: t.Sequence[str], *, timeout: float) -> Output:
    """Run a program to its end, or kill its whole process group after `timeout` seconds. Raises ProcessError."""
    return Running(argv, timeout=timeout).output()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # What has left the group may still hold the pipes open: do not wait for their end.
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _not_started(program: str, error: OSError | ValueError) -> ProcessError:
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return ProcessError("not_found", f"{program} does not exist")
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return ProcessError("not_executable", f"{program} cannot be run: {reason}")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").encode("utf-8", "backslashreplace").decode("utf-8")
