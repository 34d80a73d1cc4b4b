#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ocsp_monitor_program
author: stapling.httpd contributors (@stapling-httpd)
version_added: 1.0.0
short_description: Put the program of role ocsp_monitor onto a host
description:
  - Makes an archive of the parts of this collection that look at the staples of an httpd, and copies it to the host
    where it is not there yet. C(python3) runs it as it is, and it needs no Ansible there.
  - The role P(stapling.httpd.ocsp_monitor#role) uses it.
extends_documentation_fragment:
  - stapling.httpd.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  dest:
    description:
      - The file on the host. Its directory has to be there.
    type: path
    required: true
seealso:
  - module: stapling.httpd.stapled_response_info
"""

EXAMPLES = r"""
- name: Put the program onto the host
  stapling.httpd.ocsp_monitor_program:
    dest: /usr/local/lib/ocsp-stapling/monitor.pyz
"""

RETURN = r"""
dest:
  description: The file on the host.
  returned: success
  type: str
  sample: /usr/local/lib/ocsp-stapling/monitor.pyz
checksum:
  description: SHA-1 of the archive.
  returned: success
  type: str
"""
