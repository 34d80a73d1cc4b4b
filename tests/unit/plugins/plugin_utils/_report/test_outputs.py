# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.outputs import FILES, write_report
from ansible_collections.stapling.httpd.tests.unit.support import reports


def test_all_files_are_written(tmp_path: Path) -> None:
    written = write_report(str(tmp_path), reports.fleet(), None)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    assert {Path(file["path"]).name for file in written} == set(FILES)
    assert (tmp_path / "report.retry").read_text() == "web2\nweb5\nweb6\nweb8\nweb9\n"


def test_a_selection_of_before_does_not_outlive_its_query(tmp_path: Path) -> None:
    write_report(str(tmp_path), reports.fleet(), "totals.hosts.total")
    assert json.loads((tmp_path / "selection.json").read_text()) == 9
    write_report(str(tmp_path), reports.fleet(), None)
    assert not (tmp_path / "selection.json").exists()


def test_an_empty_report_has_all_files_too(tmp_path: Path) -> None:
    write_report(str(tmp_path), reports.document(), None)
    assert json.loads((tmp_path / "report.json").read_text())["hosts"] == {}
