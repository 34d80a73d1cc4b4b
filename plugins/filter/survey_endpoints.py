# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: survey_endpoints
short_description: Reads the endpoints of a survey
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
description:
  - Reads where TLS servers are from a list or from the text of a file, for M(stapling.httpd.certificate_ocsp_info) and
    M(stapling.httpd.stapled_response_info). Each endpoint comes out once.
options:
  _input:
    description:
      - A list of V(host:port), V([IPv6]:port), V(host:port#server_name), or dictionaries with C(address), C(port) and
        C(server_name). The port defaults to V(443), the server name to the address if that is a name.
      - Or a text with one of these in each line, V(host:port,server_name), or V(host,port,server_name). The first line
        may name the columns (C(address) or C(host), C(port), C(server_name) or C(sni)); other columns are ignored.
        Lines that begin with V(#) are comments. A semicolon separates as well as a comma.
    type: raw
    required: true
seealso:
  - plugin: stapling.httpd.survey_results
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show where a file says that servers are
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'endpoints.csv') | stapling.httpd.survey_endpoints }}"
"""

RETURN = r"""
_value:
  description: The endpoints, in their order.
  type: list
  elements: dict
  contains:
    id:
      description: V(host:port), or V(host:port#server_name) where another name is asked for.
      type: str
    address:
      description: Where to connect.
      type: str
    port:
      description: The TCP port.
      type: int
    server_name:
      description: The name to ask for with SNI, or V(null).
      type: str
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError


def survey_endpoints(given: Any) -> list[dict[str, Any]]:
    # Loaded when it is needed; see stapling_plan.
    from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
    from ansible_collections.stapling.httpd.plugins.plugin_utils._survey.endpoints import parse_endpoints

    try:
        return [{"id": endpoint.label, **asdict(endpoint)} for endpoint in parse_endpoints(given)]
    except StaplingError as error:
        # Ansible would show the cause as well, which is in the message already.
        raise AnsibleFilterError(error.message) from None


class FilterModule:
    """The survey_endpoints filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"survey_endpoints": survey_endpoints}
