# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on the host with Prometheus: asks what the panels of the dashboard ask, and prints which of them stay empty."""

from __future__ import annotations

import json
import sys
import urllib.parse
import urllib.request


def empty_panels(path: str) -> list[str]:
    """Return the titles of the panels to which Prometheus has no answer."""
    with open(path, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    return [panel["title"] for panel in panels for target in panel["targets"] if not ask(target["expr"])]


def ask(expression: str) -> list[object]:
    """Return what Prometheus answers; an expression that it does not understand is an HTTPError."""
    query = urllib.parse.urlencode({"query": expression.replace("$instance", ".+")})
    with urllib.request.urlopen(f"http://127.0.0.1:9090/api/v1/query?{query}", timeout=10) as answer:
        found: list[object] = json.load(answer)["data"]["result"]
    return found


if __name__ == "__main__":
    print("\n".join(empty_panels(sys.argv[1])))
