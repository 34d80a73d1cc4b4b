# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where httpd is, and how it is called on this system."""

from __future__ import annotations

import glob
import os
import re
import shlex
import shutil
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.foreign import refuse_place
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import (
    CommandLine,
    Process,
    main_processes,
    modules_dir_of,
    parse_command_line,
    running_programs,
)

_DEBIAN_CONTROL = "/usr/sbin/apache2ctl"
_DEBIAN_BINARY = "/usr/sbin/apache2"
_DEBIAN_CONFIG = "/etc/apache2"
_USUAL = (
    _DEBIAN_CONTROL,
    "/usr/sbin/httpd",
    "/usr/local/apache2/bin/httpd",
    "/usr/local/sbin/httpd",
    "/opt/apache2/bin/httpd",
    "/opt/httpd/bin/httpd",
)
_NAMES = ("apache2ctl", "httpd", "apachectl", "apache2")
_MODULES = (
    "{prefix}/modules",
    "/usr/lib/apache2/modules",
    "/usr/lib64/httpd/modules",
    "/usr/lib/httpd/modules",
    "/usr/lib64/apache2/modules",
    "/usr/lib64/apache2",
    "/usr/lib/apache2",
    "/usr/libexec/apache2",
)
# Programs beside a control script, in the order of trying.
_CONTROLLED = {"apachectl": ("httpd",), "apache2ctl": ("apache2", "httpd")}


@dataclass(frozen=True)
class Httpd:
    """An httpd and how to call it. `control` is the program with its environment; `argv()` adds options."""

    control: tuple[str, ...]
    binary: str
    layout: str | None
    command_line: CommandLine
    instance: str | None = None
    process: Process | None = None

    def argv(self) -> list[str]:
        """Return the command that asks this httpd about its configuration, without a question."""
        return [*self.control, *self.command_line.arguments()]


def find_httpd(
    *,
    program: str | None = None,
    config_file: str | None = None,
    server_root: str | None = None,
    defines: t.Sequence[str] = (),
) -> Httpd:
    """Find httpd, and take over how the running one was started; what the caller gives comes first."""
    path = _program(program)
    httpd = _debian(path, server_root) if _is_debian(path) else _plain(path)
    process = _running(httpd, config_file=config_file, server_root=server_root)
    refuse_place(httpd.binary, config_file or (process.command_line.config_file if process is not None else None))
    if process is not None:
        taken = process.command_line
        if httpd.layout == "debian" and taken.server_root == f"{_DEBIAN_CONFIG}-{httpd.instance}":
            # The control script says -d itself.
            taken = replace(taken, server_root=None)
        httpd = replace(httpd, command_line=taken, process=process)
    command_line = httpd.command_line
    requested = dict.fromkeys([*command_line.defines, *defines])
    if server_root is not None and httpd.instance is None:
        command_line = replace(command_line, server_root=server_root)
    if config_file is not None:
        command_line = replace(command_line, config_file=config_file)
    return replace(httpd, command_line=replace(command_line, defines=tuple(requested)))


def modules_dir(httpd: Httpd, server_root: str | None = None) -> str | None:
    """Return the directory of the loadable modules: that of the running httpd, or else the first usual one.

    Where the usual name is a link to the directory of the running one, the link is returned: it stays when an upgrade
    moves the directory.
    """
    prefix = os.path.dirname(os.path.dirname(httpd.binary))
    candidates = [pattern.format(prefix=prefix) for pattern in _MODULES]
    if httpd.layout == "redhat":
        candidates.insert(0, "/etc/httpd/modules")
    if server_root is not None:
        candidates.insert(0, os.path.join(server_root, "modules"))
    running = modules_dir_of(httpd.process.pid) if httpd.process is not None else None
    if running is not None and os.path.isdir(running):
        return next((candidate for candidate in candidates if _same(candidate, running)), running)
    found = [candidate for candidate in candidates if glob.glob(os.path.join(glob.escape(candidate), "mod_*.so"))]
    with_info = [candidate for candidate in found if os.path.exists(os.path.join(candidate, "mod_info.so"))]
    return next(iter(with_info or found), None)


def info_package(layout: str | None) -> str:
    """Return how to get mod_info, as the end of a sentence."""
    if layout == "debian":
        return "install the package apache2-bin again"
    if os.path.isdir("/usr/local/cpanel"):
        return "install the package ea-apache24-mod_info"
    if layout == "redhat":
        return "install the package httpd-core (httpd on older systems) again"
    if os.path.exists("/etc/gentoo-release"):
        return "build it with info among APACHE2_MODULES"
    return "build httpd with --enable-info"


def _program(program: str | None) -> str:
    if program is not None:
        path = program if "/" in program else shutil.which(program, path=_search_path())
        if path is None or not os.path.exists(path):
            raise HttpdError("httpd_not_found", f"there is no httpd at {program}")
        if os.path.isdir(path) or not os.access(path, os.X_OK):
            raise HttpdError("httpd_not_executable", f"{program} is not a program that can be run")
        return os.path.abspath(path)
    present = [path for path in _USUAL if os.access(path, os.X_OK)]
    # The one that runs is the one that is meant, wherever it is installed.
    running = [path for path in running_programs() if os.access(path, os.X_OK)]
    for path in present:
        if _binary_of(path) in running:
            return path
    if len(running) == 1:
        return running[0]
    if present:
        return present[0]
    for name in _NAMES:
        found = shutil.which(name, path=_search_path())
        if found is not None:
            return found
    raise HttpdError(
        "httpd_not_found",
        f"no httpd was found (looked for {', '.join(_USUAL)} and for {', '.join(_NAMES)} in PATH);"
        " name its binary or control script with the option httpd",
    )


def _search_path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def _binary_of(path: str) -> str:
    """Return the program that runs where this one, or this control script, is called."""
    directory, name = os.path.split(path)
    beside = [os.path.join(directory, program) for program in _CONTROLLED.get(name.partition("-")[0], ())]
    return os.path.realpath(next((program for program in beside if os.path.exists(program)), path))


def _is_debian(path: str) -> bool:
    """Tell whether this is Debian's httpd, or its control script; Gentoo and old SUSE have others of these names."""
    control = path if os.path.basename(path).startswith("apache2ctl") else _DEBIAN_CONTROL
    if control != path and os.path.realpath(path) not in (_DEBIAN_CONTROL, _DEBIAN_BINARY):
        return False
    try:
        with open(control, "rb") as handle:
            return b"APACHE_CONFDIR" in handle.read(65536)
    except OSError:
        return False


def _debian(path: str, server_root: str | None) -> Httpd:
    """Return Debian's httpd. Its control script reads the environment, and has the name of the instance."""
    name = os.path.basename(path)
    instance = name[len("apache2ctl-") :] if name.startswith("apache2ctl-") else None
    control: tuple[str, ...] = (path,)
    if not name.startswith("apache2ctl"):
        control = (_DEBIAN_CONTROL,)
    if server_root is not None:
        root = server_root.rstrip("/")
        if root.startswith(_DEBIAN_CONFIG + "-") and instance is None:
            instance = root[len(_DEBIAN_CONFIG) + 1 :]
            control = ("/usr/bin/env", f"APACHE_CONFDIR={root}", *control)
    return Httpd(control, _DEBIAN_BINARY, "debian", CommandLine(), instance=instance)


def _plain(path: str) -> Httpd:
    name = os.path.basename(path)
    directory = os.path.dirname(path)
    control: tuple[str, ...] = (path,)
    binary = path
    if name.partition("-")[0] in _CONTROLLED:
        binary = _binary_of(path)
        if binary == os.path.realpath(path):
            raise HttpdError("httpd_not_found", f"{path} has no httpd beside it")
        if name.startswith("apache2ctl") or os.path.exists(os.path.join(directory, "start_apache2")):
            # Not every version passes options on as they are.
            control = (binary,)
    elif os.path.exists(os.path.join(directory, "start_apache2")):
        pass
    elif os.path.isfile(os.path.join(directory, "envvars")) and os.access(
        os.path.join(directory, "apachectl"), os.X_OK
    ):
        # An httpd from source keeps its environment beside it, and only its script reads it.
        control = (os.path.join(directory, "apachectl"),)
    layout = _layout(binary)
    command_line = CommandLine()
    if layout == "redhat":
        # apachectl is a front of systemctl there, and takes no arguments.
        control = (binary,)
        environment, command_line = sysconfig()
        if environment:
            control = ("/usr/bin/env", *environment, binary)
    return Httpd(control, binary, layout, command_line)


def _layout(binary: str) -> str | None:
    directory = os.path.dirname(os.path.realpath(binary))
    # Arch has /etc/httpd, too, but no directory for drop-ins.
    if directory in ("/usr/sbin", "/usr/bin") and os.path.isdir("/etc/httpd/conf.d"):
        return "redhat"
    prefix = os.path.dirname(directory)
    if os.path.basename(directory) == "bin" and os.path.isdir(os.path.join(prefix, "conf")):
        return "upstream"
    return None


def sysconfig(path: str = "/etc/sysconfig/httpd") -> tuple[list[str], CommandLine]:
    """Return the environment (NAME=value) and the options that the service gets from this file."""
    environment: list[str] = []
    command_line = CommandLine()
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            lines = handle.read(65536).replace("\\\n", " ").splitlines()
    except OSError:
        return environment, command_line
    for line in lines:
        match = re.match(r"\s*([A-Za-z_]\w*)=(.*)$", line)
        if not match:
            continue
        try:
            words = shlex.split(match.group(2), comments=False)
        except ValueError:
            continue
        value = " ".join(words)
        if match.group(1) == "OPTIONS":
            command_line = parse_command_line(shlex.split(value))
        elif match.group(1) not in ("LANG", "LC_ALL"):
            environment.append(f"{match.group(1)}={value}")
    return environment, command_line


def _running(httpd: Httpd, *, config_file: str | None, server_root: str | None) -> Process | None:
    """Return the main process that serves the configuration in question; None if that is not clear."""
    processes = main_processes(httpd.binary)
    if httpd.layout == "debian":
        root = None if httpd.instance is None else f"{_DEBIAN_CONFIG}-{httpd.instance}"
        processes = [process for process in processes if _same_root(process, root)]
    elif server_root is not None:
        processes = [process for process in processes if _same(process.command_line.server_root, server_root)]
    if config_file is not None:
        processes = [process for process in processes if _same(_config_file(httpd, process), config_file)]
    elif len(processes) > 1:
        # Of several instances, the one that needs no telling where its configuration is.
        processes = [process for process in processes if process.command_line.config_file is None]
    return processes[0] if len(processes) == 1 else None


def _config_file(httpd: Httpd, process: Process) -> str | None:
    """Return the file that a process was given with -f, which may be relative to ServerRoot."""
    given = process.command_line.config_file
    if given is None or os.path.isabs(given):
        return given
    default = {"debian": _DEBIAN_CONFIG, "redhat": "/etc/httpd"}.get(
        httpd.layout or "", os.path.dirname(os.path.dirname(httpd.binary))
    )
    return os.path.join(process.command_line.server_root or default, given)


def _same_root(process: Process, root: str | None) -> bool:
    given = process.command_line.server_root
    if root is None:
        return given is None or not given.startswith(_DEBIAN_CONFIG + "-")
    return _same(given, root)


def _same(path: str | None, other: str) -> bool:
    return path is not None and os.path.realpath(path) == os.path.realpath(other)
