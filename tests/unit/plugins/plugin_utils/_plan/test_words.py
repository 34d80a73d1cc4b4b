# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.stapling.httpd.plugins.filter import stapling_plan
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words

PLAN = Path(words.__file__).parent
# What makes a finding, and at which of its arguments the word stands.
MAKERS = {"refuse": 0, "warn": 0, "Verdict": 0, "finding": 0}
KEYWORDS = {"reason", "code"}
CONSTANTS = {
    value: name
    for name, value in vars(words).items()
    if name.isupper() and isinstance(value, str) and value in words.WORDS
}


def _expressions(path: Path) -> t.Iterator[ast.expr]:
    """Yield every expression that gives a word to a finding."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in MAKERS and len(node.args) > MAKERS[name]:
            yield node.args[MAKERS[name]]
        if name in (*MAKERS, "Decision", "Wish"):
            yield from (keyword.value for keyword in node.keywords if keyword.arg in KEYWORDS)


@pytest.mark.parametrize("path", sorted(PLAN.glob("*.py")), ids=lambda path: path.stem)
def test_no_finding_has_a_word_that_is_not_a_constant(path: Path) -> None:
    for expression in _expressions(path):
        assert not isinstance(expression, ast.Constant), f"{path.name}:{expression.lineno}: use a constant of words"


def _used(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "words"
    }


def test_every_word_is_used_by_a_rule() -> None:
    used = {name for path in PLAN.glob("*.py") if path.name != "words.py" for name in _used(path)}
    if "OUT_OF_DATE" in used:
        used |= {"EXPIRED", "NOT_YET_VALID"}
    assert set(CONSTANTS.values()) <= used


def test_every_constant_of_a_finding_has_an_entry() -> None:
    values = {"MOD_SSL", "MOD_MD", "GLOBAL", "VHOST", "PRESENT", "ABSENT", "STAPLE", "LEAVE", "OFF", "AUTO"}
    values |= {"RELOAD", "RESTART"}
    places = {"REASON", "REFUSAL", "WARNING"}
    constants = {name for name, value in vars(words).items() if name.isupper() and isinstance(value, str)}
    assert constants - values - places == set(CONSTANTS.values())


@pytest.mark.parametrize("word", words.WORDS)
def test_every_word_has_places_a_sentence_and_a_remedy(word: str) -> None:
    entry = words.WORDS[word]
    assert re.fullmatch(r"[a-z][a-z_]*|CVE-\d{4}-\d+", word)
    assert entry.places and entry.places <= {words.REASON, words.REFUSAL, words.WARNING}
    for text in (entry.sentence, entry.remedy):
        assert re.fullmatch(r"[A-Zh<][^\n]*[.]", text)
        assert "  " not in text
    assert entry.sentence.count(". ") == 0


def test_ranks_are_distinct() -> None:
    ranks = [entry.rank for entry in words.WORDS.values() if entry.rank is not None]
    assert ranks == sorted(set(ranks))
    assert words.rank(words.OK) > max(ranks)


def _documented(*path: str) -> set[str]:
    node = yaml.safe_load(stapling_plan.RETURN)["_value"]
    for name in path:
        node = node["contains"][name]
    return set(re.findall(r"V\(([A-Za-z_0-9-]+)\)", str(node["description"]))) - {"null"}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("vhosts", "reason"), words.REASON),
        (("refused", "reason"), words.REFUSAL),
        (("warnings", "code"), words.WARNING),
    ],
)
def test_the_filter_documents_exactly_the_words_of_a_place(path: tuple[str, ...], place: str) -> None:
    assert _documented(*path) == {word for word, entry in words.WORDS.items() if place in entry.places}
