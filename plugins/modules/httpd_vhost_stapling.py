#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: httpd_vhost_stapling
short_description: Switch OCSP stapling on or off inside virtual hosts of Apache httpd
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
description:
  - Sets C(SSLUseStapling on) or C(SSLUseStapling off) inside exactly those C(<VirtualHost>) sections that are given,
    by file and line as httpd itself reports them, and takes it out again.
  - The directive is put at the end of the section, between marks. A directive of the site's own that says otherwise
    becomes a comment between such marks. With O(edits[].state=absent) both are undone, byte for byte; lines that
    somebody else has written between the marks stay.
  - Everything else of the file is kept, line endings, owner, mode and SELinux context included. A symbolic link stays
    one, and the file that it points to is written.
  - Either all edits are made or none. httpd is not reloaded.
options:
  edits:
    description:
      - What to do to which section. All lines are those before any of the edits.
      - Either this option, or O(file), O(line) and O(state) are needed.
    type: list
    elements: dict
    suboptions:
      file:
        description: The file, absolute, as httpd reports it.
        type: str
        required: true
      line:
        description: The line of the C(<VirtualHost>) tag, as httpd reports it.
        type: int
        required: true
      state:
        description:
          - V(on) and V(off) write the directive with this value, V(absent) takes out what this module has written.
        type: str
        choices: ["on", "off", absent]
        required: true
      vhost:
        description: Name of the virtual host, for messages only.
        type: str
      reason:
        description: Why this is done. Accepted so that a plan's edits can be given as they are.
        type: str
  file:
    description: The file of a single edit.
    type: str
  line:
    description: The line of a single edit.
    type: int
  state:
    description: The state of a single edit.
    type: str
    choices: ["on", "off", absent]
  backup:
    description:
      - Keep a copy of each file that changes, beside it. Its name begins with a dot, so that no C(Include) with a
        wildcard reads it. One of a whole directory does, see
        RV(stapling.httpd.httpd_tls_info#module:httpd.copies_read).
      - When the module fails, no copy is left.
    type: bool
    default: false
  validate:
    description:
      - A command, as a list of its words, to run once everything is written, such as V([apache2ctl, "-t"]). If it
        fails, all files get their previous content back and so does the module.
      - It judges the files in their place, since a section alone cannot be judged.
    type: list
    elements: str
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.changing
seealso:
  - module: stapling.httpd.httpd_tls_info
    description: Where httpd has each virtual host from.
  - plugin: stapling.httpd.stapling_plan
    plugin_type: filter
    description: Which virtual hosts need a line of their own.
"""

EXAMPLES = r"""
- name: Switch stapling on in one virtual host
  stapling.httpd.httpd_vhost_stapling:
    file: /etc/apache2/sites-enabled/www.example.com.conf
    line: 12
    state: "on"
    validate: [apache2ctl, "-t"]
  become: true

- name: Carry out a plan's edits
  stapling.httpd.httpd_vhost_stapling:
    edits: "{{ plan.edits.before + plan.edits.after }}"
    backup: true
    validate: [apache2ctl, "-t"]
  become: true
"""

RETURN = r"""
files:
  description: Every file that was given, by its real path.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The real path.
      type: str
    changed:
      description: Whether it has changed, or would in check mode.
      type: bool
    backup_file:
      description: The copy of its previous content, V(null) if there is none.
      type: str
  sample:
    - path: /etc/apache2/sites-available/www.example.com.conf
      changed: true
      backup_file: null
reason:
  description:
    - Why nothing was changed, a stable word.
    - About the file V(not_absolute), V(not_found), V(not_a_file), V(too_large), V(unreadable). About the section
      V(not_a_vhost), V(not_closed), V(macro_generated), V(conflicting_edits). About the change V(write_failed),
      V(validation_failed).
  returned: failure
  type: str
  sample: macro_generated
"""

import contextlib
import os
import stat
import tempfile
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_text

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhost_block import (
    Edit,
    VhostBlockError,
    apply_edits,
)

MAXIMUM_SIZE = 16 * 1024 * 1024


class RefusedError(StaplingError):
    """The edits cannot be made; nothing has been written."""


class Change(t.NamedTuple):
    path: str
    before: bytes
    after: bytes


def collect(edits: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, list[t.Mapping[str, t.Any]]]:
    """Group the edits by real path: several links may lead to one file, and it must be written once."""
    by_path: dict[str, list[t.Mapping[str, t.Any]]] = {}
    for edit in edits:
        file = edit["file"]
        if file.startswith("macro "):
            raise RefusedError("macro_generated", f"{file} is a section that a macro generates; edit the macro by hand")
        if not os.path.isabs(file):
            raise RefusedError("not_absolute", f"{file} is not an absolute path")
        by_path.setdefault(os.path.realpath(file), []).append(edit)
    return by_path


def read(path: str) -> bytes:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError("not_a_file", f"{path} is not a regular file")
        if status.st_size > MAXIMUM_SIZE:
            raise RefusedError("too_large", f"{path} has {status.st_size} bytes, too many for a configuration file")
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        raise RefusedError("not_found", f"{path} does not exist") from None
    except OSError as error:
        raise RefusedError("unreadable", f"{path} cannot be read: {error.strerror}") from None


def plan_changes(edits: t.Iterable[t.Mapping[str, t.Any]]) -> list[Change]:
    """Every file with its content before and after, or RefusedError."""
    changes = []
    for path, its_edits in collect(edits).items():
        before = read(path)
        try:
            after = apply_edits(before, [Edit(line=edit["line"], state=edit["state"]) for edit in its_edits])
        except VhostBlockError as error:
            name = next((edit["vhost"] for edit in its_edits if edit["line"] == error.line and edit.get("vhost")), None)
            raise RefusedError(error.code, f"{path}: {error.message}{f' ({name})' if name else ''}") from None
        changes.append(Change(path, before, after))
    return changes


def write(module: AnsibleModule, path: str, content: bytes) -> None:
    """Replace the content at once; owner, mode and context are taken over from the file that is there."""
    handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    module.atomic_move(temporary, path)


def backup_name(path: str) -> str:
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S~')}")


def carry_out(module: AnsibleModule, changes: t.Sequence[Change]) -> dict[str, str]:
    """Write all changes and have them judged; whatever goes wrong on the way, all files get their content back.

    Returns the copies, if there are to be any: by file.
    """
    accepted = False
    backups: dict[str, str] = {}
    try:
        for change in changes if module.params["backup"] else ():
            backups[change.path] = backup_name(change.path)
            module.preserved_copy(change.path, backups[change.path])
        for change in changes:
            write(module, change.path, change.after)
        accepted, output = judge(module)
    except OSError as error:
        give_up(module, changes, reason="write_failed", cause=str(error))
    finally:
        # Also when something else ends the run here, such as a signal that Python turns into an exception.
        if not accepted and not restore(module, changes):
            # Nobody would look for a copy of what has not changed, and an Include may have httpd read it.
            for copy in backups.values():
                with contextlib.suppress(OSError):
                    os.unlink(copy)
    if not accepted:
        give_up(
            module,
            changes,
            reason="validation_failed",
            cause=f"{module.params['validate'][0]} did not accept the change: {output}",
        )
    return backups


def restore(module: AnsibleModule, changes: t.Sequence[Change]) -> list[str]:
    """Give every file that has changed its content back; what could not be restored is returned, in words."""
    failed = []
    for change in changes:
        try:
            with open(change.path, "rb") as stream:
                intact = stream.read() == change.before
            if not intact:
                write(module, change.path, change.before)
        except OSError as error:
            failed.append(f"{change.path} could not be restored ({error})")
    return failed


def give_up(module: AnsibleModule, changes: t.Sequence[Change], *, reason: str, cause: str) -> t.NoReturn:
    failed = restore(module, changes)
    outcome = "; ".join(failed) if failed else "all files have their previous content"
    module.fail_json(msg=f"{cause}; {outcome}", reason=reason)


def judge(module: AnsibleModule) -> tuple[bool, str]:
    command = module.params["validate"]
    if not command:
        return True, ""
    try:
        status, standard_output, standard_error = module.run_command(command, handle_exceptions=False)
    except OSError as error:
        return False, f"it cannot be run: {error.strerror}"
    return status == 0, (standard_error.strip() or standard_output.strip() or f"it ended with status {status}")


def main() -> None:
    edit_spec = {
        # No "path": httpd's word for the file counts letter by letter, a dollar sign included.
        "file": {"type": "str", "required": True},
        "line": {"type": "int", "required": True},
        "state": {"type": "str", "required": True, "choices": ["on", "off", "absent"]},
        "vhost": {"type": "str"},
        "reason": {"type": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            "edits": {"type": "list", "elements": "dict", "options": edit_spec},
            "file": {"type": "str"},
            "line": {"type": "int"},
            "state": {"type": "str", "choices": ["on", "off", "absent"]},
            "backup": {"type": "bool", "default": False},
            "validate": {"type": "list", "elements": "str"},
        },
        mutually_exclusive=[("edits", "file"), ("edits", "line"), ("edits", "state")],
        required_together=[("file", "line", "state")],
        required_one_of=[("edits", "file")],
        supports_check_mode=True,
    )
    edits = module.params["edits"]
    if edits is None:
        edits = [{name: module.params[name] for name in ("file", "line", "state")}]
    try:
        changes = plan_changes(edits)
    except RefusedError as error:
        module.fail_json(msg=error.message, reason=error.code)
    todo = [change for change in changes if change.before != change.after]
    backups: dict[str, str] = {}
    if todo and not module.check_mode:
        backups = carry_out(module, todo)
    module.exit_json(
        changed=bool(todo),
        files=[
            {"path": change.path, "changed": change in todo, "backup_file": backups.get(change.path)}
            for change in changes
        ],
        diff=[
            {
                "before_header": change.path,
                "after_header": change.path,
                "before": to_text(change.before, errors="surrogate_or_replace"),
                "after": to_text(change.after, errors="surrogate_or_replace"),
            }
            for change in todo
        ],
    )


if __name__ == "__main__":
    main()
