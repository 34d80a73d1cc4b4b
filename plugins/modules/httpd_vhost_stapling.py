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
    - About the file V(not_absolute), V(not_found), V(not_a_file), V(too_large), V(unreadable), V(not_writable).
    - About the section
      V(not_a_vhost), V(not_closed), V(macro_generated), V(conflicting_edits). About the change V(write_failed),
      V(validation_failed).
  returned: failure
  type: str
  sample: macro_generated
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.checks import CommandCheck, NoCheck
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import edit_targets, refuse_unwritable
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.host import EDIT_SPEC, diff_of, runner
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.write import Writer


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "edits": {"type": "list", "elements": "dict", "options": EDIT_SPEC},
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
    command = module.params["validate"]
    checks = CommandCheck(command, run=runner(module)) if command else NoCheck()
    try:
        targets = edit_targets(edits)
        refuse_unwritable(targets)
        writer = Writer(module, targets, checks=checks, keep_copies=module.params["backup"])
        if not module.check_mode:
            writer.write()
    except StaplingError as error:
        module.fail_json(msg=error.message, reason=error.code)
    module.exit_json(
        changed=any(target.changes for target in targets),
        files=[
            {"path": target.path, "changed": target.changes, "backup_file": writer.copies.get(target.path)}
            for target in targets
        ],
        diff=diff_of(targets),
    )


if __name__ == "__main__":
    main()
