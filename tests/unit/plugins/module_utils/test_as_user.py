# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
import time

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import Emit, UserError, identity_of, run_as

ME = pwd.getpwuid(os.geteuid()).pw_name
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def soon() -> float:
    return time.monotonic() + 5


def test_users_by_name_and_by_number() -> None:
    assert identity_of(ME) == identity_of(str(os.geteuid()))
    assert identity_of(ME).is_current


@pytest.mark.parametrize("user", ["no-such-user", "4294967294", "99999999999999999999", "\u00b2", "9" * 5000])
def test_a_user_that_does_not_exist(user: str) -> None:
    with pytest.raises(UserError, match="there is no user"):
        identity_of(user)


@needs_root
def test_the_child_is_that_user_in_every_respect() -> None:
    def work(emit: Emit) -> None:
        emit(
            {
                "uids": os.getresuid(),
                "gids": os.getresgid(),
                "groups": os.getgroups(),
                "can_return": _can_return_to_root(),
            },
            b"",
        )

    nobody = identity_of("nobody")
    assert not nobody.is_current
    ((result, _data),) = run_as(nobody, work, deadline=soon())
    assert result == {
        "uids": [nobody.uid] * 3,
        "gids": [nobody.gid] * 3,
        "groups": list(nobody.groups),
        "can_return": False,
    }


def _can_return_to_root() -> bool:
    try:
        os.setuid(0)
    except PermissionError:
        return False
    return True


def test_results_so_far_are_kept_when_the_work_breaks_down() -> None:
    def work(emit: Emit) -> None:
        emit({"number": 1}, b"one")
        emit({"number": 2}, b"")
        raise ValueError("broken")

    assert list(run_as(identity_of(ME), work, deadline=soon())) == [({"number": 1}, b"one"), ({"number": 2}, b"")]


def test_results_so_far_are_kept_at_the_deadline() -> None:
    def work(emit: Emit) -> None:
        emit({"number": 1}, b"one")
        time.sleep(60)

    begin = time.monotonic()
    assert list(run_as(identity_of(ME), work, deadline=begin + 0.3)) == [({"number": 1}, b"one")]
    assert time.monotonic() - begin < 2


def test_the_child_says_nothing_on_our_output(capfd: pytest.CaptureFixture[str]) -> None:
    def work(emit: Emit) -> None:
        os.write(1, b"noise")
        os.write(2, b"noise")
        emit({}, b"")

    assert list(run_as(identity_of(ME), work, deadline=soon())) == [({}, b"")]
    assert capfd.readouterr() == ("", "")


def test_large_results_pass() -> None:
    text = "x" * 3_000_000
    data = b"y" * 3_000_000
    found = list(run_as(identity_of(ME), lambda emit: emit({"text": text}, data), deadline=soon()))
    assert found == [({"text": text}, data)]
