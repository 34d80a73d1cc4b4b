# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.html in a browser, as people use it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from ansible_collections.stapling.httpd.tests.unit.support import reports

AXE = Path(__file__).parents[2] / ".nox" / "page" / "node_modules" / "axe-core" / "axe.min.js"
Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
HOSTILE = '</script></textarea><img src=x onerror="window.hacked=1"><svg onload="window.hacked=1">&amp;\'"{{7*7}}'


def count(page: Page) -> str:
    return page.inner_text("#count")


def column(page: Page, name: str) -> list[str]:
    titles = page.locator("#table thead th").evaluate_all("cells => cells.map(cell => cell.dataset.column)")
    return page.locator(f"#table tbody td:nth-child({titles.index(name) + 1})").all_inner_texts()


def hostile_report() -> dict[str, Any]:
    """Return a report with the hostile text wherever a stranger's text can get to."""
    texts = ("address", "server_name", "key_type", "tls_version", "certificate_status", "this_update", "next_update")
    seen = reports.handshake(**dict.fromkeys((*texts, "problem", "message", "hint"), HOSTILE), acceptable=False)
    name, shaken = reports.vhost(HOSTILE, seen)
    left = reports.vhost(f"left {HOSTILE}", action="leave", reason=HOSTILE)
    warning = {"code": HOSTILE, "message": HOSTILE, "vhost": HOSTILE}
    entry = reports.entry(HOSTILE, (name, shaken), left, cause=HOSTILE, warnings=[warning])
    entry["endpoints"] = [{"host": HOSTILE, "port": 80, "addresses": [HOSTILE], "needed_by": [HOSTILE]}]
    document = reports.document(entry, reports.lost(f"lost {HOSTILE}", "unreachable", HOSTILE))
    document["run"].update(dict.fromkeys(("id", "playbook", "hosts", "limit", "collection", "ansible_core"), HOSTILE))
    return document


def test_what_strangers_wrote_is_text_in_every_place(open_report: Open) -> None:
    page = open_report(hostile_report())
    for box in page.locator("#chooser input").all():
        box.check()
    page.fill("#q", "onerror")
    assert count(page) == "4 of 4 rows"
    assert HOSTILE in column(page, "name")
    page.locator("summary").evaluate_all("all => all.forEach(summary => { summary.parentElement.open = true; })")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, [onerror], [onload], iframe, object").count() == 0
    assert page.locator("script").count() == 2


def test_a_number_and_a_bar_lead_to_their_rows(open_report: Open) -> None:
    page = open_report()
    page.click(".tiles a[href='#outcome=not_acceptable']")
    page.wait_for_function("document.getElementById('count').textContent.startsWith('4 of')")
    assert set(column(page, "acceptable")) == {"no"}
    assert page.locator("[aria-current]").count() == 2
    page.click("figure a[href='#reason=revoked']")
    page.wait_for_function("document.getElementById('count').textContent.startsWith('1 of')")
    assert column(page, "name") == ["revoked.example"]


def test_filters_and_words_narrow_the_table_together(open_report: Open) -> None:
    page = open_report()
    page.select_option("#severity", "high")
    assert count(page) == "6 of 15 rows"
    page.fill("#q", "EXAMPLE web2")
    assert column(page, "name") == ["bad.example"]
    page.fill("#q", "no such thing")
    assert count(page) == "0 of 15 rows"
    page.click("#reset")
    assert count(page) == "15 of 15 rows"


def test_a_column_sorts_up_and_down_and_keeps_the_focus(open_report: Open) -> None:
    page = open_report()
    page.click("th[data-column=host] button")
    assert column(page, "host") == sorted(column(page, "host"))
    page.keyboard.press("Enter")
    assert page.get_attribute("th[data-column=host]", "aria-sort") == "descending"
    assert column(page, "host") == sorted(column(page, "host"), reverse=True)
    page.click("th[data-column=severity] button")
    assert column(page, "severity")[0] == "critical"
    assert column(page, "severity")[-1] == "good"


def test_the_address_shows_somebody_else_the_same(open_report: Open) -> None:
    page = open_report()
    page.select_option("#state", "enabled")
    page.click("th[data-column=name] button")
    page.uncheck("#chooser input[value=tls]")
    page.check("#chooser input[value=cis]")
    other = open_report(address=page.evaluate("location.hash"))
    assert other.inner_text("#table") == page.inner_text("#table")
    assert other.locator("th[data-column=cis]").count() == 1
    assert other.locator("th[data-column=tls]").count() == 0


def test_what_is_filtered_is_saved(open_report: Open) -> None:
    formula = reports.vhost("=1+2.example", reports.handshake("stale"))
    page = open_report(reports.document(reports.entry("a", formula), reports.entry("b", state="nothing_to_do")))
    page.fill("#q", "=1+2")
    saved = {}
    for name in ("csv", "json"):
        with page.expect_download() as download:
            page.click(f"#{name}")
        saved[name] = Path(download.value.path()).read_text(encoding="utf-8")
    (row,) = csv.DictReader(io.StringIO(saved["csv"]))
    assert (row["host"], row["name"], row["severity"]) == ("a", "'=1+2.example", "high")
    assert [row["name"] for row in json.loads(saved["json"])] == ["=1+2.example"]


def test_the_request_to_the_firewall_team_can_be_copied(open_report: Open) -> None:
    page = open_report(permissions=["clipboard-read", "clipboard-write"])
    page.click("text=For the firewall team")
    page.click("text=Copy for the firewall team")
    page.wait_for_selector("button:text-is('Copied')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "tcp ocsp.example port 80, from 2 hosts\ntcp other.example port 8080, from 1 host" in copied


def test_it_prints_what_is_filtered_with_every_block_open(open_report: Open, tmp_path: Path) -> None:
    page = open_report(address="#q=revoked", color_scheme="dark")
    (tmp_path / "report.pdf").write_bytes(page.pdf())
    command = ["pdftotext", "-layout", str(tmp_path / "report.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "1 of 15 rows" in text
    assert "tcp ocsp.example port 80" in text  # in a block that was closed
    assert "Save as CSV" not in text
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_light_and_dark_follow_the_system_until_the_reader_chooses(open_report: Open) -> None:
    page = open_report(color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.click("#theme")
    assert page.evaluate(colour) == "rgb(255, 255, 255)" != dark
    page.click("#theme")
    assert page.evaluate(colour) == dark


def test_on_a_phone_only_the_tables_scroll_sideways(open_report: Open) -> None:
    for document in (reports.fleet(), hostile_report()):
        page = open_report(document, viewport=PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_scripts_it_says_all_that_is_not_good(open_report: Open) -> None:
    document = reports.fleet()
    page = open_report(document, java_script_enabled=False)
    shown = page.locator("body").inner_text()
    findings = [finding for host in document["hosts"].values() for finding in host["findings"]]
    assert [finding["message"] for finding in findings if finding["severity"] != "info"]
    for finding in findings:
        if finding["severity"] in ("critical", "high", "medium"):
            assert finding["message"] in shown
    assert page.locator("#tools").is_hidden()
    assert page.locator("figure svg").count() > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(open_report: Open, scheme: str, viewport: dict[str, int] | None) -> None:
    # The policy of the page keeps scripts out, and axe with them.
    page = open_report(color_scheme=scheme, bypass_csp=True, **({"viewport": viewport} if viewport else {}))
    page.locator("summary").evaluate_all("all => all.forEach(summary => { summary.parentElement.open = true; })")
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run()")
    assert len(result["passes"]) > 20
    found = [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in result["violations"]]
    assert found == []
