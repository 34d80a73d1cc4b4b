#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: httpd_tls_info
short_description: Find out what TLS set-up an Apache httpd really runs
version_added: 1.0.0
description:
  - Asks httpd itself for its effective configuration, and reads the certificates that it uses.
"""

EXAMPLES = r""" """

RETURN = r""" """

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import assert_cryptography
from ansible_collections.stapling.httpd.plugins.module_utils._httpd import Request, tls_info
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_run import HttpdError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "httpd": {"type": "path"},
            "config_file": {"type": "path"},
            "server_root": {"type": "path"},
            "defines": {"type": "list", "elements": "str", "default": []},
            "inspect_certificates": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 30.0},
        },
        supports_check_mode=True,
    )
    if module.params["inspect_certificates"]:
        assert_cryptography(module)
    if module.params["timeout"] <= 0:
        module.fail_json(msg="timeout has to be greater than 0")
    request = Request(
        program=module.params["httpd"],
        config_file=module.params["config_file"],
        server_root=module.params["server_root"],
        defines=tuple(module.params["defines"]),
        inspect_certificates=module.params["inspect_certificates"],
        timeout=module.params["timeout"],
    )
    try:
        result = tls_info(request)
    except HttpdError as error:
        module.fail_json(
            msg=error.message, code=error.code, file=error.file, line=error.line, httpd_output=error.output
        )
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
