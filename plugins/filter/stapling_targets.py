# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stapling_targets
short_description: The handshakes that prove a stapling plan
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
positional: plan, address
description:
  - Makes the targets for M(stapling.httpd.stapled_response_info) out of what M(stapling.httpd.httpd_tls_info) has
    seen and of the plan that P(stapling.httpd.stapling_plan#filter) has made of it. There is one for each virtual
    host to be stapled and address on which clients can reach it.
options:
  _input:
    description: The result of M(stapling.httpd.httpd_tls_info).
    type: dict
    required: true
  plan:
    description: The result of P(stapling.httpd.stapling_plan#filter).
    type: dict
    required: true
  address:
    description: Where to connect to instead of loopback, where httpd listens on all addresses.
    type: str
  every:
    description:
      - Adds the virtual hosts that are not to be stapled. RV(_value[].staple) tells them apart.
    type: bool
    default: false
seealso:
  - module: stapling.httpd.stapled_response_info
  - plugin: stapling.httpd.stapling_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Shake hands with every virtual host that is to be stapled
  stapling.httpd.stapled_response_info:
    targets: "{{ tls | stapling.httpd.stapling_targets(plan) }}"

- name: The same from another machine
  stapling.httpd.stapled_response_info:
    targets: "{{ tls | stapling.httpd.stapling_targets(plan, address=ansible_host) }}"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The targets.
  type: list
  elements: dict
  contains:
    address:
      description: Where to connect to.
      type: str
    port:
      description: The port.
      type: int
    server_name:
      description: The name to send, V(null) for none.
      type: str
    key_types:
      description: Key types of the certificates for which a staple is due, if the virtual host has several types.
      type: list
      elements: str
    expected_fingerprints:
      description: SHA-256 fingerprints of these certificates.
      type: list
      elements: str
    tls_versions:
      description: The TLS version of a virtual host that speaks only one.
      type: list
      elements: str
    old_tls_only:
      description: Whether C(SSLProtocol) allows neither TLS 1.2 nor 1.3.
      type: bool
    staple:
      description: Whether a staple is due.
      type: bool
    proxy_protocol:
      description: Whether httpd expects the line of a proxy before the handshake.
      type: bool
    proxy_protocol_exceptions:
      description: Addresses and networks from which it expects none.
      type: list
      elements: str
    id:
      description: The virtual host's id.
      type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def stapling_targets(info: Any, plan: Any, address: Any = None, every: bool = False) -> list[dict[str, Any]]:
    # Loaded when it is needed; see stapling_plan.
    from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError
    from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.targets import targets_of_plan

    if address is not None and not isinstance(address, str):
        raise AnsibleFilterError(f"stapling_targets: address must be a string, not {type(address).__name__}.")
    try:
        return targets_of_plan(info, plan, address=str(address) if address else None, every=bool(every))
    except InfoError as error:
        raise AnsibleFilterError(f"stapling_targets: {error}.") from error


class FilterModule:
    """The stapling_targets filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"stapling_targets": stapling_targets}
