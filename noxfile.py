# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of this collection, one session each. `make help` lists the ways in; `make setup` makes the .venv they run in.

Tags: `lint` are the static ones, `test` all that `make test` runs, `lab` those that need the lab's containers.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import nox

ROOT = Path(__file__).parent.resolve()
CACHE = ROOT / ".nox"
BIN = Path(sys.executable).parent

nox.options.default_venv_backend = "none"

# Only the collections beside the tools are seen: an older copy installed elsewhere must not be what is tested.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = sysconfig.get_path("purelib")
os.environ["ANSIBLE_HOME"] = str(CACHE / "ansible")
os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"


def collection_tree() -> Path:
    """A tree in which the checkout is ansible_collections/stapling/httpd, for tools that need that path."""
    link = CACHE / "tree" / "ansible_collections" / "stapling" / "httpd"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(ROOT, target_is_directory=True)
    return link


@nox.session(tags=["lint", "test"])
def ruff(session: nox.Session) -> None:
    """Python style, imports and formatting."""
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session(tags=["lint", "test"])
def mypy(session: nox.Session) -> None:
    """Types, strictly, of all that is shipped."""
    session.run("mypy", str(collection_tree() / "plugins"))


@nox.session(tags=["lint", "test"])
def yamllint(session: nox.Session) -> None:
    """YAML style."""
    session.run("yamllint", "--strict", ".")


@nox.session(name="ansible-lint", tags=["lint", "test"])
def ansible_lint(session: nox.Session) -> None:
    """Roles, playbooks and metadata against the production profile."""
    session.run("ansible-lint", "--strict")


@nox.session(tags=["lint", "test"])
def changelog(session: nox.Session) -> None:
    """Changelog fragments."""
    session.run("antsibull-changelog", "lint")


@nox.session(tags=["lint", "test"])
def docs(session: nox.Session) -> None:
    """Every plugin and role has documentation that ansible-doc can read."""
    session.run("python", "scripts/check_docs.py")


@nox.session(tags=["test"])
def unit(session: nox.Session) -> None:
    """Unit tests with the controller's Python and the newest cryptography."""
    session.run("pytest", *(session.posargs or ["tests/unit"]))
