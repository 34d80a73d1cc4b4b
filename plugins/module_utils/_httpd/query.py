# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to httpd: three processes side by side, and their answers."""

from __future__ import annotations

import os
import re
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError, not_run, refusal
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.foreign import refuse_vendor
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.locate import (
    Httpd,
    find_httpd,
    info_package,
    modules_dir,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import environment_of, is_httpd, read_pid
from ansible_collections.stapling.httpd.plugins.module_utils._process import Output, ProcessError, Running

# With one of the latter, httpd only dumps: it does not check whether keys and certificates are there, as -t does.
# So the configuration is asked for by a run of its own.
CONFIG_DUMP = ("DUMP_CONFIG",)
OTHER_DUMPS = ("DUMP_VHOSTS", "DUMP_INCLUDES", "DUMP_MODULES", "DUMP_RUN_CFG")

_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Request:
    """What to find out, and how to find the httpd to ask. `wait` is for one that has just been started."""

    program: str | None = None
    config_file: str | None = None
    server_root: str | None = None
    defines: tuple[str, ...] = ()
    include_in: str | None = None
    inspect_certificates: bool = True
    check_keys: bool = True
    timeout: float = 120.0
    wait: float = 0.0

    def find(self) -> Httpd:
        """Find the httpd in question. Raises HttpdError."""
        return find_httpd(
            program=self.program,
            config_file=self.config_file,
            server_root=self.server_root,
            defines=self.defines,
        )


class Answers(t.NamedTuple):
    """The answers of httpd: its version, its configuration, and everything else."""

    version: str
    config: Output
    others: Output


class Question:
    """An httpd that has been asked and is at work."""

    def __init__(self, request: Request) -> None:
        """Start asking. Raises HttpdError if there is no httpd to ask."""
        self.request = request
        self.httpd = request.find()
        self.modules = modules_dir(self.httpd, request.server_root)
        # The variables that only its unit or its supervisor knows.
        self._environment = environment_of(self.httpd.process.pid) if self.httpd.process is not None else None
        load = _load_info(self.modules)
        self.loads_info = bool(load)
        self._version = self._start([*self.httpd.control, "-v"])
        self._config = self._start([*self.httpd.argv(), "-t", *_defined(CONFIG_DUMP), *load])
        self._others = self._start([*self.httpd.argv(), "-t", *_defined(OTHER_DUMPS), *load])

    def _start(self, argv: list[str]) -> Running:
        environment = self._environment
        if environment is not None and "PATH" not in environment:
            environment = {**environment, "PATH": os.environ.get("PATH", os.defpath)}
        return Running(argv, timeout=self.request.timeout, environment=environment)

    def answers(self) -> Answers:
        """Wait for all of them. The first failure is raised as HttpdError."""
        processes = (self._version, self._config, self._others)
        for process in processes:
            process.wait()
        try:
            version, config, others = [process.output() for process in processes]
        except ProcessError as error:
            raise not_run(error) from None
        number = _version(self.httpd, version)
        for output in (config, others):
            if output.code != 0:
                raise refusal(output)
        return Answers(number, config, others)

    def ask_again(self, server_root: str) -> Output | None:
        """Return the configuration as an httpd prints it that loads mod_info from its ServerRoot, None without one."""
        directory = os.path.join(server_root, "modules")
        load = _load_info(directory)
        if self.loads_info or not load:
            return None
        self.modules, self.loads_info = directory, True
        try:
            output = self._start([*self.httpd.argv(), "-t", *_defined(CONFIG_DUMP), *load]).output()
        except ProcessError as error:
            raise not_run(error) from None
        if output.code != 0:
            raise refusal(output)
        return output

    def pid(self, pid_file: str | None) -> int | None:
        """Return the main process; None if it does not run.

        One that has been started a moment ago, and has much to read, has no PID file yet: it is waited for as long as
        it is there. One that has died is not.
        """
        deadline = time.monotonic() + self.request.wait
        missed = 0
        while True:
            pid = read_pid(pid_file)
            if pid is not None and is_httpd(pid, self.httpd.binary):
                return pid
            if time.monotonic() >= deadline:
                return None
            # While it detaches itself, one process takes over from another: a look may find neither.
            missed = missed + 1 if self.request.find().process is None else 0
            if missed > 1:
                return None
            time.sleep(_LOOK_EVERY)

    def no_info(self, output: Output) -> HttpdError:
        """Return the error of an httpd that has printed no configuration."""
        where = f"in {self.modules}" if self.modules is not None else "anywhere"
        return HttpdError(
            "mod_info_missing",
            f"httpd cannot print its configuration without mod_info, and there is no mod_info.so {where}:"
            f" {info_package(self.httpd.layout)}",
            output=output.stderr,
        )


def _load_info(directory: str | None) -> list[str]:
    """Return the options that load mod_info, none if it is not in this directory."""
    info = os.path.join(directory, "mod_info.so") if directory is not None else None
    return ["-C", f'LoadModule info_module "{info}"'] if info is not None and os.path.exists(info) else []


def _defined(names: t.Iterable[str]) -> list[str]:
    return [word for name in names for word in ("-D", name)]


def _version(httpd: Httpd, output: Output) -> str:
    refuse_vendor(httpd.binary, output.stdout)
    # Other vendors count in their own way, and name the httpd that theirs is made of in the next line.
    match = re.search(r"^Apache version: (\S+)", output.stdout, re.MULTILINE) or re.search(
        r"Server version: \S+?/(\S+)", output.stdout
    )
    if not match:
        words = " ".join((output.stderr or output.stdout).split())[:500]
        raise HttpdError("not_httpd", f"{' '.join(httpd.control)} -v does not answer like an httpd: {words}")
    return match.group(1)
