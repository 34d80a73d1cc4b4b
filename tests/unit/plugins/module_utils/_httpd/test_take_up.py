# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How httpd takes up what is written, with a process of this machine in its place."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd import take_up
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.take_up import RELOAD, RESTART, Server, TakeUpError

GRACEFUL, STOP, START = "httpd -k graceful", "httpd -k stop", "httpd -k start"
RELOAD_UNIT, RESET, RESTART_UNIT = (
    f"systemctl {word} -- httpd.service" for word in ("reload", "reset-failed", "restart")
)

RESTART_BY_RUNIT = "sv -w 60 restart /etc/sv/apache2"
OBSTACLE = "httpd is the main process of its container, which would end with it"


class Httpd:
    """A process with a PID file. It keeps the `commands` that it gets; `dies_of` is the one that it dies of."""

    def __init__(self, folder, *, dies_of=None, fails=None):
        self.commands, self._dies_of, self._fails = [], dies_of, fails
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
        self.commands.append(words)
        if words in (self._dies_of, STOP):
            self.end()
        if words in (START, RESTART_UNIT, RESTART_BY_RUNIT):
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
    for process in made:
        process.end()


def server(httpd, service=None):
    return Server(run=httpd, control=["httpd"], service=service, pid_file=str(httpd.pid_file))


@pytest.mark.parametrize(
    "service, how, commands",
    [
        (None, RELOAD, [GRACEFUL]),
        (None, RESTART, [STOP, START]),
        ("httpd.service", RELOAD, [RELOAD_UNIT]),
        ("httpd.service", RESTART, [RESET, RESTART_UNIT]),
        (None, "none", []),
    ],
)
@pytest.mark.parametrize("revive", [False, True])
def test_as_it_is_told(httpd, service, how, commands, revive):
    program = httpd()
    server(program, service).take_up(how, revive=revive)
    assert program.commands == commands and program.lives()


def test_twice(httpd):
    program = httpd()
    server(program).take_up(RELOAD, twice=True)
    assert program.commands == [GRACEFUL, GRACEFUL]


def test_one_that_dies_of_a_change_is_left_to_whoever_takes_it_back(httpd):
    program = httpd(dies_of=GRACEFUL)
    server(program).take_up(RELOAD)
    assert program.commands == [GRACEFUL] and not program.lives()


@pytest.mark.parametrize("service, reload", [(None, GRACEFUL), ("httpd.service", RELOAD_UNIT)])
def test_one_that_dies_of_what_takes_a_change_back_is_started_again(httpd, service, reload):
    program = httpd(dies_of=reload)
    server(program, service).take_up(RELOAD, revive=True)
    assert program.commands[0] == reload and program.lives()


def test_one_that_is_dead_already_is_started(httpd):
    program = httpd()
    program.end()
    server(program).take_up(RELOAD, revive=True)
    assert GRACEFUL not in program.commands and program.lives()


@pytest.mark.parametrize("content", ["", "not a number", "999999999"])
def test_a_pid_file_that_says_nothing(httpd, content):
    program = httpd()
    program.pid_file.write_text(content)
    server(program).take_up(RELOAD, revive=True)
    assert program.commands[-1] == START


@pytest.mark.parametrize("how, fails", [(RELOAD, GRACEFUL), (RESTART, START)])
def test_what_does_not_work_is_reported(httpd, how, fails):
    program = httpd(fails=fails)
    with pytest.raises(TakeUpError, match="AH00072: refused"):
        server(program).take_up(how)


def supervised(httpd, *, restart=RESTART_BY_RUNIT, obstacle=None):
    return Server(
        run=httpd,
        control=["httpd"],
        pid_file=str(httpd.pid_file),
        restart_command=restart.split(),
        obstacle=obstacle,
    )


@pytest.mark.parametrize("how, commands", [(RELOAD, [GRACEFUL]), (RESTART, [RESTART_BY_RUNIT])])
def test_a_supervisor_restarts_what_it_has_started(httpd, how, commands):
    program = httpd()
    supervised(program).take_up(how)
    assert program.commands == commands and program.lives()


def test_one_that_dies_under_a_supervisor_is_restarted_by_it(httpd):
    program = httpd(dies_of=GRACEFUL)
    supervised(program).take_up(RELOAD, revive=True)
    assert program.commands == [GRACEFUL, RESTART_BY_RUNIT] and program.lives()


def test_the_new_process_is_waited_for(httpd):
    program = httpd()
    before = program.pid_file.read_text()

    def run(command):
        timer = threading.Timer(0.5, program, [RESTART_BY_RUNIT.split()])
        timer.start()
        return 0, "", ""

    Server(run=run, pid_file=str(program.pid_file), restart_command=["sv"]).take_up(RESTART)
    assert program.pid_file.read_text() != before and program.lives()


def test_a_supervisor_that_starts_nothing_is_reported(httpd, monkeypatch):
    monkeypatch.setattr(take_up, "_SECONDS_TO_START", 0.3)
    with pytest.raises(TakeUpError, match=r"no new process 0\.3 seconds after supervisorctl restart apache2"):
        supervised(httpd(), restart="supervisorctl restart apache2").take_up(RESTART)


@pytest.mark.parametrize("restart, obstacle", [(RESTART_BY_RUNIT, None), ("", OBSTACLE)])
def test_no_second_one_is_started_beside_a_supervisor(httpd, restart, obstacle):
    program = httpd()
    program.end()
    with pytest.raises(TakeUpError, match="it does not run"):
        supervised(program, restart=restart, obstacle=obstacle).take_up(RELOAD)
    assert program.commands == []


@pytest.mark.parametrize("how, dies_of, commands", [(RESTART, None, []), (RELOAD, GRACEFUL, [GRACEFUL])])
def test_what_cannot_be_restarted_is_refused_in_words(httpd, how, dies_of, commands):
    program = httpd(dies_of=dies_of)
    with pytest.raises(TakeUpError, match=OBSTACLE) as raised:
        supervised(program, restart="", obstacle=OBSTACLE).take_up(how, revive=True)
    assert raised.value.code == "cannot_restart" and program.commands == commands
