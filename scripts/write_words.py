# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/words.md from the tables of words; with --check, only say whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.words import WORDS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "words.md"

HEAD = """\
# Every word, and what to do about it

Words are stable: playbooks may test for them. This page is written by `scripts/write_words.py` from the tables that
the code uses.

## Words of the plan

They stand as `reason` at a virtual host, as `reason` at a refusal of the whole host, or as `code` at a warning, in the
result of the filter `stapling_plan` and in the fact `ocsp_stapling_result`.

| word | stands at | meaning | what to do |
|---|---|---|---|
"""

PROBLEMS_HEAD = """
## Words of responders and handshakes

They stand as `problem` in the results of `ocsp_response_info` and `stapled_response_info`, and in reports.

| word | meaning | what to do |
|---|---|---|
"""


def cell(text: str) -> str:
    """Return text that cannot end a cell or be taken for HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def page() -> str:
    """Return the whole page."""
    plan = [
        f"| `{word}` | {', '.join(sorted(entry.places))} | {cell(entry.sentence)} | {cell(entry.remedy)} |\n"
        for word, entry in WORDS.items()
    ]
    problems = [f"| `{word}` | {cell(entry.sentence)} | {cell(entry.hint)} |\n" for word, entry in PROBLEMS.items()]
    return HEAD + "".join(plan) + PROBLEMS_HEAD + "".join(problems)


def main() -> int:
    """Write or check the page; return the exit code."""
    if sys.argv[1:] == ["--check"]:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
            return 0
        print(f"{PAGE.name} differs from the tables of words: run python scripts/write_words.py")
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
