#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ocsp_egress
short_description: Open the way out of a host to its OCSP responders, and nothing else
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
description:
  - Opens a default-deny output firewall for exactly the given endpoints, limited to one user where the firewall can do
    that, and closes it again so that the ruleset is the site's own, character for character.
  - The names are resolved on the host, as O(user), and only addresses and port numbers get into rules. No text from an
    endpoint does.
  - A change is validated by the firewall tool itself before it takes effect, takes effect as a whole or not at all, and
    is refused where the host's own rules would not load again. No file of the site is edited.
  - The role P(stapling.httpd.ocsp_egress#role) uses this module and adds the systemd unit that opens the path again
    after a restart.
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.changing
attributes:
  idempotent:
    details:
      - A name that has got another address since the last run is a change.
options:
  state:
    description:
      - V(present) opens the path to O(endpoints), and closes what was opened for others before.
      - V(absent) takes out all that this module put in.
    type: str
    choices:
      - present
      - absent
    default: present
  endpoints:
    description:
      - The responders. They come from certificates, so a bad one is left out with its reason in RV(refused), and the
        others still work.
      - Each one is a mapping with V(host), a name or an address, and V(port), V(80) when left out. Further keys are
        ignored.
    type: list
    elements: raw
    default: []
  user:
    description:
      - The user that may use the opening, httpd's as a rule. An empty string is every user.
    type: str
    default: ''
  backend:
    description:
      - The firewall tool.
      - V(auto) finds what filters output on this host. Where nothing does, there is nothing to open and nothing is
        written. Two at once, or rules that cannot be opened from here, are refused.
    type: str
    choices:
      - auto
      - nftables
      - iptables
      - ufw
      - firewalld
      - none
    default: auto
  chain:
    description:
      - The chain of the site that leads to the opening, by default each chain that filters output.
      - Written as V(inet filter output).
    type: str
    default: ''
  forbidden_networks:
    description:
      - Networks into which no endpoint may lead. They are checked on every address that a name resolves to, and on the
        IPv4 address inside an IPv6 one.
      - An empty list forbids none.
    type: list
    elements: str
    default:
      - 0.0.0.0/8
      - 127.0.0.0/8
      - 169.254.0.0/16
      - 224.0.0.0/4
      - 255.255.255.255/32
      - ::/128
      - ::1/128
      - fe80::/10
      - fd00:ec2::254/128
      - ff00::/8
  allowed_hosts:
    description:
      - Host names that may be opened, as globs. Empty means any.
    type: list
    elements: str
    default: []
  max_endpoints:
    description:
      - How many endpoints one host may have.
    type: int
    default: 50
  max_addresses:
    description:
      - How many addresses one endpoint may have.
    type: int
    default: 32
  open_dns:
    description:
      - Also open the way to the name servers of this host, for O(user), where the firewall blocks it. Without it, names
        that cannot be resolved are refused as V(name_not_resolved).
    type: bool
    default: false
  grace:
    description:
      - For how many seconds an address stays open after it has left the DNS.
    type: int
    default: 86400
  timeout:
    description:
      - For how many seconds to wait for the DNS, all names together.
    type: int
    default: 10
  program_directory:
    description:
      - Where to install the program that opens the path again after a restart and follows moving addresses. It consists
        of this module's own files, and needs only Python.
      - The role runs it from systemd units, so a host that filters output and is not run by systemd is refused.
      - Empty means that it is not installed.
    type: path
    default: ''
  look_for:
    description:
      - Files and directories of which RV(found) is to say what is there, such as the units of an earlier opening.
    type: list
    elements: path
    default: []
  look_for_units:
    description:
      - Names of systemd units of which RV(settled_units) is to say whether there is anything left to do.
    type: list
    elements: str
    default: []
seealso:
  - ref: stapling.httpd.ocsp_egress role <ansible_collections.stapling.httpd.ocsp_egress_role>
    description: The role that makes the opening survive restarts and follow moving addresses.
"""

EXAMPLES = r"""
- name: Let httpd reach its responder, and nobody else
  stapling.httpd.ocsp_egress:
    endpoints:
      - host: ocsp.example.com
        port: 80
    user: www-data
  become: true

- name: Close it again
  stapling.httpd.ocsp_egress:
    state: absent
  become: true
"""

RETURN = r"""
backend:
  description: The firewall tool that was used, V(none) when there was nothing to do.
  returned: success
  type: str
  sample: nftables
reason:
  description:
    - V(opened), V(nothing_to_open) (no endpoint is left), V(open_output) (nothing filters output), V(no_firewall) (no
      firewall tool on this host), V(not_wanted) (O(backend=none)) or V(closed) (O(state=absent)).
    - When the module fails, a word for what is wrong. About the options V(bad_chain), V(chain_missing),
      V(bad_network), V(unknown_user). About the host V(two_firewalls), V(firewall_not_understood), V(wrong_backend),
      V(no_firewall_tool), V(backend_not_supported), V(site_ruleset_invalid), V(runtime_differs), V(no_systemd),
      V(not_root). About the
      change V(change_refused), V(change_failed), V(xtables_locked), V(tool_hangs), V(read_only), V(unwritable),
      V(unreadable).
  returned: always
  type: str
  sample: opened
per_user:
  description: Whether the opening is limited to O(user).
  returned: success
  type: bool
  sample: true
endpoints:
  description:
    - The endpoints that are allowed, with their addresses at this moment, those that stay open for O(grace) among them.
    - V(needed_by) is what the endpoint of that name in O(endpoints) came with.
  returned: success
  type: list
  elements: dict
  sample:
    - host: ocsp.example.com
      port: 80
      protocol: tcp
      addresses:
        - 192.0.2.10
      needed_by: []
refused:
  description:
    - The endpoints that were left out, each with a stable word and a sentence.
    - One of V(not_an_endpoint), V(bad_host), V(bad_port), V(host_not_allowed), V(destination_forbidden),
      V(name_not_resolved), V(too_many_addresses), V(too_many_endpoints).
  returned: success
  type: list
  elements: dict
  sample:
    - host: 169.254.169.254
      port: "80"
      reason: destination_forbidden
      detail: 169.254.169.254 is in the forbidden network 169.254.0.0/16
previous_endpoints:
  description:
    - The endpoints of the last request before this run, for a caller that has to take it back.
    - Empty when there were none.
  returned: success
  type: list
  elements: dict
  sample: []
found:
  description: Those of O(look_for) that are there.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /etc/systemd/system/ocsp-egress.service
      sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
      mode: "0644"
      uid: 0
      gid: 0
settled_units:
  description: Those of O(look_for_units) that are enabled, active, and loaded by systemd as they are on disk.
  returned: success
  type: list
  elements: str
  sample:
    - ocsp-egress.service
units_after:
  description:
    - The systemd units that load the rules of RV(backend). A unit that runs the installed program has to come after
      them, and to follow their restarts and reloads.
    - Only those of one backend, since units of different tools exclude each other.
  returned: success
  type: list
  elements: str
  sample:
    - nftables.service
interpreter:
  description: The Python that this module ran with, for units that run the installed program.
  returned: success
  type: str
  sample: /usr/bin/python3
warnings_found:
  description: What a person should know, each with a stable word and a sentence.
  returned: success
  type: list
  elements: dict
  sample: []
"""

import sys
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._addresses import FORBIDDEN_NETWORKS
from ..module_utils._egress import engine, program
from ..module_utils._egress.backends import BACKENDS, units_after
from ..module_utils._egress.settings import EgressSettings
from ..module_utils._errors import StaplingError
from ..module_utils._file_state import file_state
from ..module_utils._firewall.program import install
from ..module_utils._units import settled_units


def argument_spec() -> dict[str, t.Any]:
    """Return the options of the module."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "endpoints": {"type": "list", "elements": "raw", "default": []},
        "user": {"type": "str", "default": ""},
        "backend": {"type": "str", "choices": ["auto", *BACKENDS, "none"], "default": "auto"},
        "chain": {"type": "str", "default": ""},
        "forbidden_networks": {"type": "list", "elements": "str", "default": list(FORBIDDEN_NETWORKS)},
        "allowed_hosts": {"type": "list", "elements": "str", "default": []},
        "max_endpoints": {"type": "int", "default": 50},
        "max_addresses": {"type": "int", "default": 32},
        "open_dns": {"type": "bool", "default": False},
        "grace": {"type": "int", "default": 86400},
        "timeout": {"type": "int", "default": 10},
        "program_directory": {"type": "path", "default": ""},
        "look_for": {"type": "list", "elements": "path", "default": []},
        "look_for_units": {"type": "list", "elements": "str", "default": []},
    }


def settings_from(params: t.Mapping[str, t.Any]) -> EgressSettings:
    """Return the request that the options make."""
    return EgressSettings(**{name: params[name] for name in EgressSettings.__dataclass_fields__})


def main() -> None:
    """Open or close the path."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        if module.params["state"] == "absent":
            outcome = engine.absent(check=module.check_mode)
        else:
            directory = module.params["program_directory"]
            outcome = engine.present(settings_from(module.params), check=module.check_mode, lasting=bool(directory))
            if directory and outcome.backend != "none":
                installed = install(directory, program.ROOMS, check=module.check_mode)
                outcome.changed = outcome.changed or installed
    except StaplingError as error:
        module.fail_json(msg=error.message, reason=error.code)
    module.exit_json(
        changed=outcome.changed,
        backend=outcome.backend,
        reason=outcome.reason,
        per_user=outcome.per_user,
        endpoints=outcome.endpoints,
        refused=[item.as_dict() for item in outcome.refused],
        warnings_found=outcome.warnings,
        previous_endpoints=outcome.previous,
        found=[state for state in map(file_state, module.params["look_for"]) if state is not None],
        settled_units=settled_units(module.params["look_for_units"]),
        interpreter=sys.executable,
        units_after=units_after(outcome.backend),
        diff={
            "before_header": "open for OCSP",
            "after_header": "open for OCSP",
            "before": "".join(line + "\n" for line in outcome.before),
            "after": "".join(line + "\n" for line in outcome.after),
        },
    )


if __name__ == "__main__":
    main()
