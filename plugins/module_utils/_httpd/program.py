# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of an httpd itself: where it is, who it is, and who serves it."""

from __future__ import annotations

import os
import pwd
import re
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.confinement import selinux_obstacle
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import first_word, server_path
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.drop_in_place import drop_in_place
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files, conf_include_dir, copies_read
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.locate import Httpd
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import serving_uid
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.query import Question
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.supervisor import (
    SYSTEMD,
    Supervisor,
    supervisor_of,
    systemd_is_init,
    unit_exists,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import listens


def describe_program(question: Question, version: str, dump: Dump, files: Files) -> dict[str, t.Any]:
    """Return the part of the result that is about httpd itself."""
    httpd = question.httpd
    pid_file = server_path(dump, dump.pid_file) if dump.pid_file is not None else None
    pid = question.pid(pid_file)
    runtime_dir = dump.mutex_default or (os.path.dirname(pid_file) if pid_file is not None else None)
    main, directory = dump.main_file or httpd.command_line.config_file, conf_include_dir(dump, files)
    place = drop_in_place(dump, files, main=main, directory=directory, requested=question.request.include_in)
    mpms = [name for name in dump.modules if name.startswith("mpm_")]
    return {
        "binary": httpd.binary,
        "control": httpd.argv(),
        "version": version,
        "layout": httpd.layout,
        "instance": httpd.instance,
        "config_file": main,
        "server_root": dump.server_root,
        "conf_include_dir": directory,
        **place.describe(),
        "copies_read": copies_read(dump, files),
        "modules_dir": _modules_dir(question, dump),
        "runtime_dir": runtime_dir.rstrip("/") or "/" if runtime_dir is not None else None,
        "pid_file": pid_file,
        "pid": pid,
        "running": pid is not None,
        **_served(_supervisor(httpd, pid)),
        "network_obstacle": selinux_obstacle(pid) if pid is not None else None,
        "error_logs": _error_logs(dump),
        "user": _user(httpd, pid, dump.user),
        "group": dump.group,
        "mpm": mpms[0][len("mpm_") : -len("_module")] if mpms else None,
        "modules": sorted(dump.modules),
        "defines": list(httpd.command_line.defines),
        "listen": [listen._asdict() for listen in listens(dump)],
    }


def _modules_dir(question: Question, dump: Dump) -> str | None:
    """Return where modules are loaded from; where nothing else tells, it is the directory below ServerRoot."""
    if question.modules is not None:
        return question.modules
    directory = os.path.join(dump.server_root or "/", "modules")
    return directory if os.path.isdir(directory) else None


def _supervisor(httpd: Httpd, pid: int | None) -> Supervisor | None:
    """Return who serves a running httpd; for one that does not run, the unit that the layout brings."""
    names = {"debian": ["apache2"], "redhat": ["httpd"]}.get(httpd.layout or "", [])
    if httpd.instance is not None:
        names = [f"{name}-{httpd.instance}" for name in names]
    if pid is not None:
        return supervisor_of(pid, scripts=[*names, httpd.binary, httpd.control[-1]])
    if not systemd_is_init():
        return None
    units = ["httpd.service", "apache2.service"]
    if httpd.layout == "debian":
        units = ["apache2.service" if httpd.instance is None else f"apache2@{httpd.instance}.service"]
    unit = next((unit for unit in units if unit_exists(unit)), None)
    return Supervisor(SYSTEMD, unit, ("systemctl", "restart", unit)) if unit is not None else None


def _served(supervisor: Supervisor | None) -> dict[str, t.Any]:
    if supervisor is None:
        return {"service": None, "served_by": None, "served_as": None, "restart_command": [], "restart_obstacle": None}
    return {
        "service": supervisor.unit,
        "served_by": supervisor.kind,
        "served_as": supervisor.name,
        "restart_command": list(supervisor.restart),
        "restart_obstacle": supervisor.obstacle,
    }


def _error_logs(dump: Dump) -> list[str]:
    """Return the error logs that are files; programs and syslog cannot be read back."""
    arguments = [
        first_word(directive.arguments)
        for section in (dump.server, *dump.vhosts)
        for directive in section.directives
        if directive.name == "errorlog"
    ]
    return sorted({server_path(dump, name) for name in arguments if name and not re.match(r"\||syslog(?::|$)", name)})


def _user(httpd: Httpd, pid: int | None, configured: str | None) -> str | None:
    """Return the user that answers requests: who really does so counts more than the configuration."""
    number = serving_uid(pid, httpd.binary) if pid is not None else None
    if number is None and configured is not None and re.fullmatch(r"#\d+", configured, re.ASCII):
        number = int(configured[1:])
    if number is None:
        return configured
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        # Nobody's number.
        return str(number)
