# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look has seen, in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import Look, Staple

Labels = t.Mapping[str, str]

# Names are stable: people write rules on them.
_HELP = {
    "httpd_ocsp_staple_acceptable": "Whether a strict client would accept what was stapled at the last look (1) or not"
    " (0).",
    "httpd_ocsp_staple_present": "Whether any response was stapled at the last look.",
    "httpd_ocsp_staple_required": "Whether the certificate obliges clients to insist on a staple (RFC 7633).",
    "httpd_ocsp_staple_this_update_timestamp_seconds": "thisUpdate of the stapled response, in Unix time.",
    "httpd_ocsp_staple_next_update_timestamp_seconds": "nextUpdate of the stapled response, in Unix time; absent where"
    " nothing was stapled or the response has none.",
    "httpd_ocsp_staple_problem_info": "Why a staple is not acceptable, as a stable word; absent where it is.",
    "httpd_ocsp_staples": "Staples by whether a strict client would accept them, and by whether the certificate obliges"
    " clients to insist on one.",
    "httpd_ocsp_vhosts": "Virtual hosts by what is to be done with them and why.",
    "httpd_ocsp_responder_success": "Whether the responder gave a usable answer to the last question from this host.",
    "httpd_ocsp_responder_duration_seconds": "How long that answer took.",
    "httpd_ocsp_configuration_problem_info": "What is wrong with the configuration of httpd, as a stable word.",
    "httpd_ocsp_httpd_running": "Whether httpd ran at the last look.",
    "httpd_ocsp_monitor_success": "Whether the last look came to its end, whatever it saw.",
    "httpd_ocsp_monitor_last_run_timestamp_seconds": "When the last look ended, in Unix time.",
    "httpd_ocsp_monitor_last_success_timestamp_seconds": "When a look last came to its end, in Unix time.",
    "httpd_ocsp_monitor_duration_seconds": "How long the last look took.",
    "httpd_ocsp_monitor_info": "What looks: version of the collection, engine that staples.",
}
NAMES = tuple(_HELP)


class _Series:
    """Samples by name, in the order of the table of names."""

    def __init__(self) -> None:
        self._samples: dict[str, list[str]] = {name: [] for name in _HELP}

    def add(self, name: str, labels: Labels, value: float | None) -> None:
        """Add a sample; one without a value is left out."""
        if value is not None:
            pairs = ",".join(f'{label}="{escape_label(text)}"' for label, text in labels.items())
            self._samples[name].append(f"{name}{{{pairs}}} {_number(value)}")

    def text(self) -> str:
        """Return all of them, each name with its HELP and TYPE."""
        lines: list[str] = []
        for name, samples in self._samples.items():
            if samples:
                lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge", *samples]
        return "".join(f"{line}\n" for line in lines)


def escape_label(text: str) -> str:
    """Return a text as it stands between the quotation marks of a label; what is not UTF-8 is replaced."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def render(seen: Look, *, version: str, per_vhost: bool, success: bool, last_run: float) -> str:
    """Return the metrics of the last look that came to its end; `success` tells whether that was the last one."""
    series = _Series()
    host = {"httpd": seen.httpd}
    if per_vhost:
        for staple in seen.staples:
            _add_staple(series, host, staple)
    else:
        _add_summary(series, host, seen.staples)
    for action, reason, count in seen.vhosts:
        series.add("httpd_ocsp_vhosts", {**host, "action": action, "reason": reason}, count)
    for answer in seen.answers:
        labels = {**host, "responder": answer.responder}
        series.add("httpd_ocsp_responder_success", labels, answer.success)
        series.add("httpd_ocsp_responder_duration_seconds", labels, answer.seconds)
    for code in sorted({problem.code for problem in seen.problems}):
        series.add("httpd_ocsp_configuration_problem_info", {**host, "problem": code}, 1)
    series.add("httpd_ocsp_httpd_running", host, seen.running)
    series.add("httpd_ocsp_monitor_success", host, success)
    series.add("httpd_ocsp_monitor_last_run_timestamp_seconds", host, last_run)
    series.add("httpd_ocsp_monitor_last_success_timestamp_seconds", host, seen.moment)
    series.add("httpd_ocsp_monitor_duration_seconds", host, seen.duration)
    series.add("httpd_ocsp_monitor_info", {**host, "version": version, "engine": seen.engine}, 1)
    return series.text()


def _add_staple(series: _Series, host: Labels, staple: Staple) -> None:
    labels = {**host, "server_name": staple.server_name, "port": str(staple.port), "key_type": staple.key_type}
    series.add("httpd_ocsp_staple_acceptable", labels, staple.acceptable)
    series.add("httpd_ocsp_staple_present", labels, staple.present)
    series.add("httpd_ocsp_staple_required", labels, staple.required)
    series.add("httpd_ocsp_staple_this_update_timestamp_seconds", labels, staple.this_update)
    series.add("httpd_ocsp_staple_next_update_timestamp_seconds", labels, staple.next_update)
    if staple.problem is not None:
        series.add("httpd_ocsp_staple_problem_info", {**labels, "problem": staple.problem}, 1)


def _add_summary(series: _Series, host: Labels, staples: t.Sequence[Staple]) -> None:
    """Add counts, and the times of the staple that ends first, so that the rules about time hold for it."""
    counts = Counter((staple.acceptable, staple.required) for staple in staples)
    for (acceptable, required), count in sorted(counts.items()):
        labels = {**host, "acceptable": str(int(acceptable)), "required": str(int(required))}
        series.add("httpd_ocsp_staples", labels, count)
    ending = [staple for staple in staples if staple.next_update is not None]
    if ending:
        first = min(ending, key=lambda staple: staple.next_update or 0.0)
        series.add("httpd_ocsp_staple_this_update_timestamp_seconds", host, first.this_update)
        series.add("httpd_ocsp_staple_next_update_timestamp_seconds", host, first.next_update)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.3f}"
