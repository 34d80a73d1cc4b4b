# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask ansible-doc for every plugin and role of the collection, and complain about each it cannot document."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

COLLECTION = "stapling.httpd"
ROOT = Path(__file__).resolve().parent.parent


def ansible_doc(*arguments: str) -> tuple[dict[str, object], str]:
    """Return the parsed answer and the text on standard error."""
    command = ["ansible-doc", "--json", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if result.returncode != 0:
        return {}, result.stderr.strip() or result.stdout.strip()
    answer: dict[str, object] = json.loads(result.stdout or "{}")
    return answer, result.stderr.strip()


def existing(kind: str) -> set[str]:
    """Return what the checkout holds, by its files, since ansible-doc leaves out what it cannot read."""
    if kind == "role":
        return {f"{COLLECTION}.{path.parent.parent.name}" for path in ROOT.glob("roles/*/tasks/main.yml")}
    directory = {"module": "modules"}.get(kind, kind)
    return {
        f"{COLLECTION}.{path.stem}"
        for path in ROOT.glob(f"plugins/{directory}/*")
        if path.suffix in {".py", ".yml"} and not path.name.startswith("_")
    }


def complaints(kind: str) -> list[str]:
    """One line per plugin or role without readable documentation."""
    listed, said = ansible_doc("-t", kind, "--list", COLLECTION)
    names = sorted(existing(kind) | set(listed))
    found = [f"{kind}: {said}"] if said else []
    for name in names:
        answer, said = ansible_doc("-t", kind, name)
        if said or not answer.get(name):
            found.append(f"{kind} {name}: {said or 'no documentation'}")
    print(f"{kind}: {len(names)} asked for")
    return found


def main() -> int:
    found = [line for kind in ("module", "filter", "callback", "role") for line in complaints(kind)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
