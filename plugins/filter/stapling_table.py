# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stapling_table
short_description: A readable table of stapling results
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
positional: format
description:
  - Turns C(ocsp_stapling_result) facts into text, one line per host, virtual host and key type, and one closing line
    per host.
options:
  _input:
    description: Inventory name to C(ocsp_stapling_result) of that host.
    type: dict
    required: true
  format:
    description:
      - V(text) has aligned columns and a closing line per host, V(csv) is RFC 4180, V(html) a page of its own.
      - V(egress) is a CSV of what the perimeter firewall must let out, one line per responder.
    type: str
    choices: [text, csv, html, egress]
    default: text
seealso:
  - plugin: stapling.httpd.stapling_result
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show how this host stands
  ansible.builtin.debug:
    msg: "{{ {inventory_hostname: ocsp_stapling_result} | stapling.httpd.stapling_table }}"
"""

RETURN = r"""
_value:
  description:
    - The table. C(STAPLED) says whether a response was stapled and C(ACCEPTABLE) whether a strict client is content
      with it; a dash stands where nobody has looked. The closing lines count the same.
  type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def stapling_table(results: Mapping[str, Mapping[str, Any]], format: str = "text") -> str:
    # Loaded when it is needed; see stapling_plan.
    from ansible_collections.stapling.httpd.plugins.plugin_utils._report.egress import render_egress
    from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page import render_results
    from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import render_csv, render_text

    formats = {"text": render_text, "csv": render_csv, "html": render_results, "egress": render_egress}

    if not isinstance(results, Mapping):
        raise AnsibleFilterError(
            f"stapling_table takes a dictionary of host to ocsp_stapling_result, not {type(results).__name__}."
        )
    if format not in formats:
        raise AnsibleFilterError(f"stapling_table: format must be one of {', '.join(formats)}, not {format!r}.")
    return formats[format](results)


class FilterModule:
    """The stapling_table filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"stapling_table": stapling_table}
