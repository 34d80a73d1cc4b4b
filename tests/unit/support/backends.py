# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every firewall backend has to do with a recorded conversation."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress.backend import Backend
from ansible_collections.stapling.httpd.plugins.module_utils._egress.policy import Opening
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.tests.unit.plugins.module_utils._egress.conversations.record import (
    OPENED,
    open_and_close,
)
from ansible_collections.stapling.httpd.tests.unit.support.conversations import Conversation

OPENINGS = [Opening(*item) for item in OPENED]


def assert_opens_once_and_leaves_no_trace(backend: Backend, conversation: Conversation) -> None:
    """Open, open again, close and close again, and compare the host with what it was before."""
    before = dict(conversation.files)
    assert open_and_close(backend, OPENINGS) == {
        "filters": True,
        "before": [],
        "opens": True,
        "open": ["tcp 192.0.2.1:80", "tcp [2001:db8::1]:8080"],
        "opens again": False,
        "after a restart": "",
        "closes": True,
        "closed": [],
        "closes again": False,
    }
    assert conversation.left == []
    assert conversation.files == before


def refusal(backend: Backend) -> str:
    """Return the word with which the backend gives up."""
    with pytest.raises(FirewallError) as caught:
        open_and_close(backend, OPENINGS)
    return caught.value.code
