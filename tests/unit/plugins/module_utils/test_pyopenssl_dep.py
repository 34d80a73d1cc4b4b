# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate of pyOpenSSL: versions that are old enough, and what a module says of others."""

from __future__ import annotations

import typing as t

import pytest

pytest.importorskip("ansible.module_utils.testing")

from ansible_collections.stapling.httpd.plugins.module_utils import _pyopenssl_dep as dep


class Module:
    """An AnsibleModule as far as it fails."""

    def __init__(self) -> None:
        self.failed: dict[str, t.Any] | None = None

    def fail_json(self, **result: t.Any) -> None:
        self.failed = self.failed or result


@pytest.mark.parametrize(
    ("found", "version", "usable"),
    [
        (True, "19.1.0", False),
        (True, "20.0", True),
        (True, "20.0.1", True),
        (True, "25.3.0", True),
        (False, "0", False),
    ],
)
def test_the_oldest_version(monkeypatch: pytest.MonkeyPatch, found: bool, version: str, usable: bool) -> None:
    monkeypatch.setattr(dep, "HAS_PYOPENSSL", found)
    monkeypatch.setattr(dep, "PYOPENSSL_VERSION", version)
    module = Module()
    dep.assert_pyopenssl(t.cast("t.Any", module))
    assert dep.pyopenssl_usable() is usable
    if usable:
        assert module.failed is None
        return
    assert module.failed is not None
    assert module.failed["missing_libraries"] == ["pyOpenSSL"]
    assert "python3-openssl" in module.failed["msg"]
    assert (f"only version {version} was found" in module.failed["msg"]) is found
