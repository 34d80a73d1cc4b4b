# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of an httpd, from messages as httpd prints them."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import not_run, refusal
from ansible_collections.stapling.httpd.plugins.module_utils._process import Output, ProcessError


@pytest.mark.parametrize(
    ("stderr", "file", "line"),
    [
        (
            "[Sun Nov 22 10:00:00 2026] [ssl:notice] [pid 1] AH10510: something\n"
            "AH00526: Syntax error on line 3 of /etc/a.conf:\n"
            "SSLCertificateFile: file '/nope' does not exist or is empty\n",
            "/etc/a.conf",
            3,
        ),
        (
            "AH00526: Syntax error on line 3 of macro 'm' (defined on line 3 of \"/etc/b.conf\") used on line 9 of"
            ' "/etc/b.conf":\nSSLStaplingCache cannot occur within <VirtualHost> section\n',
            "/etc/b.conf",
            9,
        ),
        (
            "apache2: Syntax error on line 222 of /etc/apache2/apache2.conf: Syntax error on line 1 of /etc/c.conf:"
            " </Foo> without matching <Foo> section\n",
            "/etc/c.conf",
            1,
        ),
        ("apache2: Could not open configuration file /x: No such file or directory\n", None, None),
    ],
)
def test_the_words_of_httpd_when_it_refuses(stderr: str, file: str | None, line: int | None) -> None:
    error = refusal(Output(1, "", stderr))
    assert (error.code, error.file, error.line) == ("config_invalid", file, line)
    assert "AH10510" not in error.message
    assert stderr.splitlines()[-1] in error.message


def test_a_refusal_without_words() -> None:
    assert "exit code 7" in refusal(Output(7, "", "")).message
    assert "on stdout" in refusal(Output(7, "on stdout", "")).message


@pytest.mark.parametrize(
    ("code", "result"),
    [("not_found", "httpd_not_found"), ("not_executable", "httpd_not_executable"), ("timeout", "timeout")],
)
def test_what_is_returned_for_a_program_that_could_not_be_run(code: str, result: str) -> None:
    error = not_run(ProcessError(code, "a sentence"))
    assert (error.code, error.message) == (result, "a sentence")
