#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: httpd_log_info
short_description: Find messages about OCSP stapling in the error log of Apache httpd
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
description:
  - Reads the end of httpd's error logs, and returns the recent messages that have to do with OCSP stapling.
  - Each comes with an explanation by its number, such as C(AH01974).
  - Only the last 256 KiB of each file are read. A file that does not exist, or is none, is passed over.
  - With O(pid_file) it tells besides what keeps httpd itself from connecting to a responder, while other programs may.
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.info_module
options:
  paths:
    description:
      - The log files, such as RV(stapling.httpd.httpd_tls_info#module:httpd.error_logs).
    type: list
    elements: path
    required: true
  seconds:
    description:
      - How far back to look, in seconds.
      - Lines whose time cannot be read, because the site has a C(ErrorLogFormat) of its own, count as recent.
    type: float
    default: 600
  most:
    description:
      - How many messages to return at the most; the newest count.
    type: int
    default: 20
  pid_file:
    description:
      - The PID file of the httpd whose confinement is looked at, such as
        RV(stapling.httpd.httpd_tls_info#module:httpd.pid_file).
    type: path
seealso:
  - module: stapling.httpd.httpd_tls_info
"""

EXAMPLES = r"""
- name: Ask httpd where it logs
  stapling.httpd.httpd_tls_info:
  become: true
  register: tls

- name: Find its messages about stapling of the last minute
  stapling.httpd.httpd_log_info:
    paths: "{{ tls.httpd.error_logs }}"
    seconds: 60
  become: true
"""

RETURN = r"""
messages:
  description: The messages file by file in the order of O(paths), newest last; each once per file.
  returned: success
  type: list
  elements: dict
  contains:
    file:
      description: The log.
      type: str
      sample: /var/log/apache2/error.log
    code:
      description: The number of the message.
      type: str
      sample: AH01974
    line:
      description: The message from its number on, with what is not printable ASCII escaped.
      type: str
      sample: "AH01974: could not connect to OCSP responder 'ocsp.example.com:80'"
    explanation:
      description: What it means, and what to do.
      type: str
      sample: no connection to the responder or its proxy; open the outbound path, or see whether it runs
limits:
  description:
    - A sentence for each thing that keeps the httpd of O(pid_file) from connecting to a responder, or may do so.
    - Looked at are SELinux, AppArmor, and C(SystemCallFilter), C(RestrictAddressFamilies), C(IPAddressDeny) and
      C(PrivateNetwork) of the systemd unit.
  returned: success
  type: list
  elements: str
  sample: ["SystemCallFilter of apache2.service forbids httpd to call connect: allow it, @network-io has it"]
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.confinement import limits_of
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.error_log import read_log
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.process import is_httpd, read_pid


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "list", "elements": "path", "required": True},
            "seconds": {"type": "float", "default": 600},
            "most": {"type": "int", "default": 20},
            "pid_file": {"type": "path"},
        },
        supports_check_mode=True,
    )
    for name in ("seconds", "most"):
        if not module.params[name] > 0:
            module.fail_json(msg=f"{name} must be more than 0, not {module.params[name]}.")
    messages = read_log(
        module.params["paths"], seconds=module.params["seconds"], now=time.time(), most=module.params["most"]
    )
    pid = read_pid(module.params["pid_file"])
    limits = limits_of(pid) if pid is not None and is_httpd(pid, None) else []
    module.exit_json(changed=False, messages=messages, limits=limits)


if __name__ == "__main__":
    main()
