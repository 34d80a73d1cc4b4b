# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab puts on its hosts, tried with the Python that runs the tests."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from labtool.paths import HOSTS

_PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:3]
import lab_compiled
lab_compiled.DIRECTORY = sys.argv[3]
import sent
print(sent.answer(), sent.answer.__code__.co_filename)
"""


def run(archive: Path, text: str, cache: Path) -> list[str]:
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("sent.py", text)
    command = [sys.executable, "-c", _PROGRAM, str(archive), str(HOSTS), str(cache)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_a_zipped_module_is_compiled_once_for_each_text(tmp_path: Path) -> None:
    cache, first, second = tmp_path / "cache", tmp_path / "first.zip", tmp_path / "second.zip"
    text = "def answer():\n    return 1\n"
    assert run(first, text, cache) == ["1", f"{first}/sent.py"]
    kept = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert len(kept) == 1
    assert run(second, text, cache) == ["1", f"{second}/sent.py"]
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == kept
    assert run(second, text.replace("1", "2"), cache) == ["2", f"{second}/sent.py"]
    assert len(list(cache.iterdir())) == 2


def test_without_a_cache_that_can_be_written_the_module_still_runs(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.touch()
    assert run(tmp_path / "a.zip", "def answer():\n    return 1\n", nowhere / "cache")[0] == "1"
