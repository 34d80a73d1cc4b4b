# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw docs/images/report.png: the top of a report of a fleet, as README.md shows it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page import render_html
from ansible_collections.stapling.httpd.tests.unit.support import reports

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "report.png"
SIZE = {"width": 1200, "height": 1040}
RESPONDERS = ("ocsp.ca.example", "ocsp.other-ca.example", "ocsp.old-ca.example")


def fleet() -> Iterator[dict[str, Any]]:
    """Yield the hosts: most are good, and each kind of trouble is there."""
    for number in range(1, 113):
        yield reports.entry(f"web{number:03}.example.org", *_vhosts(number), endpoints=_endpoints(number))
    broken = reports.vhost("pay.example.org", reports.handshake("no_staple"), must_staple=True)
    yield reports.entry("web113.example.org", broken, cause="no_staple: it is.", endpoints=_endpoints(113))
    old = reports.vhost("wiki.example.org", reports.handshake("stale"))
    yield reports.entry("web114.example.org", old, state="rolled_back", cause="The responder's answer is out of date.")
    yield reports.entry(
        "web115.example.org", state="refused", cause="httpd -t fails: /etc/apache2/apache2.conf, line 7."
    )
    for number in range(116, 119):
        yield reports.lost(f"web{number}.example.org", "unreachable", "Failed to connect to the host via ssh.")
    yield reports.lost("web119.example.org", "not_reached", "The run ended before it came to this host.")


def _vhosts(number: int) -> list[Any]:
    day = 29 + number % 2
    seen = reports.handshake(
        next_update=f"2026-11-{day}T{number % 24:02}:00:00Z" if number % 9 else "2026-12-04T00:00:00Z"
    )
    late = {"this_update": "2026-11-25T12:00:00Z", "next_update": "2026-11-28T12:00:00Z"}
    vhosts = [reports.vhost(f"shop{number}.example.org", seen), reports.vhost(f"www{number}.example.org", seen)]
    if number % 3 == 0:
        vhosts.append(reports.vhost(f"free{number}.example.org", action="leave", reason="no_ocsp_uri"))
    if number % 40 == 0:
        vhosts.append(reports.vhost(f"late{number}.example.org", reports.handshake(**late)))
    if number % 50 == 0:
        vhosts.append(reports.vhost(f"test{number}.example.org", action="leave", reason="self_signed"))
    return vhosts


def _endpoints(number: int) -> list[dict[str, Any]]:
    name = RESPONDERS[0 if number % 4 else 1 if number % 8 else 2]
    return [{"host": name, "port": 80, "needed_by": [f"{number}a", f"{number}b"], "vhosts": []}]


def main() -> int:
    PICTURE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        path = Path(directory) / "report.html"
        path.write_text(render_html(reports.document(*fleet())), encoding="utf-8")
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        page = browser.new_page(viewport=SIZE)
        page.goto(path.as_uri())
        page.wait_for_selector("#tools:not([hidden])")
        page.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE.name}: {PICTURE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
