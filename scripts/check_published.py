# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See what Galaxy and the documentation site make of the tarball that check_tarball.py has built and installed.

Galaxy's own importer takes it in; antsibull-docs checks every reference and builds the pages. A warning of either is
a failure. There is no network for the labels of Ansible's own documentation, so those stay unresolved here.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from commands import run
from environments import make_environment

ROOT = Path(__file__).resolve().parent.parent
TARBALL = ROOT / ".nox" / "tarball"
INSTALLED = TARBALL / "collections" / "ansible_collections" / "stapling" / "httpd"
WORK = ROOT / ".nox" / "published"

# What the sessions sanity and ansible-lint look at is not looked at again.
IMPORTER = """\
[galaxy-importer]
RUN_ANSIBLE_LINT = False
RUN_ANSIBLE_TEST = False
CHECK_CHANGELOG = True
CHECK_REQUIRED_TAGS = True
CHECK_RUNTIME_FILE = True
REQUIRE_V1_OR_GREATER = True
"""
ELSEWHERE = re.compile(
    r"undefined label: '(common_return_values|action_plugins|callback_plugins|ansible_configuration_settings"
    r"|ansible_collections\.(ansible\.builtin|community\.crypto)\.\w+)'"
    r"|'envvar' reference target not found: ANSIBLE_\w+"
)


def import_to_galaxy() -> list[str]:
    """Return the warnings of Galaxy's importer."""
    settings = WORK / "galaxy-importer.cfg"
    settings.write_text(IMPORTER, encoding="utf-8")
    (tarball,) = TARBALL.glob("stapling-httpd-*.tar.gz")
    output = run(WORK, "python", "-m", "galaxy_importer.main", str(tarball), GALAXY_IMPORTER_CONFIG=str(settings))
    return [line for line in output.splitlines() if line.startswith(("WARNING", "ERROR"))]


def build_site() -> list[str]:
    """Return the warnings of the documentation site."""
    lint = ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=all"]
    run(WORK, *lint, str(INSTALLED))
    site = WORK / "site"
    # antsibull-docs writes only where nobody else may.
    site.mkdir(mode=0o755)
    run(WORK, "antsibull-docs", "sphinx-init", "--use-current", "--lenient", "--dest-dir", str(site), "stapling.httpd")
    settings = site / "conf.py"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"^intersphinx_mapping = \{.*?^\}", "", text, flags=re.M | re.S), encoding="utf-8")
    output = run(WORK, "bash", str(site / "build.sh"))
    return [line for line in output.splitlines() if "WARNING" in line and not ELSEWHERE.search(line)]


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    requirements = Path(__file__).with_name("requirements-publish.txt")
    tools = make_environment(ROOT / ".nox" / "publish", Path(sys.executable), requirements, [])
    os.environ["PATH"] = f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}"
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(TARBALL / "collections")
    warnings = import_to_galaxy() + build_site()
    for warning in warnings:
        print(f"to be mended: {warning}")
    return 1 if warnings else 0


if __name__ == "__main__":
    sys.exit(main())
