# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of every error that the collection raises on purpose."""

from __future__ import annotations


class StaplingError(Exception):
    """What stops a piece of work: `code` is a stable word, `message` one sentence for a person.

    A module turns it into its one `fail_json`; nothing else of Python's own is caught there.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def describe_unforeseen(error: BaseException) -> str:
    """Name an exception that nobody foresaw by its type and place; its text may be a stranger's."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return type(error).__name__
    path = traceback.tb_frame.f_code.co_filename.rsplit("/", 1)[-1]
    return f"{type(error).__name__} at {path}:{traceback.tb_lineno}"
