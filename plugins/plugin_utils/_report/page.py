# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.html: one page that needs no network, and says without scripts all that is not good."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.words import WORDS
from ansible_collections.stapling.httpd.plugins.plugin_utils._report import benchmark, words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.document import make_document
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.host import make_host
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_charts import charts
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_responders import (
    responders_of,
    responders_part,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_rows import (
    COLUMNS,
    FILTERS,
    GOOD,
    SHOWN,
    make_rows,
    pack,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_script import SCRIPT
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_style import STYLE
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_text import spoken, text
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.run import TASK, describe, timestamp
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.summary import verdict
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.tracker import state_of

# Rows and hosts that stand in the page itself; the script has all of them.
MOST_ROWS: Final = 2000
MOST_HOSTS: Final = 20


def render_html(document: Mapping[str, Any]) -> str:
    """Return report.html for a document of make_document."""
    rows = make_rows(document)
    responders = responders_of(document)
    needed = {(responder.host, responder.port): len(responder.certificates) for responder in responders}
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
        *charts(document, rows, needed),
        *_what_to_do(document),
        *_table(rows),
        *responders_part(responders),
        *_glossary(document, rows),
        f'<script type="application/octet-stream" id="data">{pack(rows)}</script>',
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
    told = ", ".join(f"{name} {text(value)}" for name, value in facts.items() if value)
    checked = " Check mode: nothing was changed." if run["check_mode"] else ""
    ended = " The run was interrupted." if run["interrupted"] else ""
    sentence = verdict(document["totals"])
    yield f'<header>\n<h1>OCSP stapling</h1>\n<p class="verdict">{text(sentence[:1].upper() + sentence[1:])}</p>'
    yield f'<p class="soft">{told}.{checked}{ended}</p>\n</header>\n<main>'


def _tiles(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the numbers, each a link to exactly the rows that it counts."""
    yield "<h2>Hosts</h2>"
    yield from _tile_list(document["totals"]["hosts"], "state", words.STATES)
    yield "<h2>Virtual hosts</h2>"
    yield from _tile_list(document["totals"]["virtual_hosts"], "outcome", words.OUTCOMES)
    yield "<h2>Hosts by CIS Apache 2.4 benchmark 7.10/7.11 (OCSP stapling)</h2>"
    yield from _tile_list(document["totals"]["cis"], "cis", benchmark.STATUSES)


def _tile_list(counts: Mapping[str, int], name: str, values: Sequence[str]) -> Iterator[str]:
    yield '<ul class="tiles">'
    for value in values:
        if counts[value]:
            yield f'<li><a href="#{name}={value}"><b>{counts[value]}</b>{text(spoken(value))}</a></li>'
    yield "</ul>"


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
        title = f'<span class="{severity}">{severity}</span>: {text(problem)}: {len(found)}'
        yield f"<details{opened}><summary>{title}</summary>"
        yield f"<p>{text(found[0]['hint'] or '')}</p>\n<ul>"
        yield from (f"<li>{_place(finding)}</li>" for finding in found[:MOST_HOSTS])
        if len(found) > MOST_HOSTS:
            yield f"<li>and {len(found) - MOST_HOSTS} more, in findings.csv</li>"
        yield "</ul>"
        if severity != words.INFO:
            limit = ",".join(hosts[:MOST_HOSTS])
            yield f"<p>To run it again there: <code data-copy>--limit {text(limit)}</code></p>"
        yield "</details>"


def _place(finding: Mapping[str, Any]) -> str:
    place = " ".join(str(finding[key]) for key in ("host", "server_name", "key_type") if finding[key])
    return f"<strong>{text(place)}</strong>: {text(finding['message'] or finding['problem'])}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the table with the rows that are not good; the script puts others in their place."""
    place = list(COLUMNS).index("severity")
    bad = [row for row in rows if row[place] not in (GOOD, words.INFO)]
    bad.sort(key=lambda row: words.SEVERITIES.index(row[place]))
    shown = [index for index, name in enumerate(COLUMNS) if name in SHOWN]
    yield '<h2 id="all">All of it</h2>'
    yield from _tools()
    told = f"{len(bad)} of {len(rows)} rows are not good"
    told += f"; the first {MOST_ROWS} of these are here" if len(bad) > MOST_ROWS else ""
    yield f'<p id="count" role="status">{told}. Without scripts the others are in report.csv.</p>'
    yield '<div class="wide" tabindex="0" role="region" aria-label="Table"><table id="table">'
    yield "<caption>A row for each handshake, each virtual host without one, and each host without any.</caption>"
    titles = "".join(f'<th scope="col" data-column="{name}">{COLUMNS[name]}</th>' for name in SHOWN)
    yield f"<thead><tr>{titles}</tr></thead>\n<tbody>"
    for row in bad[:MOST_ROWS]:
        yield "<tr>" + "".join(f"<td>{html.escape(row[index])}</td>" for index in shown) + "</tr>"
    yield '</tbody></table></div>\n<p><button type="button" id="more" hidden>Show more</button></p>'


def _tools() -> Iterator[str]:
    yield '<div class="tools" id="tools" hidden><label>Search <input type="search" id="q"></label>'
    for name in FILTERS:
        yield f'<label>{COLUMNS[name]} <select id="{name}"><option value="">any</option></select></label>'
    buttons = {
        "reset": "Show all",
        "csv": "Save as CSV",
        "json": "Save as JSON",
        "print": "Print",
        "theme": "Light or dark",
    }
    yield from (f'<button type="button" id="{name}">{title}</button>' for name, title in buttons.items())
    yield '<fieldset id="chooser"><legend>Columns</legend>'
    yield from (f'<label><input type="checkbox" value="{name}"> {title}</label>' for name, title in COLUMNS.items())
    yield "</fieldset></div>"


def _glossary(document: Mapping[str, Any], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield what the words mean: those of every report, and the problems and reasons of this one."""
    place = list(COLUMNS).index("reason")
    used = {row[place] for row in rows}
    used |= {finding["problem"] for host in document["hosts"].values() for finding in host["findings"]}
    meanings = {
        **words.MEANINGS,
        **{f"CIS {status}": meaning for status, meaning in benchmark.MEANINGS.items()},
        **{word: WORDS[word].sentence for word in sorted(used & set(WORDS))},
        **{_label(word): PROBLEMS[word].sentence for word in sorted(used & set(PROBLEMS))},
        **{word: words.REPORT_PROBLEMS[word] for word in sorted(used & set(words.REPORT_PROBLEMS))},
        **words.COLUMN_MEANINGS,
    }
    yield '<h2 id="words">Words</h2>\n<dl>'
    yield from (f"<dt>{text(spoken(word))}</dt><dd>{text(meaning)}</dd>" for word, meaning in meanings.items())
    yield "</dl>\n</main>"


def _label(problem: str) -> str:
    """Return a problem of a handshake as the list of words has it: some are states of a host, too."""
    return f"{problem} (of a handshake)" if problem in words.MEANINGS else problem
