# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.html: one page that needs no network, and says without scripts all that is not good."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.document import make_document
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import to_json
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import make_host
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_script import SCRIPT
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_style import STYLE
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.run import TASK, describe, timestamp
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.summary import verdict
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.table import YES_NO, plain
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.tracker import state_of

COLUMNS: Final = {
    "host": "Host",
    "name": "Virtual host",
    "port": "Port",
    "key": "Key",
    "tls": "TLS",
    "stapled": "Stapled",
    "acceptable": "Acceptable",
    "status": "Status",
    "next_update": "Next update",
    "must_staple": "Must-staple",
    "severity": "Severity",
    "why": "Why",
    "state": "State of the host",
    "outcome": "Outcome",
}
FILTERS: Final = ("state", "outcome", "severity")
# Not in the table, since the filters show them.
_HIDDEN: Final = ("state", "outcome")
# Rows and hosts that stand in the page itself; the script has all of them.
MOST_ROWS: Final = 2000
MOST_HOSTS: Final = 20
GOOD: Final = "good"


def render_html(document: Mapping[str, Any]) -> str:
    """Return report.html for a document of make_document."""
    rows = list(_rows(document))
    data = {
        "columns": list(COLUMNS),
        "rows": rows,
        "filters": FILTERS,
        "severities": [*words.SEVERITIES, GOOD],
    }
    packed = base64.b64encode(gzip.compress(to_json(data).encode(), mtime=0)).decode()
    policy = f"default-src 'none'; style-src '{_hash(STYLE)}'; script-src '{_hash(SCRIPT)}'"
    policy += "; base-uri 'none'; form-action 'none'"
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        f"<title>OCSP stapling</title>\n<style>{STYLE}</style>\n</head>\n<body>",
        '<a class="skip" href="#table">Skip to the table</a>',
        *_head(document),
        *_tiles(document),
        *_what_to_do(document),
        *_table(rows),
        *_responders(document),
        *_glossary(),
        f'<script type="application/octet-stream" id="data">{packed}</script>',
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def render_results(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page for results of the role alone, without a run."""
    entries = [
        make_host(host, result, state=state_of(result)[0], message=state_of(result)[1], finished=timestamp())
        for host, result in results.items()
    ]
    return render_html(make_document(entries, describe(TASK)))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(value: Any) -> str:
    """Return any text as text of the page."""
    return html.escape(plain("-" if value is None else value))


def _head(document: Mapping[str, Any]) -> Iterator[str]:
    run = document["run"]
    facts = {
        "playbook": run["playbook"],
        "hosts": run["hosts"],
        "limit": run["limit"],
        "from": run["started"],
        "to": run["finished"],
        "ansible-core": run["ansible_core"],
        "stapling.httpd": run["collection"],
        "written by": run["written_by"],
        "run": run["id"],
    }
    told = ", ".join(f"{name} {_text(value)}" for name, value in facts.items() if value)
    checked = " Check mode: nothing was changed." if run["check_mode"] else ""
    ended = " The run was interrupted." if run["interrupted"] else ""
    sentence = verdict(document["totals"])
    yield f'<header>\n<h1>OCSP stapling</h1>\n<p class="verdict">{_text(sentence[:1].upper() + sentence[1:])}</p>'
    yield f'<p class="soft">{told}.{checked}{ended}</p>\n</header>\n<main>'


def _tiles(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the numbers, each a link to exactly the rows that it counts."""
    yield "<h2>Hosts</h2>"
    yield from _tile_list(document["totals"]["hosts"], "state", words.STATES)
    yield "<h2>Virtual hosts</h2>"
    yield from _tile_list(document["totals"]["virtual_hosts"], "outcome", words.OUTCOMES)


def _tile_list(counts: Mapping[str, int], name: str, values: Sequence[str]) -> Iterator[str]:
    yield '<ul class="tiles">'
    for value in values:
        if counts[value]:
            yield f'<li><a href="#{name}={value}"><b>{counts[value]}</b>{_words(value)}</a></li>'
    yield "</ul>"


def _words(name: str) -> str:
    return _text(name.replace("_", " "))


def _what_to_do(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a block for each problem, the worst first: what to do, where, and the sentences."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for host in document["hosts"].values():
        for finding in host["findings"]:
            groups.setdefault((finding["severity"], finding["problem"]), []).append(finding)
    yield '<h2 id="what-to-do">What to do</h2>'
    if not groups:
        yield "<p>Nothing.</p>"
    for severity, problem in sorted(groups, key=lambda key: (words.SEVERITIES.index(key[0]), key[1])):
        found = groups[severity, problem]
        opened = "" if severity in (words.LOW, words.INFO) else " open"
        hosts = list(dict.fromkeys(finding["host"] for finding in found))
        title = f'<span class="{severity}">{severity}</span>: {_text(problem)}: {len(found)}'
        yield f"<details{opened}><summary>{title}</summary>"
        yield f"<p>{_text(found[0]['hint'] or '')}</p>\n<ul>"
        yield from (f"<li>{_place(finding)}</li>" for finding in found[:MOST_HOSTS])
        if len(found) > MOST_HOSTS:
            yield f"<li>and {len(found) - MOST_HOSTS} more, in findings.csv</li>"
        yield "</ul>"
        if severity != words.INFO:
            limit = ",".join(hosts[:MOST_HOSTS])
            yield f"<p>To run it again there: <code data-copy>--limit {_text(limit)}</code></p>"
        yield "</details>"


def _place(finding: Mapping[str, Any]) -> str:
    place = " ".join(str(finding[key]) for key in ("host", "server_name", "key_type") if finding[key])
    return f"<strong>{_text(place)}</strong>: {_text(finding['message'] or finding['problem'])}"


def _rows(document: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield the rows of the table: a row for each handshake, virtual host without one, and host without any."""
    for host in document["hosts"].values():
        state = host["state"]
        found = {_key(finding): finding for finding in reversed(host["findings"])}
        own = found.get((None, None, None))
        if not host["vhosts"] or state in words.RETRY_STATES:
            why = f"{state}: {host['message'] or ''}" if state in words.RETRY_STATES else state
            severity = own["severity"] if own and state in words.RETRY_STATES else GOOD
            yield _row(host["host"], severity=severity, why=why, state=state)
        for vhost in host["vhosts"]:
            yield from _vhost_rows(host, vhost, found)


def _key(finding: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return finding["server_name"], finding["port"], finding["key_type"]


def _vhost_rows(host: Mapping[str, Any], vhost: Mapping[str, Any], found: Mapping[Any, Any]) -> Iterator[list[str]]:
    common = {
        "name": vhost["name"],
        "must_staple": YES_NO[vhost["must_staple"]],
        "state": host["state"],
        "outcome": vhost["outcome"],
    }
    if not vhost["handshakes"]:
        finding = found.get((vhost["name"], None, None), {})
        why = f"{vhost['reason']}: {vhost['detail'] or ''}" if vhost["outcome"] == words.LEFT else vhost["outcome"]
        yield _row(host["host"], **common, severity=finding.get("severity", words.INFO), why=why)
    for seen in vhost["handshakes"]:
        finding = found.get((seen["server_name"] or vhost["name"], seen["port"], seen["key_type"]), {})
        yield _row(
            host["host"],
            **common,
            port=seen["port"],
            key=seen["key_type"],
            tls=seen["tls_version"],
            stapled=YES_NO[seen["stapled"]],
            acceptable=YES_NO[seen["acceptable"]],
            status=seen["certificate_status"],
            next_update=seen["next_update"],
            severity=finding.get("severity", GOOD),
            why=finding.get("message") or finding.get("problem") or "ok",
        )


def _row(host: str, **cells: Any) -> list[str]:
    values = {"host": host, **cells}
    return [plain("-" if values.get(name) is None else values[name]) for name in COLUMNS]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the table with the rows that are not good; the script puts others in their place."""
    place = list(COLUMNS).index("severity")
    bad = [row for row in rows if row[place] not in (GOOD, words.INFO)]
    bad.sort(key=lambda row: words.SEVERITIES.index(row[place]))
    shown = [index for index, name in enumerate(COLUMNS) if name not in _HIDDEN]
    yield "<h2>All of it</h2>"
    yield from _tools()
    told = f"{len(bad)} of {len(rows)} rows are not good"
    told += f"; the first {MOST_ROWS} of these are here" if len(bad) > MOST_ROWS else ""
    yield f'<p id="count" role="status">{told}. Without scripts the others are in report.csv.</p>'
    yield '<div class="wide" tabindex="0" role="region" aria-label="Table"><table id="table">'
    yield "<caption>A row for each handshake, each virtual host without one, and each host without any.</caption>"
    heads = [(name, title) for name, title in COLUMNS.items() if name not in _HIDDEN]
    yield "<thead><tr>" + "".join(f'<th scope="col" data-column="{name}">{title}</th>' for name, title in heads)
    yield "</tr></thead>\n<tbody>"
    for row in bad[:MOST_ROWS]:
        yield "<tr>" + "".join(f"<td>{html.escape(row[index])}</td>" for index in shown) + "</tr>"
    yield '</tbody></table></div>\n<p><button type="button" id="more" hidden>Show more</button></p>'


def _tools() -> Iterator[str]:
    yield '<div class="tools" id="tools" hidden><label>Search <input type="search" id="q"></label>'
    for name in FILTERS:
        yield f'<label>{COLUMNS[name]} <select id="{name}"><option value="">any</option></select></label>'
    for name, title in {"reset": "Show all", "csv": "Save as CSV", "json": "Save as JSON"}.items():
        yield f'<button type="button" id="{name}">{title}</button>'
    yield "</div>"


def _responders(document: Mapping[str, Any]) -> Iterator[str]:
    hosts: dict[tuple[str, int], set[str]] = {}
    certificates: dict[tuple[str, int], set[str]] = {}
    for host in document["hosts"].values():
        for endpoint in host["endpoints"]:
            place = (endpoint["host"], endpoint["port"])
            hosts.setdefault(place, set()).add(host["host"])
            certificates.setdefault(place, set()).update(map(str, endpoint.get("needed_by", [])))
    if hosts:
        yield '<h2>Responders</h2>\n<div class="wide" tabindex="0" role="region" aria-label="Responders"><table>'
        yield "<caption>What the perimeter firewall must let out; egress.csv has the addresses.</caption>"
        yield "<thead><tr>" + _heads("Responder", "Port", "Hosts", "Certificates") + "</tr></thead>\n<tbody>"
        for place in sorted(hosts, key=lambda place: (-len(certificates[place]), place)):
            cells = (*place, len(hosts[place]), len(certificates[place]))
            yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>"
        yield "</tbody></table></div>"


def _heads(*titles: str) -> str:
    return "".join(f'<th scope="col">{title}</th>' for title in titles)


def _glossary() -> Iterator[str]:
    yield "<h2>Words</h2>\n<dl>"
    yield from (f"<dt>{_words(name)}</dt><dd>{_text(meaning)}</dd>" for name, meaning in words.MEANINGS.items())
    yield "</dl>\n</main>"
