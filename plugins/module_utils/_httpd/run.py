# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running httpd to ask it something: bounded in time, and its own words when it refuses."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import subprocess
import threading
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

# With one of the latter, httpd only dumps: it does not check whether keys and certificates are there, as -t does.
# So the configuration is asked for by a run of its own.
CONFIG_DUMP = ("DUMP_CONFIG",)
OTHER_DUMPS = ("DUMP_VHOSTS", "DUMP_INCLUDES", "DUMP_MODULES", "DUMP_RUN_CFG")

_PLACE = re.compile(r"Syntax error on line (\d+) of ((?:macro '.*\"|.*?)):(?:\s|$)", re.MULTILINE)
_USED = re.compile(r'used on line (\d+) of "([^"]+)"+$')


class HttpdError(StaplingError):
    """httpd cannot be found, cannot be run or refuses its configuration. The code is a stable word."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        output: str | None = None,
    ) -> None:
        super().__init__(code, message)
        self.file = file
        self.line = line
        self.output = output


@dataclass(frozen=True)
class Output:
    """What a finished process left."""

    code: int
    stdout: str
    stderr: str


class Running:
    """
    A process at work, which is read to its end, or killed with its whole group after timeout seconds.

    That it cannot be started or has to be killed is said by output().
    """

    def __init__(self, argv: t.Sequence[str], *, timeout: float) -> None:
        self._argv = list(argv)
        self._timeout = timeout
        self._result: Output | HttpdError | None = None
        self._thread: threading.Thread | None = None
        try:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(os.environ, LC_ALL="C"),
                cwd="/",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._result = _cannot_run(argv[0], error)
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
                said = f"{' '.join(self._argv)} did not finish within {self._timeout:g} seconds and was killed"
                self._result = HttpdError("timeout", said)
                return
        self._result = Output(process.returncode, _text(stdout), _text(stderr))

    def wait(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def output(self) -> Output:
        """Wait for its end. Raises HttpdError."""
        self.wait()
        if isinstance(self._result, Output):
            return self._result
        raise self._result or HttpdError("httpd_not_executable", f"{self._argv[0]} cannot be run")


def run(argv: t.Sequence[str], *, timeout: float) -> Output:
    """Run to the end, or kill the whole process group after timeout seconds."""
    return Running(argv, timeout=timeout).output()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # What has left the group may still hold the pipes open: do not wait for their end.
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _cannot_run(program: str, error: OSError | ValueError) -> HttpdError:
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return HttpdError("httpd_not_found", f"{program} does not exist")
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return HttpdError("httpd_not_executable", f"{program} cannot be run: {reason}")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").encode("utf-8", "backslashreplace").decode("utf-8")


def refusal(output: Output) -> HttpdError:
    """The error of an httpd that does not accept its configuration, in httpd's own words."""
    words = [line for line in output.stderr.splitlines() if line.strip() and not _is_notice(line)]
    text = "\n".join(words) or output.stdout.strip() or f"exit code {output.code}"
    file = line = None
    # An error in an included file comes after one for each line that includes it: the last place is the one.
    for match in _PLACE.finditer(text):
        line, file = int(match.group(1)), match.group(2)
        used = _USED.search(file)
        if used:
            # Inside a macro: where it is used is the place in a real file.
            line, file = int(used.group(1)), used.group(2)
    hint = ""
    if os.geteuid() != 0:
        hint = " (not run as root, httpd may be unable to see its keys: use become)"
    return HttpdError(
        "config_invalid",
        f"httpd refuses its own configuration: {' '.join(text.split())}{hint}",
        file=file,
        line=line,
        output=text,
    )


def _is_notice(line: str) -> bool:
    return bool(re.search(r"^\[[^\]]*\] \[[a-z0-9_]*:(?:notice|warn|info|debug)\]", line)) or line.startswith("AH00558")
