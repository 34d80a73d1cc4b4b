# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import inspect

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress.backends import BACKENDS
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirect import REDIRECTORS
from ansible_collections.stapling.httpd.plugins.module_utils._proxy.redirector import Redirector


@pytest.mark.parametrize("name", REDIRECTORS)
def test_every_redirector_works_with_the_tool_of_a_backend(name: str) -> None:
    kind = REDIRECTORS[name]
    assert kind.name == name and kind.tool == BACKENDS[name].tool
    assert not inspect.isabstract(kind)


@pytest.mark.parametrize("kind", [Redirector])
def test_a_redirector_without_the_needed_methods_cannot_be_made(kind: type[Redirector]) -> None:
    with pytest.raises(TypeError, match="abstract"):
        kind()
