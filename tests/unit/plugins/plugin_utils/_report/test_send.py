# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.send import check_url, send_lines, shown
from ansible_collections.stapling.httpd.tests.unit.support import reports, servers


class Keeper(HTTPServer):
    """A server that keeps what is put there, and answers with `status`."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, Any, bytes]] = []
        self.status = 201
        super().__init__(("127.0.0.1", 0), Put)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/reports/7.jsonl"


class Put(BaseHTTPRequestHandler):
    server: Keeper

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.kept.append((self.path, self.headers, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    with Keeper() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


ENTRIES = [reports.lost("a", "failed"), reports.lost("b", "unreachable")]
RUN = {"id": "20261128T000000Z-00000000"}


def test_the_lines_of_a_run_arrive_in_one_request(keeper: Keeper) -> None:
    send_lines(keeper.url, ENTRIES, RUN)
    ((path, headers, body),) = keeper.kept
    assert (path, headers["Content-Type"]) == ("/reports/7.jsonl", "application/x-ndjson")
    lines = [json.loads(line) for line in body.decode().splitlines()]
    assert [(line["host"], line["run"]["id"]) for line in lines] == [("a", RUN["id"]), ("b", RUN["id"])]


def test_name_and_password_are_sent_and_never_shown(keeper: Keeper) -> None:
    url = keeper.url.replace("//", "//me:secret@")
    keeper.status = 507
    with pytest.raises(StaplingError) as caught:
        send_lines(url, ENTRIES, RUN)
    assert keeper.kept[0][1]["Authorization"].startswith("Basic ")
    assert "507" in caught.value.message and keeper.url in caught.value.message
    assert "secret" not in caught.value.message
    assert shown(url) == keeper.url


def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    url = f"http://127.0.0.1:{servers.closed_port()}/"
    with pytest.raises(StaplingError, match=r"The report could not be sent to http://127\.0\.0\.1"):
        send_lines(url, ENTRIES, RUN)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.example/", "a.example/reports", "https:///x", ""])
def test_other_urls_are_refused_before_the_first_host(url: str) -> None:
    with pytest.raises(StaplingError, match="must be an http:// or https:// URL"):
        check_url(url)
