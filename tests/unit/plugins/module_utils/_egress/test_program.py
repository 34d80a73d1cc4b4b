# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import engine, program
from ansible_collections.stapling.httpd.plugins.module_utils._egress.outcome import EgressOutcome
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import Refused
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError


@pytest.mark.parametrize("arguments", [[], ["open"], ["restore", "refresh"]])
def test_the_program_knows_two_words(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(arguments) == 2
    assert capsys.readouterr().err == "usage: restore | refresh\n"


@pytest.mark.parametrize(("word", "ask"), [("restore", False), ("refresh", True)])
def test_what_has_changed_is_a_line_in_the_log(
    word: str, ask: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def repeat(*, ask: bool) -> EgressOutcome:
        asked.append(ask)
        outcome = EgressOutcome(backend="ufw", before=["tcp 192.0.2.1:80"], after=["tcp 192.0.2.2:80"])
        outcome.refused.append(Refused("a.example", "80", "host_not_allowed", "why"))
        outcome.warn("unusual_port", "a sentence")
        return outcome

    asked: list[bool] = []
    monkeypatch.setattr(engine, "repeat", repeat)
    assert program.main([word]) == 0
    assert asked == [ask]
    assert capsys.readouterr().out.splitlines() == [
        "opened tcp 192.0.2.2:80 (ufw)",
        "closed tcp 192.0.2.1:80 (ufw)",
        "refused a.example:80: host_not_allowed: why",
        "warning unusual_port: a sentence",
    ]


def test_a_failure_says_how_the_firewall_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def repeat(*, ask: bool) -> EgressOutcome:
        raise FirewallError("change_failed", "nft did not make the change")

    monkeypatch.setattr(engine, "repeat", repeat)
    assert program.main(["restore"]) == 1
    assert capsys.readouterr().err == (
        "change_failed: nft did not make the change; the firewall is as the site made it\n"
    )
