# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metrics, judged by promtool where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import typing as t

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import Look
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.metrics import escape_label, render
from ansible_collections.stapling.httpd.tests.unit.support.checkout import ROOT
from ansible_collections.stapling.httpd.tests.unit.support.looks import NOW, missing, problem, seen, staple

HOSTILE = 'a"b\\c\nd e{f="1"} \udcff # HELP'
SAMPLE = re.compile(r'(\w+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (\d+(?:\.\d+)?)\Z')


def metrics(look: Look, **more: t.Any) -> str:
    given: dict[str, t.Any] = {"version": "1.1.0", "per_vhost": True, "success": True, "last_run": NOW}
    return render(look, **{**given, **more})


def samples(text: str) -> dict[str, dict[str, float]]:
    """Return the values by name and labels."""
    found: dict[str, dict[str, float]] = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.match(line)
            assert match is not None, line
            assert match.group(2) not in found.setdefault(match.group(1), {}), line
            found[match.group(1)][match.group(2)] = float(match.group(3))
    return found


def test_every_sample_of_a_look() -> None:
    look = seen(staple(), missing(required=True), problems=(problem("managed_file_missing"),))
    found = samples(metrics(look))
    shop = 'httpd="apache2",server_name="shop.example.org",port="443",key_type="rsa"'
    bank = shop.replace("shop", "bank")
    assert found["httpd_ocsp_staple_acceptable"] == {shop: 1, bank: 0}
    assert found["httpd_ocsp_staple_present"] == {shop: 1, bank: 0}
    assert found["httpd_ocsp_staple_required"] == {shop: 0, bank: 1}
    assert found["httpd_ocsp_staple_next_update_timestamp_seconds"] == {shop: NOW + 6 * 86400}
    assert found["httpd_ocsp_staple_this_update_timestamp_seconds"] == {shop: NOW - 86400}
    assert found["httpd_ocsp_staple_problem_info"] == {f'{bank},problem="no_staple"': 1}
    assert found["httpd_ocsp_vhosts"]['httpd="apache2",action="staple",reason="ok"'] == 2
    assert found["httpd_ocsp_responder_success"] == {'httpd="apache2",responder="ocsp.example.org:80"': 1}
    assert found["httpd_ocsp_responder_duration_seconds"] == {'httpd="apache2",responder="ocsp.example.org:80"': 0.041}
    assert found["httpd_ocsp_configuration_problem_info"] == {'httpd="apache2",problem="managed_file_missing"': 1}
    assert found["httpd_ocsp_monitor_info"] == {'httpd="apache2",version="1.1.0",engine="mod_ssl"': 1}


def test_a_look_that_failed_keeps_the_numbers_and_ages() -> None:
    found = samples(metrics(seen(staple()), success=False, last_run=NOW + 7200))
    host = 'httpd="apache2"'
    assert found["httpd_ocsp_monitor_success"] == {host: 0}
    assert found["httpd_ocsp_monitor_last_run_timestamp_seconds"] == {host: NOW + 7200}
    assert found["httpd_ocsp_monitor_last_success_timestamp_seconds"] == {host: NOW}
    assert list(found["httpd_ocsp_staple_acceptable"].values()) == [1]


def test_of_a_large_host_only_counts_and_the_staple_that_ends_first() -> None:
    many = [staple(f"v{number}.example.org", next_update=NOW + number * 3600) for number in range(1, 1001)]
    text = metrics(seen(*many, missing(required=True), missing("c.example.org")), per_vhost=False)
    found = samples(text)
    assert found["httpd_ocsp_staples"] == {
        'httpd="apache2",acceptable="0",required="0"': 1,
        'httpd="apache2",acceptable="0",required="1"': 1,
        'httpd="apache2",acceptable="1",required="0"': 1000,
    }
    assert found["httpd_ocsp_staple_next_update_timestamp_seconds"] == {'httpd="apache2"': NOW + 3600}
    assert "example.org:443" not in text and len(text.splitlines()) < 60


def test_a_hostile_name_stays_within_its_label() -> None:
    assert escape_label('"') == '\\"'
    assert escape_label("\\n\n") == "\\\\n\\n"
    found = samples(metrics(seen(staple(HOSTILE), missing(HOSTILE + "2"))))
    assert len(found["httpd_ocsp_staple_acceptable"]) == 2


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's package prometheus is not installed")
@pytest.mark.parametrize("per_vhost", [True, False])
def test_promtool_finds_no_fault(per_vhost: bool) -> None:
    text = metrics(seen(staple(HOSTILE), missing(required=True), problems=(problem("x"),)), per_vhost=per_vhost)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_name_is_documented() -> None:
    text = metrics(seen(staple(), missing(), problems=(problem("x"),)))
    names = set(samples(text)) | set(samples(metrics(seen(staple()), per_vhost=False)))
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}" not in page} == set()
