# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stapling_report
type: aggregate
short_description: Writes the report of a run over a fleet
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
description:
  - Watches plays that use the role P(stapling.httpd.ocsp_stapling#role). Appends a line to C(report.jsonl) for each
    host as it finishes, and writes all other files once, when the run ends or is interrupted. Every host of such a play
    is in the report, also those that could not be reached, and those that the run did not come to.
  - Works with every strategy and with C(serial). Runs nothing on a host, and starts no process.
  - The files are described in C(docs/report.md) of the collection.
requirements:
  - enabled in C(ansible.cfg) (C(callbacks_enabled = stapling.httpd.stapling_report) in the section C([defaults])) or by
    E(ANSIBLE_CALLBACKS_ENABLED)
  - jmespath, for O(report_query)
options:
  report_dir:
    description:
      - The directory for the report, made if it is not there. Without one, no file is written.
      - If it cannot be written to, the run says so at its start; the playbooks of this collection stop there.
    type: path
    ini:
      - section: callback_stapling_report
        key: report_dir
    env:
      - name: OCSP_STAPLING_REPORT_DIR
    vars:
      - name: ocsp_stapling_report_dir
  report_query:
    description:
      - A L(JMESPath,https://jmespath.org/specification.html) expression over C(report.json). What it selects goes into
        C(selection.json).
    type: str
    ini:
      - section: callback_stapling_report
        key: report_query
    env:
      - name: OCSP_STAPLING_REPORT_QUERY
    vars:
      - name: ocsp_stapling_report_query
  report_url:
    description:
      - An C(http://) or C(https://) URL to which the lines of C(report.jsonl) of this run are sent when it ends, with
        one request (PUT). For a controller whose disk is thrown away with the job. Name and password in it are for
        basic authentication.
      - That the server does not take them is said, and fails no host.
    type: str
    ini:
      - section: callback_stapling_report
        key: report_url
    env:
      - name: OCSP_STAPLING_REPORT_URL
    vars:
      - name: ocsp_stapling_report_url
  show:
    description:
      - What to print. V(progress) is a line for each host as it finishes, with its number and how many there are, and a
        closing summary of at most 20 lines. V(summary) is the summary alone, V(nothing) neither, for when something
        else reads the output.
    type: str
    choices: [progress, summary, nothing]
    default: progress
    ini:
      - section: callback_stapling_report
        key: show
    env:
      - name: OCSP_STAPLING_REPORT_SHOW
    vars:
      - name: ocsp_stapling_report_show
notes:
  - The variables are read where a play begins, for its first host, from extra variables, the play and the inventory.
seealso:
  - module: stapling.httpd.stapling_report
"""

import atexit
import os
from collections.abc import Iterable, Mapping
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible.template import Templar

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._report import plays
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.document import make_document
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import LINES, append_lines, check_directory
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.merge import to_line
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.messages import message_of
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.outputs import write_report
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.query import check_query
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.run import CALLBACK, Process, describe, timestamp
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.send import check_url, send_lines
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.summary import closing_summary
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import closing_line
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.tracker import Tracker

OPTIONS = ("report_dir", "report_query", "report_url", "show")


class CallbackModule(CallbackBase):
    """The callback plugin stapling_report."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stapling.httpd.stapling_report"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._tracker = Tracker(self._host_finished)
        self._play: Any = None
        self._follows = False
        self._closed = True
        self._run: dict[str, Any] = {}
        self._playbook: str | None = None
        self._process = os.getpid()

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Remember the name of the playbook, and see to it that an interrupted run is reported too."""
        self._playbook = os.path.basename(str(playbook._file_name))
        Process.watched = True
        atexit.register(self._interrupted)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Begin with a play, or with its next batch."""
        self._tracker.batch_over()
        self._play = play
        self._follows = False
        if plays.staples(play):
            self._follow()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Remember where a host is."""
        if self._follows:
            self._tracker.at(host.get_name(), task.get_name)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Take the result of a host where a task sets it."""
        if plays.sets_facts(result.task):
            for found in plays.results_in(result.result):
                self._follow()
                self._tracker.result(result.host.get_name(), found)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Take the failure of a host."""
        if self._follows and not ignore_errors:
            self._tracker.failed(
                result.host.get_name(),
                message_of(result.result),
                rescued=plays.will_be_rescued(result.task),
                decisive=plays.is_of_collection(result.task) and not plays.fails_on_purpose(result.task),
            )

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Take that a host cannot be reached."""
        if self._follows and not result.task.ignore_unreachable:
            decisive = plays.is_of_collection(result.task)
            self._tracker.unreachable(result.host.get_name(), message_of(result.result), decisive=decisive)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write the report where the run ends."""
        self._close(interrupted=False)

    def _interrupted(self) -> None:
        """Write the report where the run ends before its time; workers, which are forked, have nothing to write."""
        if os.getpid() == self._process:
            self._close(interrupted=True)

    def _follow(self) -> None:
        """Take in the hosts of the play, the first time that it turns out to be about stapling."""
        if self._follows:
            return
        self._follows = True
        first = not self._run
        variables = plays.variables_of(self._play)
        hosts = variables["ansible_play_hosts_all"]
        self._tracker.add(hosts)
        self._closed = False
        if first:
            self._read_options(hosts)
            self._describe()
            self._check()

    def _read_options(self, hosts: Iterable[str]) -> None:
        """Set the options from variables, too; one that is empty counts as not given."""
        variables = plays.variables_of(self._play, next(iter(hosts), None))
        templar = Templar(loader=self._play.get_loader(), variables=variables)
        names = [f"ocsp_stapling_{name}" if name != "show" else "ocsp_stapling_report_show" for name in OPTIONS]
        given = {name: templar.template(variables[name]) for name in names if variables.get(name)}
        plugin: Any = self
        plugin.set_options(var_options={name: value for name, value in given.items() if value})

    def _option(self, name: str) -> str | None:
        """Return an option; an empty text counts as none."""
        plugin: Any = self
        return plugin.get_option(name) or None

    def _describe(self) -> None:
        self._run = describe(
            CALLBACK,
            playbook=self._playbook,
            check_mode=bool(context.CLIARGS.get("check")),
            hosts=plays.pattern_of(self._play),
            limit=context.CLIARGS.get("subset"),
        )

    def _check(self) -> None:
        """Say what would keep the report from being written, before anything is done on a host."""
        try:
            if directory := self._option("report_dir"):
                check_directory(directory)
            if query := self._option("report_query"):
                check_query(query)
            if url := self._option("report_url"):
                check_url(url)
        except StaplingError as error:
            self._display.error(error.message)

    def _host_finished(self, entry: Mapping[str, Any]) -> None:
        """Append the line of a host, and show how far the run has come."""
        directory = self._option("report_dir")
        if directory:
            try:
                append_lines(os.path.join(directory, LINES), [to_line(entry, self._run)])
            except StaplingError as error:
                self._display.error(error.message)
        if self._option("show") == "progress" and entry["state"] != "not_reached":
            line = closing_line(entry["host"], entry)
            self._display.display(f"stapling {self._tracker.done} of {self._tracker.total}: {line}")

    def _close(self, *, interrupted: bool) -> None:
        if self._closed:
            return
        self._closed = True
        self._tracker.close(interrupted=interrupted)
        self._run.update(finished=timestamp(), interrupted=interrupted)
        document = make_document(self._tracker.entries, self._run)
        directory = self._option("report_dir")
        try:
            if directory:
                write_report(directory, document, self._option("report_query"))
        except StaplingError as error:
            self._display.error(error.message)
            directory = None
        self._send()
        if self._option("show") != "nothing":
            for line in closing_summary(document, directory=directory, writer=f"the callback {self.CALLBACK_NAME}"):
                self._display.display(line)

    def _send(self) -> None:
        """Send the lines of the run where somebody keeps them."""
        if url := self._option("report_url"):
            try:
                send_lines(url, self._tracker.entries, self._run)
            except StaplingError as error:
                self._display.error(error.message)
