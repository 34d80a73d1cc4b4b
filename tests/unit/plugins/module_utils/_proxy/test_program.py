# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.plugins.module_utils._proxy import program, redirect
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirect import RedirectOutcome


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (None, "nothing is to be redirected on this host\n"),
        (RedirectOutcome(changed=True, backend="nftables"), "output goes to the relay again (nftables)\n"),
        (RedirectOutcome(changed=False, backend="nftables"), ""),
    ],
)
def test_what_has_changed_is_a_line_in_the_log(
    outcome: RedirectOutcome | None, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redirect, "repeat", lambda: outcome)
    assert program.main() == 0
    assert capsys.readouterr().out == line


def test_a_failure_says_how_the_firewall_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def repeat() -> RedirectOutcome:
        raise FirewallError("two_firewalls", "both filter output")

    monkeypatch.setattr(redirect, "repeat", repeat)
    assert program.main() == 1
    assert capsys.readouterr().err == "two_firewalls: both filter output; the firewall is as the site made it\n"
