#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: httpd_stapling_write
short_description: Write what Apache httpd needs to staple OCSP responses, all or nothing
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
description:
  - Writes the drop-in with the stapling directives, the line that includes it, and the lines inside C(<VirtualHost>)
    sections, as P(stapling.httpd.stapling_plan#filter) wants them, and has httpd take them up.
  - The order is safe at every moment, should the run be killed and somebody else reload httpd. Virtual hosts are
    switched off before the whole server is switched on, and on only while there is a cache. Where C(SSLStaplingCache)
    goes, httpd is restarted in the same breath, since a graceful reload would kill it.
  - Either all files are written or none. What httpd would not take is never left behind. Each file keeps its line
    endings, owner, mode and SELinux context; the drop-in belongs to the user that runs the module and has the mode
    V(0644). One that somebody has made V(0640) or V(0600) stays so.
  - Which drop-in holds the cache of which httpd is written down below C(/var/lib/ocsp-stapling), by which
    M(stapling.httpd.httpd_tls_info) knows a drop-in that something else has removed. An httpd that runs with it still
    would not survive a reload.
  - A copy of each file stays beside it until O(state=tidied), by which M(stapling.httpd.httpd_tls_info) knows a run
    that was interrupted.
options:
  state:
    description:
      - V(present) writes O(content), O(edits_before) and O(edits_after), and the line in O(include_in).
      - V(absent) takes out the drop-in and the line in O(include_in), and makes O(edits_before) and O(edits_after).
      - V(restored) puts back the files of which there are O(copies), and V(tidied) removes these copies.
      - V(reread) writes nothing, and has httpd read its configuration again.
    type: str
    choices: [present, absent, restored, tidied, reread]
    default: present
  path:
    description: The drop-in, absolute. A symbolic link is refused. Needed for O(state=present) and O(state=absent).
    type: str
  content:
    description:
      - The whole text of the drop-in. Needed for O(state=present).
      - With O(state=restored) the drop-in gets this text, whatever was there before, and the line in O(include_in)
        stays. It is for what has to be left behind where httpd cannot be restarted, or may not.
    type: str
  include_in:
    description: The configuration file that needs a line to include the drop-in, where httpd reads no drop-ins.
    type: str
  config_file:
    description:
      - The main configuration file, as RV(stapling.httpd.httpd_tls_info#module:httpd.config_file) has it.
      - O(include_in) is judged by httpd before it is in its place if it is this file or this is not given, else
        together with the others afterwards.
    type: str
  edits_before:
    description: What to do to which virtual host before the drop-in changes. All lines are those before any edit.
    type: list
    elements: dict
    default: []
    suboptions: &edit
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
          - V(on) and V(off) write C(SSLUseStapling) with this value, V(absent) takes out what was written.
        type: str
        choices: ["on", "off", absent]
        required: true
      vhost:
        description: Name of the virtual host, for messages only.
        type: str
      reason:
        description: Why this is done. Accepted so that a plan's edits can be given as they are.
        type: str
  edits_after:
    description: What to do to which virtual host once the drop-in has changed.
    type: list
    elements: dict
    default: []
    suboptions: *edit
  control:
    description:
      - The command that controls httpd, as a list of its words, such as V([apache2ctl]). It judges the configuration
        with C(-t), and reloads and starts an httpd that is no service.
    type: list
    elements: str
    required: true
  copies:
    description:
      - For O(state=restored) and O(state=tidied) the copies, newest first, as RV(copies) and
        RV(stapling.httpd.httpd_tls_info#module:stapling.leftovers) give them. Of several copies of one file the oldest
        is put back.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file.
        type: str
        required: true
      backup_file:
        description: Its copy. V(null) for a file that was not there, and goes unless there is another copy of it.
        type: str
  apply:
    description:
      - How httpd takes up what was written. V(reload) is graceful and cuts nobody off, V(restart) starts a new
        process, V(none) leaves it to somebody else.
      - With O(state=absent) and O(state=restored) an httpd that dies of a reload is started again.
    type: str
    choices: [none, reload, restart]
    default: none
  always_apply:
    description: Whether httpd takes its configuration up also when nothing had to be written.
    type: bool
    default: false
  twice:
    description: Whether a second reload follows the first one, as mod_md needs it where it is new.
    type: bool
    default: false
  service:
    description: The systemd unit of httpd, or nothing for an httpd that is no service.
    type: str
  pid_file:
    description: The PID file of httpd, to see whether it lives.
    type: str
  restart_command:
    description:
      - The command by which whoever serves an httpd that is no systemd unit restarts it, as
        RV(stapling.httpd.httpd_tls_info#module:httpd.restart_command) gives it. The module waits for the new main
        process.
      - Without one, httpd is stopped and started by O(control).
    type: list
    elements: str
    default: []
  restart_obstacle:
    description:
      - Why httpd cannot be restarted, as RV(stapling.httpd.httpd_tls_info#module:httpd.restart_obstacle) gives it.
      - A change that needs a restart then fails before anything is written.
    type: str
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.changing
seealso:
  - module: stapling.httpd.httpd_vhost_stapling
    description: The lines inside virtual hosts alone.
  - module: stapling.httpd.httpd_tls_info
  - plugin: stapling.httpd.stapling_plan
    plugin_type: filter
    description: What to write, and how httpd takes it up.
"""

EXAMPLES = r"""
- name: Observe
  stapling.httpd.httpd_tls_info:
  register: tls
  become: true

- name: Decide
  ansible.builtin.set_fact:
    plan: "{{ tls | stapling.httpd.stapling_plan }}"

- name: Write what the plan wants, and have httpd take it up
  stapling.httpd.httpd_stapling_write:
    state: present
    path: "{{ plan.file.path }}"
    content: "{{ plan.file.content }}"
    include_in: "{{ plan.file.include_in }}"
    edits_before: "{{ plan.edits.before }}"
    edits_after: "{{ plan.edits.after }}"
    control: "{{ tls.httpd.control }}"
    service: "{{ tls.httpd.service }}"
    pid_file: "{{ tls.httpd.pid_file }}"
    restart_command: "{{ tls.httpd.restart_command }}"
    restart_obstacle: "{{ tls.httpd.restart_obstacle }}"
    apply: "{{ plan.httpd.apply }}"
  register: written
  become: true
  when: plan.safe and plan.file.content is truthy

- name: Put everything back
  stapling.httpd.httpd_stapling_write:
    state: restored
    copies: "{{ written.copies }}"
    control: "{{ tls.httpd.control }}"
    path: "{{ plan.file.path }}"
    content: "{{ plan.httpd.undo_content }}"
    include_in: "{{ plan.file.include_in }}"
    service: "{{ tls.httpd.service }}"
    pid_file: "{{ tls.httpd.pid_file }}"
    restart_command: "{{ tls.httpd.restart_command }}"
    restart_obstacle: "{{ tls.httpd.restart_obstacle }}"
    apply: "{{ plan.httpd.undo }}"
  become: true
"""

RETURN = r"""
copies:
  description:
    - Each file that was written, newest first, with its copy.
    - Also returned by a failure that has left files written, which is one of httpd that does not take them up.
  returned: with O(state=present) and O(state=absent)
  type: list
  elements: dict
  contains:
    path:
      description: The real path.
      type: str
    backup_file:
      description: The copy of its previous content, V(null) for a file that was not there.
      type: str
  sample:
    - path: /etc/apache2/conf-enabled/zz-ocsp-stapling.conf
      backup_file: null
reason:
  description:
    - Why the module failed, a stable word.
    - Nothing was changed with V(not_absolute), V(not_found), V(not_a_file), V(is_a_link), V(too_large), V(unreadable),
      V(not_writable), V(not_a_vhost), V(not_closed), V(macro_generated), V(conflicting_edits), V(write_failed) and
      V(validation_failed).
    - Nothing was changed with V(cannot_restart) either, unless httpd has died of a reload.
    - The files are written with V(not_taken_up). V(not_restored) says that not every file could be put back.
  returned: failure
  type: str
  sample: validation_failed
"""

import contextlib
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.checks import ControlCheck
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import (
    AFTER,
    BEFORE,
    DROP_IN_ITSELF,
    INCLUDE,
    MOMENTS,
    Target,
    drop_in_target,
    edit_targets,
    refuse_unwritable,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.host import EDIT_SPEC, diff_of, runner
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.record import keep_record
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.take_up import (
    NONE,
    RELOAD,
    RESTART,
    Server,
    TakeUpError,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.write import (
    WriteError,
    Writer,
    restore,
    tidy,
    with_kept_drop_in,
)


def targets_of(parameters: t.Mapping[str, t.Any]) -> list[Target]:
    """Return every file that the change is about."""
    path, content = parameters["path"], parameters["content"]
    present = parameters["state"] == "present"
    drop_in = drop_in_target(path, content.encode() if present else None)
    return [
        drop_in,
        *edit_targets(
            parameters["edits_before"],
            parameters["edits_after"],
            include_in=parameters["include_in"],
            include=path if present else None,
            config_file=parameters["config_file"],
        ),
    ]


def carry_out(module: AnsibleModule, server: Server, writer: Writer, targets: t.Sequence[Target]) -> None:
    """Write everything, and have httpd take it up."""
    parameters = module.params
    how = parameters["apply"]
    if how != RESTART or parameters["state"] != "absent" or not targets[0].changes:
        wrote = writer.write(MOMENTS)
        if wrote or parameters["always_apply"]:
            server.take_up(how, twice=parameters["twice"], revive=parameters["state"] == "absent")
        return
    # The cache goes: between the drop-in's removal and the restart nothing else is done.
    writer.write((BEFORE, DROP_IN_ITSELF))
    server.take_up(RESTART)
    try:
        wrote = writer.write((INCLUDE, AFTER))
    except StaplingError:
        take_up_leniently(server, RELOAD)
        raise
    if wrote:
        server.take_up(RELOAD, revive=True)


def take_up_leniently(server: Server, how: str) -> None:
    """Have httpd take up what is there, alive or dead; that it fails is not what is to be reported."""
    with contextlib.suppress(StaplingError):
        server.take_up(how, revive=True)


def write(module: AnsibleModule, server: Server) -> None:
    """Write the files, or take them out, and end the module."""
    try:
        targets = targets_of(module.params)
        refuse_unwritable(targets)
    except StaplingError as error:
        module.fail_json(msg=error.message, reason=error.code)
    checks = ControlCheck(module.params["control"], run=server.run)
    writer = Writer(module, targets, checks=checks)
    changed = any(target.changes for target in targets) or module.params["always_apply"]
    failure: StaplingError | None = None
    if not module.check_mode:
        try:
            carry_out(module, server, writer, targets)
        except StaplingError as error:
            failure = error
            if isinstance(error, WriteError) and not error.restored:
                # What is on disk is what httpd runs, also where it is not what was there before.
                take_up_leniently(server, RELOAD)
        if failure is None or (module.params["state"] == "present" and isinstance(failure, TakeUpError)):
            keep_record(module.params["path"], pid_file=server.pid_file)
    copies = [{"path": path, "backup_file": copy} for path, copy in writer.copies.items()]
    if failure is not None:
        written = isinstance(failure, TakeUpError) or (isinstance(failure, WriteError) and not failure.restored)
        module.fail_json(msg=failure.message, reason=failure.code, changed=written, copies=copies)
    module.exit_json(changed=changed, copies=copies, diff=diff_of(targets))


def put_back(module: AnsibleModule, server: Server) -> None:
    """Put the files back, have httpd take them up, and end the module."""
    parameters = module.params
    failed: list[str] = []
    if not module.check_mode:
        try:
            copies = parameters["copies"]
            if parameters["content"] is not None:
                copies = with_kept_drop_in(
                    module,
                    copies,
                    path=parameters["path"],
                    content=parameters["content"].encode(),
                    include_in=parameters["include_in"],
                )
        except OSError as error:
            take_up_leniently(server, RELOAD)
            module.fail_json(msg=f"nothing was put back: {error}", reason="not_restored", changed=True)
        failed = restore(copies)
        try:
            server.take_up(module.params["apply"], revive=True)
        except TakeUpError as error:
            module.fail_json(msg="; ".join([*failed, error.message]), reason=error.code, changed=True)
    if failed:
        module.fail_json(msg="; ".join(failed), reason="not_restored", changed=True)
    if parameters["path"] is not None and not module.check_mode:
        keep_record(parameters["path"], pid_file=server.pid_file)
    module.exit_json(changed=True)


def reread(module: AnsibleModule, server: Server) -> None:
    """Have httpd read its configuration again, and end the module."""
    if not module.check_mode:
        try:
            server.take_up(module.params["apply"], twice=module.params["twice"])
        except TakeUpError as error:
            module.fail_json(msg=error.message, reason=error.code)
    module.exit_json(changed=True)


def remove_copies(module: AnsibleModule) -> None:
    """Remove the copies, warn of those that stay, and end the module."""
    copies = module.params["copies"]
    if module.check_mode:
        module.exit_json(changed=any(entry["backup_file"] for entry in copies))
    removed, failed = tidy(copies)
    for sentence in failed:
        module.warn(f"{sentence}; remove it by hand")
    module.exit_json(changed=bool(removed))


def main() -> None:
    edits = {"type": "list", "elements": "dict", "options": EDIT_SPEC, "default": []}
    copy = {"path": {"type": "str", "required": True}, "backup_file": {"type": "str"}}
    module = AnsibleModule(
        argument_spec={
            "state": {
                "type": "str",
                "choices": ["present", "absent", "restored", "tidied", "reread"],
                "default": "present",
            },
            "path": {"type": "str"},
            "content": {"type": "str"},
            "include_in": {"type": "str"},
            "config_file": {"type": "str"},
            "edits_before": edits,
            "edits_after": edits,
            "control": {"type": "list", "elements": "str", "required": True},
            "copies": {"type": "list", "elements": "dict", "options": copy, "default": []},
            "apply": {"type": "str", "choices": [NONE, RELOAD, RESTART], "default": NONE},
            "always_apply": {"type": "bool", "default": False},
            "twice": {"type": "bool", "default": False},
            "service": {"type": "str"},
            "pid_file": {"type": "str"},
            "restart_command": {"type": "list", "elements": "str", "default": []},
            "restart_obstacle": {"type": "str"},
        },
        required_if=[("state", "present", ["path", "content"]), ("state", "absent", ["path"])],
        required_by={"content": ["path"]},
        supports_check_mode=True,
    )
    parameters = module.params
    server = Server(
        run=runner(module, control=parameters["control"], pid_file=parameters["pid_file"] or None),
        control=parameters["control"],
        service=parameters["service"] or None,
        pid_file=parameters["pid_file"] or None,
        restart_command=parameters["restart_command"],
        obstacle=parameters["restart_obstacle"] or None,
    )
    if parameters["apply"] == RESTART and parameters["state"] in ("present", "absent"):
        try:
            server.refuse_restart()
        except TakeUpError as error:
            module.fail_json(msg=f"{error.message}; nothing was written", reason=error.code)
    if parameters["state"] == "restored":
        put_back(module, server)
    elif parameters["state"] == "reread":
        reread(module, server)
    elif parameters["state"] == "tidied":
        remove_copies(module)
    else:
        write(module, server)


if __name__ == "__main__":
    main()
