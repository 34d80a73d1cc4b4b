# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.html of 10,000 hosts with ten virtual hosts each: how large it is, and how long a browser takes.

The times are figures to read, since the machine may be busy; only the size has a bound that fails.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page import render_html
from ansible_collections.stapling.httpd.tests.unit.support import reports

HOSTS = 10_000
VHOSTS = 10
MOST_BYTES = 2_000_000
# Each figure is the median of so many.
TIMES = 3
# From the change to the moment when the browser has drawn the new rows, in milliseconds.
FILTER = """async ([id, value]) => {
    const begun = performance.now();
    const control = document.getElementById(id);
    control.value = value;
    control.dispatchEvent(new Event(id === "q" ? "input" : "change"));
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    return performance.now() - begun;
}"""


def large_fleet() -> dict[str, Any]:
    """Return a report in which a hundredth of the virtual hosts is not good."""
    return reports.document(*_entries())


def _entries() -> Iterator[dict[str, Any]]:
    responders = [
        {"host": f"ocsp{number}.example", "port": 80, "needed_by": [f"{number}"], "vhosts": []} for number in range(5)
    ]
    for host in range(HOSTS):
        vhosts = [_vhost(host, number) for number in range(VHOSTS)]
        yield reports.entry(f"web{host:05}.example.org", *vhosts, endpoints=responders)


def _vhost(host: int, number: int) -> Any:
    name = f"site{number}.customer{host * 7919 % HOSTS}.example.org"
    update = f"2026-12-0{1 + number % 7}T{host % 24:02}:{host * 13 % 60:02}:{number * 7 % 60:02}Z"
    problem = "no_staple" if (host * VHOSTS + number) % 100 == 0 else None
    return reports.vhost(name, reports.handshake(problem, next_update=None if problem else update))


def test_a_fleet_of_a_hundred_thousand_virtual_hosts(browser: Browser, tmp_path: Path) -> None:
    document = large_fleet()
    times = []
    for _again in range(TIMES):
        begun = time.perf_counter()
        text = render_html(document)
        times.append(time.perf_counter() - begun)
    figures = {"render": median(times)}
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    size = path.stat().st_size

    opened = [_open(browser, path) for _again in range(TIMES)]
    figures["open"] = median(seconds for _page, seconds in opened)
    page = opened[-1][0]
    assert page.inner_text("#count").startswith("100000 of 100000 rows")
    changes = {"severity": ("severity", "medium"), "search": ("q", "customer77"), "none": ("q", "")}
    for name, change in changes.items():
        figures[f"filter by {name}"] = median(page.evaluate(FILTER, change) for _again in range(TIMES)) / 1000
    page.close()
    _show(size, figures)
    assert size < MOST_BYTES


def _open(browser: Browser, path: Path) -> tuple[Page, float]:
    """Return the page in a new window, and after how many seconds it can be used."""
    for before in browser.contexts:
        before.close()
    page = browser.new_page()
    begun = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector("#tools:not([hidden])")
    return page, time.perf_counter() - begun


def _show(size: int, figures: dict[str, float]) -> None:
    lines = [f"{HOSTS} hosts of {VHOSTS} virtual hosts: {size / 1e6:.2f} MB; medians of {TIMES}"]
    lines += [f"{name:20} {seconds:6.2f} s" for name, seconds in figures.items()]
    table = "\n".join(lines) + "\n"
    print(table)
    if results := os.environ.get("RESULTS"):
        (Path(results) / "page.table").write_text(table, encoding="utf-8")
