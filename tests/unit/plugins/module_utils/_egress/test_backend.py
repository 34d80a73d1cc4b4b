# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import inspect

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress.backend import Backend
from ansible_collections.stapling.httpd.plugins.module_utils._egress.backends import BACKENDS


@pytest.mark.parametrize("kind", BACKENDS.values(), ids=list(BACKENDS))
def test_every_backend_has_all_that_a_backend_needs(kind: type[Backend]) -> None:
    backend = kind()
    for name in ("name", "tool", "units", "place", "per_user"):
        assert getattr(backend, name) is not None, name
    assert not inspect.isabstract(kind)


@pytest.mark.parametrize("kind", [Backend])
def test_a_backend_without_the_needed_methods_cannot_be_made(kind: type[Backend]) -> None:
    with pytest.raises(TypeError, match="abstract"):
        kind()


def test_most_tools_make_no_rules_of_another_and_save_nothing() -> None:
    for name in ("nftables", "iptables"):
        assert BACKENDS[name]().claims() == ()
    assert BACKENDS["nftables"]().remove_saved(check=True) == []
