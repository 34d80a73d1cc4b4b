# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of copies: what is left of a run that was killed is known by them."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import Target
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.leftovers import is_copy_name, leftovers
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.write import copy_name, restore, tidy

DROP_IN = b"# Managed by stapling.httpd (x)\nSSLUseStapling on\n"


@pytest.mark.parametrize("managed, content", [(True, DROP_IN), (False, b"Listen 80\n")])
def test_a_copy_is_known_by_the_next_run(tmp_path, managed, content):
    path = tmp_path / "zz-ocsp-stapling.conf"
    path.write_bytes(content)
    copy = copy_name(Target(str(path), content, {}, managed=managed))
    with open(copy, "wb") as stream:
        stream.write(content)
    assert is_copy_name(copy)
    assert [(leftover.path, leftover.backup_file) for leftover in leftovers([str(path)], main=None)] == [
        (str(path), copy)
    ]
    if managed:
        # All that is left of the drop-in may be its copy.
        path.unlink()
        assert [leftover.path for leftover in leftovers([str(tmp_path / "other.conf")], main=None)] == [str(path)]


def test_a_file_that_was_not_there_goes_and_one_that_is_gone_is_no_failure(tmp_path):
    path = tmp_path / "x.conf"
    path.write_bytes(b"x")
    copies = [{"path": str(path), "backup_file": None}]
    assert restore(copies) == [] and not path.exists()
    assert restore(copies) == []
    assert tidy(copies) == []
