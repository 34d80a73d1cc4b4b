# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: survey_results
short_description: Makes results for a report of what a survey has seen
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
positional: certificates, handshakes
description:
  - Joins what M(stapling.httpd.certificate_ocsp_info) and M(stapling.httpd.stapled_response_info) have seen of
    endpoints, for O(stapling.httpd.stapling_report#module:results). Each address is a host, each of its endpoints a
    virtual host.
options:
  _input:
    description: The endpoints, as P(stapling.httpd.survey_endpoints#filter) returns them.
    type: list
    elements: dict
    required: true
  certificates:
    description: The RV(stapling.httpd.certificate_ocsp_info#module:certificates) of the endpoints.
    type: list
    elements: dict
    required: true
  handshakes:
    description:
      - The RV(stapling.httpd.stapled_response_info#module:targets), whose C(id) is that of the endpoint.
    type: list
    elements: dict
    required: true
seealso:
  - plugin: stapling.httpd.survey_endpoints
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the report of a survey
  stapling.httpd.stapling_report:
    report_dir: report
    state: surveyed
    results: "{{ endpoints | stapling.httpd.survey_results(seen.certificates, shaken.targets) }}"
"""

RETURN = r"""
_value:
  description:
    - For each address what the fact C(ocsp_stapling_result) has. The state is V(enabled) if any endpoint staples,
      V(disabled) if one could, V(nothing_to_do) if none can, and V(unreachable) if none could be spoken to.
    - A virtual host has C(subject), C(issuer), C(not_after), C(fingerprint_sha256), C(ocsp_responders) and
      C(ca_issuers) of its certificate, too.
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def survey_results(
    endpoints: Sequence[Mapping[str, Any]],
    certificates: Sequence[Mapping[str, Any]],
    handshakes: Sequence[Mapping[str, Any]],
) -> dict[str, dict[str, Any]]:
    # Loaded when it is needed; see stapling_plan.
    from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import LiveEndpoint
    from ansible_collections.stapling.httpd.plugins.plugin_utils._survey import results

    try:
        own = [LiveEndpoint(entry["address"], entry["port"], entry["server_name"]) for entry in endpoints]
        return results.survey_results(own, certificates, handshakes)
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(
            "survey_results takes what survey_endpoints, certificate_ocsp_info and stapled_response_info return;"
            f" something in it is missing or of another type: {error}."
        ) from error


class FilterModule:
    """The survey_results filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"survey_results": survey_results}
