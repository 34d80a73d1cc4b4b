# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress.backend_xtables import IptablesBackend, UfwBackend
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.tests.unit.plugins.module_utils._egress.conversations.record import (
    OPENED,
    UID,
)
from ansible_collections.stapling.httpd.tests.unit.support.backends import (
    OPENINGS,
    assert_opens_once_and_leaves_no_trace,
    refusal,
)
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation

RECORDING = Path(__file__).with_name("conversations") / "iptables.json"


@pytest.fixture(name="conversation")
def fixture_conversation(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    return Conversation(RECORDING).install(monkeypatch)


@pytest.mark.parametrize("kind", [IptablesBackend, UfwBackend])
def test_the_path_is_opened_once_and_closed_without_a_trace(
    kind: type[IptablesBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = Conversation(RECORDING.with_name(f"{kind.name}.json")).install(monkeypatch)
    assert_opens_once_and_leaves_no_trace(kind(), conversation)


def test_a_change_that_is_refused_is_not_made(conversation: Conversation) -> None:
    conversation.fail("iptables-restore", "-w", "10", "--test", "--noflush")
    assert refusal(IptablesBackend()) == "change_refused"
    assert not [item for item in conversation.left[:1] if item["argv"][3:] == ["--noflush"]]


def test_a_saved_ruleset_that_would_not_load_is_refused(conversation: Conversation) -> None:
    conversation.fail("ip6tables-restore", "-w", "10", "--test")
    assert refusal(IptablesBackend()) == "site_ruleset_invalid"


def test_a_saved_ruleset_that_adds_to_a_missing_chain_is_refused(conversation: Conversation) -> None:
    broken = "*filter\n-A nowhere -j ACCEPT\nCOMMIT\n"
    path = "/etc/iptables/rules.v4"
    conversation._texts[conversation._texts.index(conversation.files[path])] = broken
    conversation.files[path] = broken
    assert refusal(IptablesBackend()) == "site_ruleset_invalid"


def test_the_first_ip_version_goes_back_if_the_second_fails(conversation: Conversation) -> None:
    conversation.fail("ip6tables-restore", "-w", "10", "--noflush")
    failing = next(
        number
        for number, item in enumerate(conversation.left)
        if item["argv"] == ["ip6tables-restore", "-w", "10", "--noflush"]
    )
    # Undoing it is what closing IPv4 is later.
    back = [
        item for item in conversation.left[failing:] if item["argv"] == ["iptables-restore", "-w", "10", "--noflush"]
    ]
    conversation.left[failing + 1 :] = back
    assert refusal(IptablesBackend()) == "change_failed"
    assert conversation.left == []


def test_another_program_that_holds_the_lock_has_its_word(conversation: Conversation) -> None:
    conversation.fail("iptables-restore", "-w", "10", "--noflush", rc=4, err="Another app is holding the xtables lock.")
    assert refusal(IptablesBackend()) == "xtables_locked"


def test_a_chain_that_is_named_must_be_there(conversation: Conversation) -> None:
    backend = IptablesBackend(chain="MISSING")
    assert backend.filters()
    conversation.left = [item for item in conversation.left if item["argv"][0].endswith("-save")]
    with pytest.raises(FirewallError) as caught:
        backend.plan(OPENINGS, UID)
    assert caught.value.code == "chain_missing"


def test_a_host_without_a_saved_ruleset_opens_no_more_after_a_restart(conversation: Conversation) -> None:
    conversation.files.clear()
    assert IptablesBackend().after_restart(OPENINGS, UID) == "no file of this host loads its rules at start"


def test_ufw_that_empties_output_opens_no_more_after_a_reload(conversation: Conversation) -> None:
    conversation.files["/etc/default/ufw"] = 'MANAGE_BUILTINS="yes"\n'
    assert "makes each reload of ufw drop it" in UfwBackend().after_restart([], None)


def test_iptables_is_a_part_of_ufw_while_ufw_is_active(monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = Conversation(RECORDING.with_name("ufw.json")).install(monkeypatch)
    assert UfwBackend().claims() == ("iptables",)
    conversation = Conversation(RECORDING.with_name("ufw.json")).install(monkeypatch)
    conversation.fail("ufw", "status", out="Status: inactive\n", rc=0)
    assert UfwBackend().claims() == ()


_REALLY = """
import json, subprocess, sys
from ansible_collections.stapling.httpd.plugins.module_utils._egress.backend_xtables import IptablesBackend
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import Opening
backend = IptablesBackend()
openings = [Opening(*item) for item in {openings!r}]
for tool in ("iptables", "ip6tables"):
    subprocess.run([tool, "-P", "OUTPUT", "DROP"], check=True)
saved = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
found = [backend.filters(), backend.plan(openings, 0), backend.apply(), backend.current()]
found.append(backend.plan(openings, 0))
found.append(subprocess.run(["iptables", "-S", "OCSP_EGRESS"], capture_output=True, text=True, check=True).stdout)
found += [backend.plan((), None), backend.apply(), backend.current()]
after = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
lines = [[line for line in text.splitlines() if not line.startswith("#")] for text in (saved, after)]
print(json.dumps([*found, [line.split(" [")[0] for line in lines[0]] == [line.split(" [")[0] for line in lines[1]]]))
"""
_NAMESPACE = ["unshare", "--map-root-user", "--net"]


def _has_iptables() -> bool:
    try:
        script = "iptables -P OUTPUT DROP && ip6tables -P OUTPUT DROP && iptables-save -t filter"
        return subprocess.run([*_NAMESPACE, "sh", "-c", script], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _has_iptables(), reason="this machine has no iptables, or gives no network of one's own")
def test_real_iptables_is_opened_and_closed_in_a_network_of_its_own() -> None:
    script = _REALLY.format(openings=OPENED)
    script = f"import sys\nsys.path[:0] = {sys.path!r}\n{script}"
    done = subprocess.run([*_NAMESPACE, sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    filters, opens, _none, current, again, rules, closes, _none, closed, as_before = json.loads(done.stdout)
    assert (filters, opens, again, closes, as_before) == (True, True, False, True, True)
    assert current == ["tcp 192.0.2.1:80", "tcp [2001:db8::1]:8080"] and closed == []
    assert "--dport 80 -m owner --uid-owner 0 -j ACCEPT" in rules
