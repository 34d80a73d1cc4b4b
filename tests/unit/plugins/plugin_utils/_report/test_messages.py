# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.messages import message_of


@pytest.mark.parametrize(
    "result, message",
    [
        ({"msg": "Task failed: Module failed: httpd is not there."}, "httpd is not there."),
        ({"msg": "Task failed: Action failed: It is."}, "It is."),
        ({"msg": "One or more items failed", "results": [{"msg": "a"}, {"failed": True, "msg": "b"}]}, "b"),
        ({"msg": "", "results": [5]}, "The task failed without a message."),
        ({}, "The task failed without a message."),
    ],
)
def test_the_message_is_that_of_the_module(result: dict, message: str) -> None:
    assert message_of(result) == message
