# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How httpd takes up what is written, with a process of this machine in its place."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.take_up import RELOAD, RESTART, Server, TakeUpError

GRACEFUL, STOP, START = "httpd -k graceful", "httpd -k stop", "httpd -k start"
RELOAD_UNIT, RESET, RESTART_UNIT = (
    f"systemctl {word} -- httpd.service" for word in ("reload", "reset-failed", "restart")
)


class Httpd:
    """A process with a PID file. What is said to it is written down; `dies_of` is what it dies of."""

    def __init__(self, folder, *, dies_of=None, fails=None):
        self.said, self._dies_of, self._fails = [], dies_of, fails
        self.pid_file = folder / "httpd.pid"
        self._start()

    def _start(self):
        self._process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        # A process has no command line for the moment in which it becomes another program.
        while not Path(f"/proc/{self._process.pid}/cmdline").read_bytes():
            time.sleep(0.01)
        self.pid_file.write_text(f"{self._process.pid}\n")

    def end(self):
        self._process.kill()
        self._process.wait()

    def __call__(self, command):
        words = " ".join(command)
        self.said.append(words)
        if words in (self._dies_of, STOP):
            self.end()
        if words in (START, RESTART_UNIT):
            self.end()
            self._start()
        return (1, "", "AH00072: refused") if words == self._fails else (0, "", "")

    def lives(self):
        return self._process.poll() is None


@pytest.fixture
def httpd(tmp_path):
    made = []

    def make(**more):
        made.append(Httpd(tmp_path, **more))
        return made[-1]

    yield make
    for one in made:
        one.end()


def server(httpd, service=None):
    return Server(run=httpd, control=["httpd"], service=service, pid_file=str(httpd.pid_file))


@pytest.mark.parametrize(
    "service, how, said",
    [
        (None, RELOAD, [GRACEFUL]),
        (None, RESTART, [STOP, START]),
        ("httpd.service", RELOAD, [RELOAD_UNIT]),
        ("httpd.service", RESTART, [RESET, RESTART_UNIT]),
        (None, "none", []),
    ],
)
@pytest.mark.parametrize("revive", [False, True])
def test_as_it_is_told(httpd, service, how, said, revive):
    program = httpd()
    server(program, service).take_up(how, revive=revive)
    assert program.said == said and program.lives()


def test_twice(httpd):
    program = httpd()
    server(program).take_up(RELOAD, twice=True)
    assert program.said == [GRACEFUL, GRACEFUL]


def test_one_that_dies_of_a_change_is_left_to_whoever_takes_it_back(httpd):
    program = httpd(dies_of=GRACEFUL)
    server(program).take_up(RELOAD)
    assert program.said == [GRACEFUL] and not program.lives()


@pytest.mark.parametrize("service, reload", [(None, GRACEFUL), ("httpd.service", RELOAD_UNIT)])
def test_one_that_dies_of_what_takes_a_change_back_is_started_again(httpd, service, reload):
    program = httpd(dies_of=reload)
    server(program, service).take_up(RELOAD, revive=True)
    assert program.said[0] == reload and program.lives()


def test_one_that_is_dead_already_is_started(httpd):
    program = httpd()
    program.end()
    server(program).take_up(RELOAD, revive=True)
    assert GRACEFUL not in program.said and program.lives()


@pytest.mark.parametrize("content", ["", "not a number", "999999999"])
def test_a_pid_file_that_says_nothing(httpd, content):
    program = httpd()
    program.pid_file.write_text(content)
    server(program).take_up(RELOAD, revive=True)
    assert program.said[-1] == START


@pytest.mark.parametrize("how, fails", [(RELOAD, GRACEFUL), (RESTART, START)])
def test_what_does_not_work_is_said(httpd, how, fails):
    program = httpd(fails=fails)
    with pytest.raises(TakeUpError, match="AH00072: refused"):
        server(program).take_up(how)
