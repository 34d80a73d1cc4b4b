# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handshakes and chains are tested twice: by pyOpenSSL, and by the programs that stand in where it is missing."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._tls import context, trust

# Their limits in time are too narrow for a process for each of many handshakes on a busy machine.
_TOO_MANY = ("test_a_bad_target_does_not_affect_the_others", "test_a_large_handshake_is_judged_like_a_small_one")
_TWICE = ("test_handshake", "test_confirm", "test_trust")


@pytest.fixture(autouse=True, name="by")
def fixture_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take pyOpenSSL away where the programs are to be tested."""
    by = str(getattr(request, "param", "library"))
    if by == "program":
        for module in (context, trust):
            monkeypatch.setattr(module, "HAS_PYOPENSSL", False)
    return by


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of what both do in both ways; what is about a version of pyOpenSSL is not."""
    about_library = "no_signature_algorithms" in metafunc.fixturenames or metafunc.function.__name__ in _TOO_MANY
    if metafunc.module.__name__.rpartition(".")[2] in _TWICE and not about_library:
        metafunc.parametrize("by", ["library", "program"], indirect=True)
