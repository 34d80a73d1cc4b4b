# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole result, from the answers of an httpd that prints what a real one printed."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.info import tls_info
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.query import Question, Request
from ansible_collections.stapling.httpd.tests.unit.support.recorded import make_httpd, make_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path / "site")


def info(site: Path, name: str = "vhosts", **request: t.Any) -> dict[str, t.Any]:
    return tls_info(Question(Request(program=make_httpd(site, name), inspect_certificates=False, **request)))


def append(site: Path, text: str) -> None:
    """Have httpd print one more piece of configuration."""
    output = site / "vhosts.out"
    output.write_text(f"{text}\n{output.read_text()}")


def test_files_among_the_error_logs(site: Path) -> None:
    recorded = info(site)["httpd"]["error_logs"]
    append(
        site,
        f"# In file: {site}/vhosts.conf\n"
        "#   1:\nErrorLog logs/error.log\n#   2:\nErrorLog syslog:local1\n#   3:\nErrorLog syslog\n"
        '#   4:\nErrorLog "|/usr/bin/rotatelogs x"\n#   5:\nErrorLog /var/log/syslog-site.log\n',
    )
    found = set(info(site)["httpd"]["error_logs"])
    assert found == {"/etc/apache2/logs/error.log", "/var/log/syslog-site.log", *recorded}


def test_an_httpd_that_prints_no_configuration(site: Path) -> None:
    make_httpd(site, "vhosts")
    (site / "vhosts.out").write_text("Syntax OK\n")
    with pytest.raises(HttpdError) as caught:
        info(site)
    assert caught.value.code == "mod_info_missing"


def test_an_httpd_that_prints_nothing_else(site: Path) -> None:
    output = site / "vhosts.out"
    output.write_text(output.read_text().split("ServerRoot")[0])
    with pytest.raises(HttpdError) as caught:
        info(site)
    assert caught.value.code == "dump_unreadable"


def test_a_copy_that_an_interrupted_run_has_left(site: Path) -> None:
    copy = site / ".vhosts.conf.4711.2026-01-31@12:00:00~"
    copy.write_bytes((site / "vhosts.conf").read_bytes())
    stapling = info(site)["stapling"]
    assert stapling["leftovers"] == [{"path": str(site / "vhosts.conf"), "backup_file": str(copy)}]
    # An httpd that does not run has nothing to take up.
    assert stapling["pending"] is False
