# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import resolver
from ansible_collections.stapling.httpd.plugins.module_utils._egress.resolver import nameservers, resolve
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.host import User


def test_the_name_servers_of_a_host(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("# nameserver 192.0.2.9\nsearch a.example\nnameserver 192.0.2.1\nnameserver\nnameserver ::1\n")
    assert nameservers(str(path)) == ["192.0.2.1", "::1"]
    path.write_text("".join(f"nameserver 192.0.2.{n}\n" for n in range(1, 6)))
    assert nameservers(str(path)) == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert nameservers(str(tmp_path / "missing")) == []


def test_names_are_really_resolved() -> None:
    answers = resolve(["localhost", "no-such-name.invalid"], who=None, timeout=20)
    assert {"127.0.0.1", "::1"} & set(answers["localhost"][0])
    assert answers["no-such-name.invalid"][0] == [] and answers["no-such-name.invalid"][1]
    assert resolve([], who=None, timeout=1) == {}


def test_a_resolver_that_takes_too_long_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "_RESOLVER", "import time; time.sleep(60)")
    assert resolve(["a.example"], who=None, timeout=0.5) == {"a.example": ([], "no answer within 0 s")}


_NOBODY = User("nobody", 65534, 65534)


@pytest.fixture(name="shared_directory")
def fixture_shared_directory() -> Iterator[Path]:
    """Return a directory that every user can look into; those of pytest are for their owner only."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_process_of_the_user_cannot_reach_into_the_resolver(
    monkeypatch: pytest.MonkeyPatch, shared_directory: Path
) -> None:
    """It could make up the addresses that are opened otherwise."""
    pid, go = shared_directory / "pid", shared_directory / "go"
    pid.touch()
    pid.chmod(0o666)
    wait = (
        "import os\n"
        f"open({str(pid)!r}, 'w').write(f'{{os.getpid()}} {{os.geteuid()}}')\n"
        f"import time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)\n"
    )
    head, separator, tail = resolver._RESOLVER.partition("def ask")
    monkeypatch.setattr(resolver, "_RESOLVER", head + wait + separator + tail)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(resolve, ["localhost"], who=_NOBODY, timeout=60)
        deadline = time.monotonic() + 30
        while not pid.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        number, euid = pid.read_text().split()
        attacks = [["cat", f"/proc/{number}/environ"], ["ls", f"/proc/{number}/fd"]]
        reached = [
            subprocess.run(
                attack, user=_NOBODY.uid, group=_NOBODY.gid, extra_groups=[], capture_output=True, check=False
            ).returncode
            == 0
            for attack in attacks
        ]
        go.touch()
        assert {"127.0.0.1", "::1"} & set(answers.result()["localhost"][0])
    assert euid == str(_NOBODY.uid)
    assert reached == [False, False]


def test_a_user_that_cannot_be_taken_on_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(resolver.sys, "executable", "/no/such/python")
    ((addresses, reason),) = resolve(["a.example"], who=_NOBODY, timeout=5).values()
    assert addresses == [] and reason.startswith("the resolver could not be run")
