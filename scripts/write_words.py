# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the pages of docs/ that come from the tables of words; with --check, only say whether they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.error_log import EXPLANATIONS
from ansible_collections.stapling.httpd.plugins.module_utils._problems import PROBLEMS
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.words import WORDS

DOCS = Path(__file__).resolve().parent.parent / "docs"

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


TROUBLESHOOTING_HEAD = """\
.. Copyright: (c) 2026, stapling.httpd contributors
.. GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
.. SPDX-License-Identifier: GPL-3.0-or-later
.. Written by scripts/write_words.py from the table that the module httpd_log_info uses.

.. _ansible_collections.stapling.httpd.docsite.guide_troubleshooting:

Troubleshooting
===============

Every run ends with a word for each virtual host, and a sentence that says what to do. The words are stable; the page
`Every word, and what to do about it <https://github.com/stapling-httpd/stapling.httpd/blob/main/docs/words.md>`_ lists
them all.

The module :ansplugin:`stapling.httpd.httpd_log_info#module` reads what httpd itself has logged. A failed run shows it.
These are the messages about stapling, by their numbers, with what each of them means:

.. list-table::
   :header-rows: 1
   :widths: 15 85

   * - Message
     - Meaning
"""


def cell(text: str) -> str:
    """Return text that cannot end a cell or be taken for HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def words() -> str:
    """Return the page of all words."""
    plan = [
        f"| `{word}` | {', '.join(sorted(entry.places))} | {cell(entry.sentence)} | {cell(entry.remedy)} |\n"
        for word, entry in WORDS.items()
    ]
    problems = [f"| `{word}` | {cell(entry.sentence)} | {cell(entry.hint)} |\n" for word, entry in PROBLEMS.items()]
    return HEAD + "".join(plan) + PROBLEMS_HEAD + "".join(problems)


def troubleshooting() -> str:
    """Return the guide that explains the messages of httpd."""
    rows = [f"   * - ``{code}``\n     - {explanation}\n" for code, explanation in EXPLANATIONS.items()]
    return TROUBLESHOOTING_HEAD + "".join(rows)


def main() -> int:
    """Write or check the pages; return the exit code."""
    pages = {DOCS / "words.md": words(), DOCS / "docsite" / "rst" / "guide_troubleshooting.rst": troubleshooting()}
    if sys.argv[1:] != ["--check"]:
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
        return 0
    old = [path.name for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if old:
        print(f"{', '.join(old)} differ from the tables of words: run python scripts/write_words.py")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
