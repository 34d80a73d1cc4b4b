# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page import render_html
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_rows import COLUMNS, make_rows
from ansible_collections.stapling.httpd.tests.unit.support import reports

HOSTILE = '</script><script>alert(1)</script><b onclick="x">&\u202e'


class Page(HTMLParser):
    """What a parser of HTML finds in the page: elements, and the text in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.texts.setdefault(self.elements[-1][0], []).append(data)


def test_names_are_text_wherever_they_stand() -> None:
    seen = reports.handshake("revoked", message=HOSTILE)
    text = render_html(reports.document(reports.entry(HOSTILE, reports.vhost(HOSTILE, seen))))
    page = Page(text)
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert scripts == [{"type": "application/octet-stream", "id": "data"}, {}]
    assert not any("onclick" in attributes for _tag, attributes in page.elements)
    assert "\u202e" not in text


def test_the_policy_allows_this_script_and_this_style_and_no_other() -> None:
    text = render_html(reports.fleet())
    (policy,) = [attributes["content"] for tag, attributes in Page(text).elements if "http-equiv" in attributes]
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert not re.search(r"\b(src|href)=.https?:|innerHTML|insertAdjacent|document.write", text)


def test_without_scripts_everything_that_is_not_good_can_be_read() -> None:
    text = re.sub(r"<script.*?</script>", "", render_html(reports.fleet()), flags=re.DOTALL)
    for finding in (finding for host in reports.fleet()["hosts"].values() for finding in host["findings"]):
        assert finding["message"] in text, finding
    body = text[text.index("<tbody>") : text.index("</tbody>")]
    assert [name in body for name in ("must.example", "bad.example", "revoked.example", "web8")] == [True] * 4
    assert "later.example" not in body
    assert "5 of 9 hosts did not get to their end; a strict client refuses 4 of 8 virtual hosts." in text


def test_each_number_leads_to_as_many_rows() -> None:
    document = reports.fleet()
    text = render_html(document)
    rows = [dict(zip(COLUMNS, row)) for row in make_rows(document)]
    links = re.findall(r'href="#(state|outcome|cis)=(\w+)"><b>(\d+)</b>', text)
    assert len(links) == 8 + 4 + 4
    for name, value, number in links:
        key = (lambda row: (row["host"], row["name"])) if name == "outcome" else (lambda row: row["host"])
        assert len({key(row) for row in rows if row[name] == value}) == int(number)


def test_a_large_fleet_makes_a_page_that_can_be_opened() -> None:
    """10,000 hosts of ten virtual hosts would be ten times this."""
    seen = [reports.handshake(next_update=f"2026-11-30T00:{minute:02}:00Z") for minute in range(10)]
    entries = [
        reports.entry(
            f"web{host}", *(reports.vhost(f"v{number}.web{host}.example", seen[number]) for number in range(10))
        )
        for host in range(1000)
    ]
    assert len(render_html(reports.document(*entries))) < 200_000


def test_every_word_that_the_page_uses_is_explained_in_it() -> None:
    document = reports.fleet()
    text = render_html(document)
    explained = set(re.findall(r"<dt>(.*?)</dt>", text))
    used = {host["state"] for host in document["hosts"].values()}
    used |= {finding["severity"] for host in document["hosts"].values() for finding in host["findings"]}
    used |= {finding["problem"] for host in document["hosts"].values() for finding in host["findings"]}
    used |= {vhost["outcome"] for host in document["hosts"].values() for vhost in host["vhosts"]}
    assert {word.replace("_", " ") for word in used} <= explained
    assert {"CIS pass", "CIS fail", "CIS 7.10/7.11"} <= explained


def test_a_state_keeps_its_meaning_where_a_handshake_has_a_problem_of_that_name() -> None:
    seen = reports.handshake("refused")
    text = render_html(
        reports.document(reports.entry("a", reports.vhost("a.example", seen)), reports.lost("b", "refused"))
    )
    assert "<dt>refused</dt><dd>Something was found before the first write" in text
    assert "<dt>refused (of a handshake)</dt><dd>The connection was refused.</dd>" in text
