# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of httpd's control command, and what becomes of its answer."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.checks import (
    CommandCheck,
    ControlCheck,
    NotAcceptedError,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import Target


def run(command):
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def target(*, managed):
    return Target("/etc/x.conf", None, {}, managed=managed)


@pytest.mark.parametrize(
    "managed, words", [(True, '-t -c Include "/tmp/a b"'), (False, "-t -f /tmp/a b")], ids=["drop-in", "configuration"]
)
def test_a_file_before_it_is_in_its_place(managed, words):
    check = ControlCheck(["sh", "-c", 'echo "$*"; exit 1', "httpd"], run=run)
    with pytest.raises(NotAcceptedError) as refused:
        check.alone(target(managed=managed), "/tmp/a b")
    assert refused.value.message == f"sh did not accept the change: {words}"


@pytest.mark.parametrize(
    "script, cause",
    [
        ("echo out; echo AH00526 >&2; exit 1", "AH00526"),
        ("echo out; exit 1", "out"),
        ("exit 3", "it ended with status 3"),
    ],
)
def test_the_message_of_a_failure(script, cause):
    with pytest.raises(NotAcceptedError, match=cause):
        CommandCheck(["sh", "-c", script], run=run).in_place()


def test_a_program_that_is_not_there():
    with pytest.raises(NotAcceptedError, match="it cannot be run"):
        CommandCheck(["/nonexistent"], run=run).in_place()


def test_accepted():
    ControlCheck(["true"], run=run).in_place()
    ControlCheck(["true"], run=run).alone(target(managed=True), "/tmp/x")
