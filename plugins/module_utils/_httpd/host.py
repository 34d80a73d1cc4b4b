# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that write httpd's configuration take and return alike."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import AFTER, Target
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import environment_of, is_httpd, read_pid
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.take_up import Command

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

EDIT_SPEC: t.Final[dict[str, t.Any]] = {
    # No "path": httpd's word for the file counts letter by letter, a dollar sign included.
    "file": {"type": "str", "required": True},
    "line": {"type": "int", "required": True},
    "state": {"type": "str", "required": True, "choices": ["on", "off", "absent"]},
    "vhost": {"type": "str"},
    "reason": {"type": "str"},
}


def runner(module: AnsibleModule, *, control: t.Sequence[str] = (), pid_file: str | None = None) -> Command:
    """Return what runs programs for a module; it raises OSError for one that cannot be run.

    A command that begins with `control` gets the environment of the httpd that runs now, which may know variables that
    its configuration needs. Other programs, such as systemctl, do not.
    """
    pid = read_pid(pid_file)
    environment = environment_of(pid) if pid is not None and is_httpd(pid, None) else None

    def run(command: t.Sequence[str]) -> tuple[int, str, str]:
        of_httpd = bool(control) and list(command[: len(control)]) == list(control)
        status, output, errors = module.run_command(
            list(command), handle_exceptions=False, environ_update=environment if of_httpd else None
        )
        return int(status), str(output), str(errors)

    return run


def diff_of(targets: t.Iterable[Target]) -> list[dict[str, str]]:
    """Return what --diff shows of the files that change."""
    return [
        {
            "before_header": target.path,
            "after_header": target.path,
            "before": _text(target.found),
            "after": _text(target.contents[AFTER]),
        }
        for target in targets
        if target.changes
    ]


def _text(content: bytes | None) -> str:
    # What is not UTF-8 keeps Ansible from reading the result at all, of a change that has been made.
    return (content or b"").decode("utf-8", "backslashreplace")
