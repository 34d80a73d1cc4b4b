# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that write show of their changes; files that are no text included."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import AFTER, Target
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.host import diff_of, runner


def test_diff() -> None:
    targets = [
        Target("/same", b"x", {AFTER: b"x"}),
        Target("/new", None, {AFTER: b"y\xff"}),
        Target("/gone", b"z", {AFTER: None}),
    ]
    shown = [(entry["before_header"], entry["before"], entry["after"]) for entry in diff_of(targets)]
    assert shown[1] == ("/gone", "z", "")
    assert shown[0][:2] == ("/new", "") and shown[0][2].startswith("y")
    assert len(shown) == 2


class Module:
    """An AnsibleModule as far as it runs programs."""

    def run_command(
        self, command: list[str], *, handle_exceptions: bool, environ_update: dict[str, str] | None
    ) -> tuple[int, str, str]:
        assert not handle_exceptions
        environment = {**os.environ, **(environ_update or {})}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout, done.stderr


def test_only_the_control_command_gets_the_environment_of_httpd(
    start: t.Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_TLS", "/srv/tls")
    pid_file = tmp_path / "httpd.pid"
    pid_file.write_text(f"{start()}\n")
    monkeypatch.delenv("SITE_TLS")
    control = ["/bin/sh", "-c", "echo tls=$SITE_TLS"]
    run = runner(t.cast("t.Any", Module()), control=control, pid_file=str(pid_file))
    assert run([*control, "-t"])[:2] == (0, "tls=/srv/tls\n")
    assert run(["/bin/sh", "-e", "-c", "echo tls=$SITE_TLS"])[1] == "tls=\n"
    # A PID file that was left behind names something else.
    pid_file.write_text(f"{os.getpid()}\n")
    run = runner(t.cast("t.Any", Module()), control=control, pid_file=str(pid_file))
    assert run([*control, "-t"])[1] == "tls=\n"


def test_what_is_not_utf_8_is_shown_so_that_ansible_can_read_it() -> None:
    (shown,) = diff_of([Target("/a", b"# caf\xe9\n", {AFTER: b"# caf\xe9 \xc3\xa9\n"})])
    assert (shown["before"], shown["after"]) == ("# caf\\xe9\n", "# caf\\xe9 \u00e9\n")
