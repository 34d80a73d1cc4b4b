# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Chromium for the tests of report.html, and pages for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page import render_html
from ansible_collections.stapling.httpd.tests.unit.support import reports

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "no chromium: run scripts/setup_page.sh"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens a report. In the end, no page must have complained or asked for anything."""
    contexts = []
    complaints: list[str] = []

    def complain(*words: Any) -> None:
        complaints.append(" ".join(map(str, words)))

    def open_page(document: dict[str, Any] | None = None, address: str = "", **options: Any) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render_html(reports.fleet() if document is None else document), encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complain(message.type, message.text))
        page.on("pageerror", lambda error: complain("error", error))
        page.on("dialog", lambda dialog: (complain("dialog", dialog.message), dialog.dismiss()))
        allowed = (path.as_uri(), "blob:")
        page.on("request", lambda request: request.url.startswith(allowed) or complain("request", request.url))
        page.goto(path.as_uri() + address)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("#tools:not([hidden])")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
