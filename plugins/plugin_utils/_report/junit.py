# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JUnit XML for CI: a suite for each host, a case for each virtual host and key type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import plain

FAILURE = "failure"
SKIPPED = "skipped"
# Findings that make a case fail; the others are only told.
_FAILS = (words.CRITICAL, words.HIGH, words.MEDIUM)


def render_junit(document: Mapping[str, Any]) -> str:
    """Return report.junit.xml for a document of make_document."""
    suites = [_Suite(host, document["generated_at"]) for host in document["hosts"].values()]
    counts = {name: sum(suite.count(kind) for suite in suites) for name, kind in _COUNTS.items()}
    head = f'<testsuites name="OCSP stapling"{_attributes(counts)}>'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *map(str, suites), "</testsuites>", ""])


_COUNTS: Mapping[str, str | None] = {"tests": None, "failures": FAILURE, "skipped": SKIPPED}


class _Suite:
    """The cases of one host."""

    def __init__(self, host: Mapping[str, Any], moment: str) -> None:
        self._host = host
        self._moment = moment
        self._cases = list(_cases(host))

    def count(self, kind: str | None) -> int:
        """Return how many cases have this end, or how many there are."""
        return sum(kind in (None, end) for _name, end, _messages in self._cases)

    def __str__(self) -> str:
        counts = {name: self.count(kind) for name, kind in _COUNTS.items()}
        named = _attributes({"name": self._host["host"], **counts, "errors": 0, "timestamp": self._moment})
        cases = (_case(self._host["host"], *case) for case in self._cases)
        return "\n".join([f"<testsuite{named}>", *cases, "</testsuite>"])


def _cases(host: Mapping[str, Any]) -> Iterator[tuple[str, str | None, list[str]]]:
    """Yield name, end and messages of each case."""
    findings = host["findings"]
    of_host = [each for each in findings if each["problem"] == host["state"] and each["server_name"] is None]
    yield _judged(f"host {host['state']}", of_host)
    for vhost in host["vhosts"]:
        if not vhost["handshakes"]:
            same = [each for each in findings if each["server_name"] == vhost["name"] and each["key_type"] is None]
            name, end, messages = _judged(vhost["name"], same)
            yield name, end or SKIPPED, messages or ["not confirmed"]
        for server_name, port, key_type in _distinct(vhost["handshakes"], vhost["name"]):
            place = {"server_name": server_name, "port": port, "key_type": key_type}
            same = [each for each in findings if all(each[key] == value for key, value in place.items())]
            yield _judged(f"{server_name}:{port} {key_type or '-'}", same)


def _distinct(handshakes: Iterable[Mapping[str, Any]], name: str) -> list[tuple[str, Any, Any]]:
    """Return the places of the handshakes, those with several versions of TLS once."""
    return list(dict.fromkeys((seen["server_name"] or name, seen["port"], seen["key_type"]) for seen in handshakes))


def _judged(name: str, findings: Sequence[Mapping[str, Any]]) -> tuple[str, str | None, list[str]]:
    failed = any(finding["severity"] in _FAILS for finding in findings)
    messages = [f"{finding['problem']}: {finding['message'] or ''}" for finding in findings]
    return name, FAILURE if failed else None, messages


def _case(host: str, name: str, end: str | None, messages: Sequence[str]) -> str:
    head = f"<testcase{_attributes({'classname': host, 'name': name})}"
    return f"{head}/>" if end is None else f"{head}><{end}{_attributes({'message': ' '.join(messages)})}/></testcase>"


def _attributes(values: Mapping[str, Any]) -> str:
    return "".join(f" {key}={quoteattr(plain(value))}" for key, value in values.items())
