# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins import module_utils
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.response import RESPONSE_STATUS
from ansible_collections.stapling.httpd.plugins.module_utils._problems import (
    PROBLEMS,
    hint_of,
    message_of,
    problem_fields,
)
from ansible_collections.stapling.httpd.plugins.module_utils._tls import confirm as confirm_module
from ansible_collections.stapling.httpd.plugins.modules import ocsp_response_info, stapled_response_info

UTILS = Path(next(iter(module_utils.__path__)))
MODULES = {
    "ocsp_response_info": ocsp_response_info,
    "stapled_response_info": stapled_response_info,
}


@pytest.mark.parametrize("word", PROBLEMS)
def test_every_problem_is_a_word_a_sentence_and_a_hint(word: str) -> None:
    problem = PROBLEMS[word]
    assert re.fullmatch(r"[a-z][a-z_]*", word)
    for text in problem:
        assert re.fullmatch(r"[A-Z][^\n]*[.]", text)
        assert "  " not in text
    assert problem.sentence.count(". ") == 0


def test_messages() -> None:
    assert message_of("no_staple") == "no_staple: The server sent no OCSP response."
    assert message_of("refused", "x") == "refused: The connection was refused: x."
    assert message_of("refused", "x", about="y") == "refused: y: The connection was refused: x."
    assert problem_fields(None) == {"acceptable": True, "problem": None, "message": None, "hint": None}


@pytest.mark.parametrize("word", PROBLEMS)
def test_no_hint_sends_users_of_mod_md_to_the_numbers_of_mod_ssl(word: str) -> None:
    assert hint_of(word) == PROBLEMS[word].hint
    hint = hint_of(word, "mod_md")
    assert "SSLOCSPProxyURL" not in hint
    if word not in ("no_staple", "chain_incomplete"):
        assert not re.search(r"AH0\d{4}", hint)


def _words_in(path: Path) -> t.Iterator[str]:
    """Yield string constants that look like words and stand where a problem is made."""
    makers = {"ResponderError", "AnswerError", "HandshakeError", "QueryError", "Finding", "add"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in makers and node.args and isinstance(node.args[0], ast.Constant):
                yield t.cast(str, node.args[0].value)


def test_every_word_in_the_code_is_in_the_table() -> None:
    paths = [*UTILS.glob("_ocsp/*.py"), *UTILS.glob("_tls/*.py")]
    paths += [Path(t.cast(str, module.__file__)) for module in MODULES.values()]
    words = {word for path in paths for word in _words_in(path)}
    assert len(words) > 30
    assert words <= set(PROBLEMS)
    assert set(RESPONSE_STATUS.values()) - {"successful"} <= set(PROBLEMS)
    assert set(confirm_module._WORTH_ANOTHER_TRY) <= set(PROBLEMS)


def test_the_documentation_of_the_modules_names_every_word() -> None:
    documented = {name: set(re.findall(r"V\(([a-z_]+)\)", module.RETURN)) for name, module in MODULES.items()}
    assert set(PROBLEMS) <= documented["ocsp_response_info"] | documented["stapled_response_info"]
