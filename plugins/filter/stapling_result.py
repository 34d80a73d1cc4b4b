# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stapling_result
short_description: What became of a host after a stapling plan was carried out
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
positional: state
description:
  - Joins a plan of P(stapling.httpd.stapling_plan#filter) with the handshakes of
    M(stapling.httpd.stapled_response_info) to the C(ocsp_stapling_result) fact that the role
    P(stapling.httpd.ocsp_stapling#role) sets.
options:
  _input:
    description: The plan.
    type: dict
    required: true
  state:
    description: How the host stands now.
    type: str
    choices: [enabled, disabled, nothing_to_do, refused, rolled_back]
    required: true
  changed:
    description: Whether anything was changed on the host.
    type: bool
    default: false
  confirmed:
    description: The C(targets) that M(stapling.httpd.stapled_response_info) returned.
    type: list
    elements: dict
    default: []
  responder_checks:
    description: The C(responses) that M(stapling.httpd.ocsp_response_info) returned.
    type: list
    elements: dict
    default: []
  log:
    description: The C(messages) that M(stapling.httpd.httpd_log_info) returned.
    type: list
    elements: dict
    default: []
  opened:
    description: The C(endpoints) that M(stapling.httpd.ocsp_egress) returned, for the addresses of the responders.
    type: list
    elements: dict
    default: []
  cause:
    description: One sentence that says why the host was refused or rolled back.
    type: str
seealso:
  - plugin: stapling.httpd.stapling_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Record what became of this host
  ansible.builtin.set_fact:
    ocsp_stapling_result: >-
      {{ plan | stapling.httpd.stapling_result(state='enabled', changed=true, confirmed=seen.targets) }}
"""

RETURN = r"""
_value:
  description: The result, as in the README of the role P(stapling.httpd.ocsp_stapling#role).
  type: dict
  contains:
    left_behind:
      description:
        - The directives that stay on the host, because httpd cannot be restarted, or may not, and a reload without
          C(SSLStaplingCache) would kill it. They do nothing by themselves.
      type: list
      elements: str
    vhosts:
      description: Each virtual host of the plan, with what was seen of it.
      type: list
      elements: dict
      contains:
        stapled:
          description: Whether every handshake brought a stapled response, good or bad. Null where nobody has looked.
          type: bool
        acceptable:
          description:
            - Whether a strict client is content with every handshake. Null where nobody has looked, or where no
              handshake could be made for reasons in which stapling has no part. C(problem) says which.
          type: bool
        handshakes:
          description:
            - What was seen of each key type and TLS version, with C(stapled) and C(acceptable) of its own, as
              M(stapling.httpd.stapled_response_info) returns them. Of a virtual host that is not to be stapled, only
              what went wrong.
          type: list
          elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def stapling_result(
    plan: Mapping[str, Any],
    state: str,
    changed: bool = False,
    confirmed: Sequence[Mapping[str, Any]] = (),
    responder_checks: Sequence[Mapping[str, Any]] = (),
    cause: str | None = None,
    log: Sequence[Mapping[str, Any]] = (),
    opened: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    # Loaded when it is needed; see stapling_plan.
    from ansible_collections.stapling.httpd.plugins.plugin_utils._result import build_result

    if not isinstance(plan, Mapping):
        raise AnsibleFilterError(f"stapling_result takes the plan that stapling_plan makes, not {type(plan).__name__}.")
    try:
        return build_result(
            plan,
            state=state,
            changed=changed,
            confirmed=confirmed,
            responder_checks=responder_checks,
            cause=cause,
            log=log,
            opened=opened,
        )
    except ValueError as error:
        raise AnsibleFilterError(f"stapling_result: {error}") from error


class FilterModule:
    """The stapling_result filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"stapling_result": stapling_result}
