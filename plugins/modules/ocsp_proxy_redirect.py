#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ocsp_proxy_redirect
author: stapling.httpd contributors (@stapling-httpd)
version_added: 1.0.0
short_description: Redirect a user's requests to port 80 to a relay on the same host
description:
  - Redirects what a user sends to TCP port 80 of other hosts to a relay on this host, with nftables or iptables. Where
    the site filters output, a way to the relay, and to nothing else, is opened for that user.
  - The relay's own user is exempt by the first rule, whatever else is requested. So the relay is never sent to itself.
  - No file of the site is edited. All of it takes effect as a whole or not at all, after the tool has judged it.
  - A copy of the code is left in C(/usr/local/lib/ocsp-proxy). The role P(stapling.httpd.ocsp_proxy#role) uses this
    module and adds the unit that runs this copy after a restart of the firewall or of the host.
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.changing
options:
  state:
    description: Whether output is redirected.
    type: str
    choices: [present, absent]
    default: present
  port:
    description: The port of the relay on the loopback address. Needed for O(state=present).
    type: int
  proxy_user:
    description: The user as whom the relay runs. Needed for O(state=present).
    type: str
  user:
    description: The user whose requests are redirected. An empty string is everybody but O(proxy_user).
    type: str
    default: ""
  exempt_networks:
    description: Networks to which requests go as they are. Addresses of the host itself are always exempt.
    type: list
    elements: str
    default: []
  ipv6:
    description: Whether IPv6 is redirected as well. The relay has to listen on C(::1) too.
    type: bool
    default: false
  backend:
    description: The tool. V(auto) is the one that filters output on this host, or else the one that is there.
    type: str
    choices: [auto, nftables, iptables]
    default: auto
"""

EXAMPLES = r"""
- name: Send httpd's requests for OCSP responses to the relay on port 8888
  stapling.httpd.ocsp_proxy_redirect:
    port: 8888
    proxy_user: tinyproxy
    user: www-data
    exempt_networks: [10.10.10.0/24]
  become: true
"""

RETURN = r"""
backend:
  description: The tool that redirects, V(none) for O(state=absent).
  returned: success
  type: str
  sample: nftables
units_after:
  description:
    - The systemd units that load the rules of a firewall that can redirect. A unit that runs the installed copy has to
      come after them, and to follow their restarts and reloads.
  returned: success
  type: list
  elements: str
  sample: [nftables.service, netfilter-persistent.service, iptables.service, ip6tables.service]
reason:
  description:
    - One word for why it was refused.
    - About the options V(loop) (O(user) is O(proxy_user)), V(bad_port), V(bad_network), V(unknown_user). About the
      host V(not_root), V(no_firewall), V(no_firewall_tool), V(two_firewalls), V(firewall_not_understood),
      V(backend_not_supported) (ufw and firewalld). About the change V(change_refused), V(change_failed).
  returned: failure
  type: str
  sample: backend_not_supported
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import StaplingError
from ..module_utils._firewall.program import install, uninstall
from ..module_utils._proxy import program, redirect


def main() -> None:
    """Redirect, or take the redirection out."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "port": {"type": "int"},
            "proxy_user": {"type": "str"},
            "user": {"type": "str", "default": ""},
            "exempt_networks": {"type": "list", "elements": "str", "default": []},
            "ipv6": {"type": "bool", "default": False},
            "backend": {"type": "str", "choices": ["auto", *redirect.REDIRECTORS], "default": "auto"},
        },
        required_if=[("state", "present", ("port", "proxy_user"))],
        supports_check_mode=True,
    )
    try:
        if module.params["state"] == "absent":
            outcome = redirect.absent(check=module.check_mode)
            changed = uninstall(program.LIBRARY, check=module.check_mode)
        else:
            settings = redirect.RedirectSettings(
                proxy_user=module.params["proxy_user"],
                port=module.params["port"],
                user=module.params["user"],
                exempt=tuple(module.params["exempt_networks"]),
                ipv6=module.params["ipv6"],
                backend=module.params["backend"],
            )
            # What is refused leaves nothing behind. Then what brings the rules back after a restart, then the rules.
            outcome = redirect.present(settings, check=True)
            changed = install(os.path.join(program.LIBRARY, program.PACKAGE), program.ROOMS, check=module.check_mode)
            if not module.check_mode:
                outcome = redirect.present(settings, check=False)
    except StaplingError as error:
        module.fail_json(msg=error.message, reason=error.code)
    module.exit_json(
        changed=outcome.changed or changed,
        backend=outcome.backend,
        units_after=redirect.loader_units(),
        diff={
            "before": "".join(line + "\n" for line in outcome.before),
            "after": "".join(line + "\n" for line in (outcome.after or outcome.before)),
        },
    )


if __name__ == "__main__":
    main()
