# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ocsp_proxy_settings
short_description: What may stand in the files of an OCSP relay
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
description:
  - Turns the variables of the role P(stapling.httpd.ocsp_proxy#role) into canonical addresses, networks and anchored
    filter patterns, or into one sentence that says which value cannot be used.
options:
  _input:
    description: The address on which the relay listens, C(ADDRESS:PORT).
    type: str
    required: true
  upstream:
    description: The next proxy, C(HOST:PORT), or an empty string.
    type: str
    default: ""
  allowed_hosts:
    description: The responders that the relay serves, C(HOST) or C(HOST:PORT).
    type: list
    elements: str
    default: []
  clients:
    description: Addresses and networks that may use the relay besides the host itself.
    type: list
    elements: str
    default: []
  transparent:
    description: Whether requests are redirected to the relay.
    type: bool
    default: false
  exempt_networks:
    description: Networks to which requests are not redirected.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the filter of a relay
  ansible.builtin.debug:
    msg: "{{ ('127.0.0.1:8888' | stapling.httpd.ocsp_proxy_settings(allowed_hosts=['ocsp.example.com'])).patterns }}"
"""

RETURN = r"""
_value:
  description:
    - RV(_value.problem) is empty or one sentence. The others are there only when it is empty.
  type: dict
  contains:
    problem:
      description: Why a value cannot be used, or an empty string.
      type: str
    address:
      description: The address on which the relay listens.
      type: str
    port:
      description: Its port.
      type: int
    url:
      description: Where a client on the same host finds the relay.
      type: str
    upstream:
      description: The next proxy, or an empty string.
      type: str
    patterns:
      description: One extended regular expression per responder.
      type: list
      elements: str
    allow:
      description: Addresses and networks that may use the relay. Empty for whoever reaches it, on a loopback address.
      type: list
      elements: str
    exempt:
      description: Networks to which requests are not redirected.
      type: list
      elements: str
    destinations:
      description: Where the relay itself has to get to, that is the next proxy or the responders.
      type: list
      elements: dict
"""

from collections.abc import Callable, Sequence
from typing import Any


def ocsp_proxy_settings(
    listen: str,
    upstream: str = "",
    allowed_hosts: Sequence[str] = (),
    clients: Sequence[str] = (),
    transparent: bool = False,
    exempt_networks: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the settings of the relay, or the sentence that says which value cannot be used."""
    # Loaded when it is needed; see stapling_plan.
    from ansible_collections.stapling.httpd.plugins.module_utils._proxy.settings import ProxyError, settings

    try:
        found = settings(
            listen=listen,
            upstream=upstream,
            allowed_hosts=allowed_hosts,
            clients=clients,
            transparent=transparent,
            exempt_networks=exempt_networks,
        )
    except ProxyError as error:
        return {"problem": f"{error.message}."}
    return {"problem": "", **found.as_dict()}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the functions by the names that templates use."""
        return {"ocsp_proxy_settings": ocsp_proxy_settings}
