# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.document import make_document
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import (
    LINES,
    append_lines,
    check_directory,
    to_json,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.gather import gather
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import make_host
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.merge import merge, states_of_run, to_line
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.outputs import write_report
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.query import check_query
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.run import (
    MERGE,
    TASK,
    Process,
    describe,
    timestamp,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.send import check_url, send_lines
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.summary import closing_summary
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import plain
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.tracker import state_of

ARGUMENTS = {
    "report_dir": {"type": "path"},
    "url": {"type": "str"},
    "query": {"type": "str"},
    "state": {"type": "str", "choices": ["written", "checked", "merged", "surveyed", "counted"], "default": "written"},
    "sources": {"type": "list", "elements": "str", "default": []},
    "results": {"type": "dict"},
}
REQUIRED = [
    ("state", "written", ["report_dir"]),
    ("state", "checked", ["report_dir"]),
    ("state", "merged", ["report_dir", "sources"]),
    ("state", "surveyed", ["report_dir", "results"]),
]
# The names of hosts that a controller shows; its pages are slow if they are many.
MOST_NAMES = 100
_CALLBACK_WRITES = "The report is written by the callback stapling.httpd.stapling_report when the run ends."


class ActionModule(ActionBase):
    """The action plugin stapling_report."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Check, write or merge the report, and return what was written without its content."""
        base: Any = super()
        result: dict[str, Any] = base.run(tmp, task_vars)
        _validated, arguments = base.validate_argument_spec(ARGUMENTS, required_if=REQUIRED)
        if arguments["report_dir"]:
            arguments["report_dir"] = os.path.abspath(arguments["report_dir"])
        acts = {
            "checked": self._checked,
            "written": self._written,
            "merged": self._merged,
            "surveyed": self._surveyed,
            "counted": self._counted,
        }
        try:
            result.update(acts[arguments["state"]](arguments, task_vars or {}), changed=False)
        except StaplingError as error:
            raise AnsibleActionFail(error.message) from error
        return result

    def _checked(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        check_directory(arguments["report_dir"])
        if arguments["query"]:
            check_query(arguments["query"])
        if arguments["url"]:
            check_url(arguments["url"])
        return {"msg": [f"The report goes to {arguments['report_dir']}."], "files": []}

    def _written(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        if Process.watched:
            return {"written_by": "callback", "msg": [_CALLBACK_WRITES], "files": []}
        entries, run = _gather(variables), _run_of(variables)
        _append_news(os.path.join(arguments["report_dir"], LINES), entries, run)
        done = _write(arguments, entries, run, writer="a task of the playbook")
        if arguments["url"]:
            try:
                send_lines(arguments["url"], entries, run)
            except StaplingError as error:
                # The task would fail all hosts of the play.
                done["msg"] = [*done["msg"], error.message]
        return {**done, "written_by": TASK}

    def _counted(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the totals so far, and the hosts that another run has something to do on; writes nothing."""
        document = make_document(_gather(variables), _run_of(variables))
        retry = [name for name, host in document["hosts"].items() if host["state"] in words.RETRY_STATES]
        return {"totals": document["totals"], "retry": retry[:MOST_NAMES], "run_id": Process.id}

    def _surveyed(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        results = json.loads(json.dumps(arguments["results"], default=str))
        try:
            entries = [_entry(host, result) for host, result in results.items()]
        except (AttributeError, ValueError) as error:
            raise StaplingError("results_malformed", f"results: {error}") from error
        run = _run_of(variables)
        _append_news(os.path.join(arguments["report_dir"], LINES), entries, run)
        done = _write(arguments, entries, run, writer="a task of the playbook", retry=False)
        return {**done, "written_by": TASK}

    def _merged(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        merged = merge(arguments["sources"])
        run = describe(MERGE, finished=timestamp(), check_mode=False, merged=list(merged.runs.values()))
        target = os.path.join(arguments["report_dir"], LINES)
        # A file that is merged may be one that a run is appending to at this moment.
        own = any(os.path.realpath(path) == os.path.realpath(target) for path in merged.paths)
        lines = None if own else "".join(f"{to_json(line)}\n" for line in merged.lines.values())
        for line in merged.skipped:
            self._display.warning(f"Left out: {plain(line)}.")
        done = _write(arguments, merged.entries, run, writer=f"a merge of {len(merged.runs)} runs", lines=lines)
        return {**done, "skipped_lines": merged.skipped}


def _gather(variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    hosts = variables["ansible_play_hosts_all"]
    return gather(hosts, variables["ansible_play_hosts"], variables["hostvars"].raw_get)


def _run_of(variables: Mapping[str, Any]) -> dict[str, Any]:
    return describe(
        TASK,
        playbook=variables.get("ansible_play_name"),
        check_mode=bool(variables.get("ansible_check_mode")),
        limit=variables.get("ansible_limit"),
        finished=timestamp(),
    )


def _entry(host: str, result: Mapping[str, Any]) -> dict[str, Any]:
    state, message = state_of(result)
    return make_host(host, result, state=state, message=message, finished=timestamp())


def _append_news(path: str, entries: Sequence[Mapping[str, Any]], run: Mapping[str, Any]) -> None:
    """Append the lines of the hosts that have got to their end since the batch before."""
    check_directory(os.path.dirname(path))
    known = states_of_run(path, Process.id)
    news = [
        entry for entry in entries if entry["state"] != words.NOT_REACHED and known.get(entry["host"]) != entry["state"]
    ]
    append_lines(path, [to_line(entry, run) for entry in news])


def _write(
    arguments: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    run: Mapping[str, Any],
    *,
    writer: str,
    lines: str | None = None,
    retry: bool = True,
) -> dict[str, Any]:
    check_directory(arguments["report_dir"])
    document = make_document(entries, run)
    files = write_report(arguments["report_dir"], document, arguments["query"], lines)
    summary = closing_summary(document, directory=arguments["report_dir"], writer=writer, retry=retry)
    return {"files": files, "msg": summary}
