# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of this collection, one session each. `make help` lists the ways in, `make setup` makes their .venv.

Tags: `test` is what `make test` runs, `lint` and `unit` are parts of it, `test-all` is what only `make test-all` adds.
They run side by side in the order in which they stand here: what takes long comes first, so that nothing long is left
alone at the end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).parent.resolve()
CACHE = ROOT / ".nox"
LOG = CACHE / "log"

PINNED = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
PINS = dict(re.findall(r"^([\w.-]+)==([\w.]+)", PINNED, re.MULTILINE))
# What managed hosts have: Python, cryptography and pyOpenSSL.
MATRIX = [("3.9", "3.3.2", "20.0.1"), ("3.11", "38.0.4", "23.0.0"), ("3.13", "43.0.3", "25.0.0")]  # Debian 11, 12, 13
# Those between two others (Ubuntu 22.04, RHEL 9, Ubuntu 24.04) wait for `make test-all`, as does the newest, which the
# session `unit` has with the tools' own Python.
MATRIX_BETWEEN = [
    ("3.10", "3.4.8", "21.0.0"),
    ("3.9", "36.0.2", "22.0.0"),
    ("3.12", "41.0.7", "23.2.0"),
    ("3.12", PINS["cryptography"], PINS["pyOpenSSL"]),
]

# Targets and scenarios, the longest first; `make test` ends with a list of what each took. Others come before them.
# Sessions run in the order of this file: what waits much, as unit tests do, beside what does not.
BY_LENGTH = """
    outcomes faults cache connections hosts clients fleet responders habits observe confirm
    interrupted layouts relayed no_systemd renewed proxy_explicit site default instances switch coexist
    egress_firewalld egress_refresh egress_ufw refused egress_nftables proxy_transparent egress_iptables load
"""
SCENARIOS = [path.parent.name for path in ROOT.glob("molecule/*/molecule.yml")]
TARGETS = [path.parent.name for path in ROOT.glob("tests/integration/targets/*/runme.sh")]
# Too long for every run: only `make test-all` runs these scenarios and targets.
TEST_ALL_ONLY = {"cache_thousand", "clients_ten_minutes", "faults_all"}

nox.options.default_venv_backend = "none"
nox.options.allow_parallel = True

# Only the collections beside the tools are seen: an older copy installed elsewhere must not be what is tested.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = sysconfig.get_path("purelib")
os.environ["ANSIBLE_HOME"] = str(CACHE / "ansible")
# The lab's hosts are reached by a process that stays there, which is cheaper than `docker exec` for every command.
os.environ["ANSIBLE_CONNECTION_PLUGINS"] = str(ROOT / "tests" / "lab" / "agent" / "connection")
# A check with figures to show leaves them here as NAME.table.
os.environ["RESULTS"] = str(LOG)
LOG.mkdir(parents=True, exist_ok=True)
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def run(session: nox.Session, *command: str, **environment: str) -> None:
    """Run a command; side by side with others, its output goes to a log and only the end of a failed one is shown."""
    if not session.parallel:
        session.run(*command, env=environment)
        return
    log = LOG / (re.sub(r"[^\w.-]+", "-", session.name).strip("-") + ".log")
    with log.open("a", encoding="utf-8") as stream:
        try:
            session.run(*command, env={"NO_COLOR": "1", **environment}, stdout=stream, stderr=subprocess.STDOUT)
        except CommandFailed:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            print(f"The end of {log}:", *lines[-60:], sep="\n")
            log.with_suffix(".failed").write_text("\n".join(lines[-12:]) + "\n", encoding="utf-8")
            raise


def tagged(names: list[str]) -> list[object]:
    """Parameters of a session, one for each name, those that take long first."""
    order = BY_LENGTH.split()
    names = sorted(names, key=lambda name: (order.index(name) if name in order else -1, name))
    return [nox.param(name, id=name, tags=["test-all" if name in TEST_ALL_ONLY else "test"]) for name in names]


@nox.session(tags=["test"])
def lab(session: nox.Session) -> None:
    """Bring up the lab's container engine and images, which integration and molecule need."""
    run(session, "tests/lab/lab", "engine")
    run(session, "tests/lab/lab", "images")


@nox.session(tags=["test", "unit"])
def unit(session: nox.Session) -> None:
    """Run the unit tests with the tools' own Python and cryptography."""
    run(session, "pytest", *(session.posargs or ["tests/unit", "tests/lab"]))


@nox.session(requires=["lab"])
@nox.parametrize("target", tagged(TARGETS))
def integration(session: nox.Session, target: str) -> None:
    """Run an integration target (its runme.sh) against the lab."""
    session.chdir(ROOT / "tests" / "integration" / "targets" / target)
    run(session, "./runme.sh")


@nox.session(name="unit-matrix", tags=["test", "unit"])
def unit_matrix(session: nox.Session) -> None:
    """Run the unit tests of modules with what Debian's hosts have."""
    run_matrix(session, MATRIX)


@nox.session(name="unit-matrix-between", tags=["test-all"])
def unit_matrix_between(session: nox.Session) -> None:
    """Run the unit tests of modules with what other hosts have."""
    run_matrix(session, MATRIX_BETWEEN)


def run_matrix(session: nox.Session, hosts: list[tuple[str, str, str]]) -> None:
    """Run the unit tests of modules for each of the hosts, one after the other: they wait a lot, as `unit` does."""
    failed = []
    for version, cryptography, pyopenssl in hosts:
        packages = [f"cryptography=={cryptography}", f"pyOpenSSL=={pyopenssl}"]
        try:
            run(session, "python", "scripts/unit_matrix.py", version, *packages)
        except CommandFailed:
            failed.append(f"Python {version} with {' and '.join(packages)}")
    if failed:
        session.error(f"failed: {', '.join(failed)}")


@nox.session(requires=["lab"])
@nox.parametrize("scenario", tagged(SCENARIOS))
def molecule(session: nox.Session, scenario: str) -> None:
    """Run a molecule scenario against the lab."""
    state = CACHE / "molecule" / scenario
    # What is left of a run that was ended has molecule take hosts for created that are gone: no play would match one.
    shutil.rmtree(state, ignore_errors=True)
    run(session, "molecule", "test", "--scenario-name", scenario, MOLECULE_EPHEMERAL_DIRECTORY=str(state))


@nox.session(tags=["test"])
def sanity(session: nox.Session) -> None:
    """ansible-test sanity, without containers; what it skips and why stands in its output."""
    run(session, "python", "scripts/sanity.py", *session.posargs)


@nox.session(name="ansible-lint", tags=["lint", "test"])
def ansible_lint(session: nox.Session) -> None:
    """Roles, playbooks and metadata against the production profile."""
    run(session, "ansible-lint", "--strict")


@nox.session(tags=["test"])
def page(session: nox.Session) -> None:
    """Use report.html in the distribution's Chromium."""
    run(session, "scripts/setup_page.sh")
    run(session, "pytest", *(session.posargs or ["tests/page"]))


@nox.session(tags=["lint", "test"])
def docs(session: nox.Session) -> None:
    """Every plugin and role has documentation that ansible-doc can read, and docs/words.md is up to date."""
    run(session, "python", "scripts/check_docs.py")
    run(session, "python", "scripts/write_words.py", "--check")


@nox.session(tags=["test"])
def tarball(session: nox.Session) -> None:
    """Check that the built collection holds what runs and nothing else, works anywhere, and can be published."""
    run(session, "python", "scripts/check_tarball.py")
    run(session, "python", "scripts/check_published.py")


@nox.session(tags=["lint", "test"])
def mypy(session: nox.Session) -> None:
    """Types, strictly, of all that is shipped."""
    # mypy takes the name of a module from its path, so it needs one in which the checkout is the collection.
    link = CACHE / "tree" / "ansible_collections" / "stapling" / "httpd"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(ROOT, target_is_directory=True)
    run(session, "mypy", str(link / "plugins"))


@nox.session(tags=["lint", "test"])
def publish(session: nox.Session) -> None:
    """Check licences (REUSE) and the workflows of the forge."""
    run(session, "reuse", "lint", "--quiet")
    run(session, "zizmor", "--offline", "--no-progress", ".github")


@nox.session(tags=["lint", "test"])
def yamllint(session: nox.Session) -> None:
    """YAML style."""
    run(session, "yamllint", "--strict", ".")


@nox.session(tags=["lint", "test"])
def changelog(session: nox.Session) -> None:
    """Changelog fragments."""
    run(session, "antsibull-changelog", "lint")


@nox.session(tags=["lint", "test"])
def ruff(session: nox.Session) -> None:
    """Python style, imports and formatting."""
    run(session, "ruff", "check")
    run(session, "ruff", "format", "--check")


@nox.session(requires=["lab"])
def bench(session: nox.Session) -> None:
    """Print the benchmark tables."""
    # It counts what the container engine runs on the hosts.
    run(session, "python", "tests/bench/run.py", *session.posargs, ANSIBLE_CONNECTION_PLUGINS="")
