# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.messages import message_of

NO_RESULT = "Module result deserialization failed: No start of json char found"


@pytest.mark.parametrize(
    "result, message",
    [
        ({"msg": "Task failed: Module failed: httpd is not there."}, "httpd is not there."),
        ({"msg": "Task failed: Action failed: It is."}, "It is."),
        ({"msg": "One or more items failed", "results": [{"msg": "a"}, {"failed": True, "msg": "b"}]}, "b"),
        ({"msg": "", "results": [5]}, "The task failed without a message."),
        ({}, "The task failed without a message."),
        (
            {"msg": f"Action failed: {NO_RESULT}", "module_stderr": "sudo: sorry, you must have a tty to run sudo\n"},
            "The host gave no result, but said: sudo: sorry, you must have a tty to run sudo",
        ),
        (
            {
                "msg": NO_RESULT,
                "module_stdout": "sh: sudo: not found\r\n",
                "module_stderr": "Shared connection to 192.0.2.1 closed.\r\n",
            },
            "The host gave no result, but said: sh: sudo: not found",
        ),
        ({"msg": NO_RESULT, "module_stdout": ""}, NO_RESULT),
    ],
)
def test_the_message_is_that_of_the_module(result: dict, message: str) -> None:
    assert message_of(result) == message
