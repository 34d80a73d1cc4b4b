#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stapling_report
author: stapling.httpd contributors (@stapling-httpd)
version_added: 1.0.0
short_description: Write the report of a play over a fleet
description:
  - Writes the facts C(ocsp_stapling_result) of all hosts of the play into files on the controller, for people, programs
    and firewalls. The files are described in C(docs/report.md) of the collection.
  - It is an action plugin that runs on the controller and connects to no host. Run it once, with C(run_once).
  - Does nothing where the callback plugin P(stapling.httpd.stapling_report#callback) is enabled, which writes the same
    files and sees more of a run - why a host could not be reached, and a run in which none could.
extends_documentation_fragment:
  - stapling.httpd.attributes
attributes:
  check_mode:
    support: none
    details:
      - Writes in check mode too, since the report says what a run has seen.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Never reports a change, since what a run has seen is no change to anything.
options:
  report_dir:
    description:
      - The directory for the report on the controller, made if it is not there. Required unless O(state=counted).
    type: path
  url:
    description:
      - An C(http://) or C(https://) URL to which the lines of C(report.jsonl) of this run are sent with one request
        (PUT), for O(state=written). For a controller whose disk is thrown away with the job. Name and password in it
        are for basic authentication.
      - That the server does not take them is said in RV(msg), and is no failure.
    type: str
  query:
    description:
      - A L(JMESPath,https://jmespath.org/specification.html) expression over C(report.json). What it selects goes into
        C(selection.json). Needs the Python library jmespath on the controller.
    type: str
  state:
    description:
      - V(written) writes the report. V(checked) only fails if the directory cannot be written to or the query is no
        JMESPath, which is better known before the first host is touched.
      - V(merged) puts together what other runs have left in O(sources), instead of the results of the play.
      - V(counted) writes nothing and returns how many hosts stand how, for M(ansible.builtin.set_stats).
      - V(surveyed) writes a report of O(results), whether the callback plugin is enabled or not.
    type: str
    choices: [written, checked, merged, surveyed, counted]
    default: written
  sources:
    description:
      - Globs of files on the controller with lines of C(report.jsonl), for O(state=merged). Of several lines about one
        host, the last one by its C(finished) counts.
    type: list
    elements: str
    default: []
  results:
    description:
      - For each host what the fact C(ocsp_stapling_result) has, for O(state=surveyed), as
        P(stapling.httpd.survey_results#filter) makes it.
    type: dict
seealso:
  - plugin: stapling.httpd.stapling_report
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Fail before the first host is touched if there could be no report
  stapling.httpd.stapling_report:
    report_dir: /var/lib/stapling-report
    state: checked
  run_once: true

- name: Write the report
  stapling.httpd.stapling_report:
    report_dir: /var/lib/stapling-report
    query: values(hosts)[?state=='unreachable'].host
  run_once: true
"""

RETURN = r"""
written_by:
  description: V(callback) if the callback plugin writes the report when the run ends, V(task) if this task did.
  type: str
  returned: O(state=written) or O(state=surveyed)
  sample: task
msg:
  description: The closing summary, at most 20 lines; the last one says where the report is and what has written it.
  type: list
  elements: str
  returned: success, unless O(state=counted)
files:
  description: What was written.
  type: list
  elements: dict
  returned: success, unless O(state=counted)
  contains:
    path:
      description: The file.
      type: str
    bytes:
      description: Its size.
      type: int
    sha256:
      description: The SHA-256 of its content.
      type: str
totals:
  description: The C(totals) of C(report.json) so far.
  type: dict
  returned: O(state=counted)
retry:
  description: The hosts that another run has something to do on, at most 100.
  type: list
  elements: str
  returned: O(state=counted)
run_id:
  description: The identity of this run.
  type: str
  returned: O(state=counted)
skipped_lines:
  description: One sentence for each line of O(sources) that could not be read and was left out.
  type: list
  elements: str
  returned: O(state=merged)
"""
