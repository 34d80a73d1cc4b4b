# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The house itself: which room may use which, that each file has its tests, and that none grows too large."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[3]
PLUGINS = COLLECTION / "plugins"
TESTS = COLLECTION / "tests" / "unit" / "plugins"
PACKAGE = "ansible_collections.stapling.httpd.plugins"

# What each room may use besides itself. "module_utils" and "plugin_utils" are the files at their top.
MAY_USE = {
    "module_utils": set(),
    "module_utils._certificate": {"module_utils"},
    "module_utils._ocsp": {"module_utils", "module_utils._certificate"},
    "module_utils._tls": {"module_utils", "module_utils._certificate", "module_utils._ocsp"},
    "module_utils._httpd": {"module_utils", "module_utils._certificate"},
    "module_utils._firewall": {"module_utils"},
    "module_utils._egress": {"module_utils", "module_utils._firewall"},
    "module_utils._proxy": {"module_utils", "module_utils._firewall", "module_utils._egress"},
    "plugin_utils": {"module_utils", "plugin_utils._plan"},
    "plugin_utils._plan": {"module_utils"},
    "plugin_utils._monitor": {
        "module_utils",
        "module_utils._certificate",
        "module_utils._ocsp",
        "module_utils._tls",
        "module_utils._httpd",
        "plugin_utils._plan",
    },
    "plugin_utils._survey": {"module_utils", "module_utils._certificate", "plugin_utils", "plugin_utils._plan"},
    "plugin_utils._report": {"module_utils", "plugin_utils", "plugin_utils._plan"},
}

MOST_LINES_OF_CODE = 400
MOST_LINES_OF_A_FUNCTION = 60

SOURCES = sorted(PLUGINS.rglob("*.py"))
SHARED = [path for path in SOURCES if path.relative_to(PLUGINS).parts[0] in ("module_utils", "plugin_utils")]


def label(path: Path) -> str:
    return path.relative_to(PLUGINS).as_posix()


def room(path: Path) -> str:
    """Return the room that a file is in: `module_utils._tls`, or `module_utils` for a file at its top."""
    return ".".join(path.relative_to(PLUGINS).parent.parts)


def imported(path: Path) -> set[str]:
    """Return the modules of the collection that a file imports, without the name of the collection."""
    found = set()
    here = [PACKAGE, *path.relative_to(PLUGINS).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            # "from ...a import b" imports the module a.b if there is one, else a name of a.
            names = [
                f"{module}.{alias.name}" if is_module(f"{module}.{alias.name}") else module for alias in node.names
            ]
        else:
            continue
        found.update(name[len(PACKAGE) + 1 :] for name in names if name.startswith(PACKAGE + "."))
    return found


def is_module(name: str) -> bool:
    path = PLUGINS.joinpath(*name[len(PACKAGE) + 1 :].split(".")) if name.startswith(PACKAGE + ".") else None
    return path is not None and path.with_suffix(".py").is_file()


def documentation(tree: ast.Module) -> t.Iterator[ast.stmt]:
    """Yield the statements that are text for readers and no code."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                yield child
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) in (
                "DOCUMENTATION",
                "EXAMPLES",
                "RETURN",
            ):
                yield child


def code_lines(path: Path) -> set[int]:
    """Return the numbers of the lines that hold code: no blank lines, comments or documentation."""
    text = path.read_text(encoding="utf-8")
    texts = {
        number
        for node in documentation(ast.parse(text))
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(text.splitlines(), 1)
    return {number for number, line in lines if line.strip() and not line.strip().startswith("#")} - texts


def test_every_room_is_known() -> None:
    assert {room(path) for path in SHARED} == set(MAY_USE)


@pytest.mark.parametrize("path", SHARED, ids=label)
def test_a_room_uses_only_those_below_it(path: Path) -> None:
    allowed = {room(path), *MAY_USE[room(path)]}
    wrong = {name for name in imported(path) if name.rpartition(".")[0] not in allowed}
    assert wrong == set(), f"{label(path)} reaches outside of {', '.join(sorted(allowed))}"


def test_no_arrow_leads_in_a_circle() -> None:
    left = dict(MAY_USE)
    while left:
        lowest = [name for name, below in left.items() if not below & set(left)]
        assert lowest, f"these depend on each other: {sorted(left)}"
        for name in lowest:
            del left[name]


@pytest.mark.parametrize("path", SHARED, ids=label)
def test_only_modules_know_ansible_module(path: Path) -> None:
    """The gates of the two libraries are given one, and need its type only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = [node for node in tree.body if not is_type_checking(node)]
    names = {
        alias.name
        for statement in checked
        for node in ast.walk(statement)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert "AnsibleModule" not in names


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("t.TYPE_CHECKING", "TYPE_CHECKING")


def test_every_shared_file_has_its_tests() -> None:
    missing = {label(path) for path in SHARED if not mirrored(path).is_file()}
    assert missing == set()


def mirrored(path: Path) -> Path:
    relative = path.relative_to(PLUGINS)
    return TESTS / relative.parent / f"test_{relative.name.lstrip('_')}"


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_no_file_or_function_is_too_large(path: Path) -> None:
    code = code_lines(path)
    assert len(code) <= MOST_LINES_OF_CODE
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    large = {
        f"{label(path)}:{node.name}"
        for node in functions
        if len(code & set(range(node.lineno, (node.end_lineno or node.lineno) + 1))) > MOST_LINES_OF_A_FUNCTION
    }
    assert large == set()
