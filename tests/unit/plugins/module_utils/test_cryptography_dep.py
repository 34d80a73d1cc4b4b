# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate of cryptography: versions that are old enough, and what a module says of others."""

from __future__ import annotations

import typing as t

import pytest

pytest.importorskip("ansible.module_utils.testing")

from ansible_collections.stapling.httpd.plugins.module_utils import _cryptography_dep as dep


class Module:
    """An AnsibleModule as far as it fails."""

    def __init__(self) -> None:
        self.failed: dict[str, t.Any] | None = None

    def fail_json(self, **result: t.Any) -> None:
        self.failed = self.failed or result


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("3.3.2", (3, 3, 2)), ("41.0.0.dev1", (41, 0, 0)), ("43", (43,)), ("unknown", (0,)), ("", (0,))],
)
def test_versions_are_numbers(version: str, numbers: tuple[int, ...]) -> None:
    assert dep.version_tuple(version) == numbers


@pytest.mark.parametrize(
    ("version", "enough"), [("3.2.1", False), ("3.3", True), ("3.3.2", True), ("3.10", True), ("43.0.0", True)]
)
def test_the_oldest_version(monkeypatch: pytest.MonkeyPatch, version: str, enough: bool) -> None:
    monkeypatch.setattr(dep, "HAS_CRYPTOGRAPHY", True)
    monkeypatch.setattr(dep, "CRYPTOGRAPHY_VERSION", version)
    module = Module()
    dep.assert_cryptography(t.cast("t.Any", module))
    assert dep.cryptography_at_least(dep.MINIMUM_CRYPTOGRAPHY) is enough
    assert (module.failed is None) is enough
    assert module.failed is None or f"only version {version} was found" in module.failed["msg"]


def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dep, "HAS_CRYPTOGRAPHY", False)
    module = Module()
    dep.assert_cryptography(t.cast("t.Any", module))
    assert module.failed is not None
    assert module.failed["missing_libraries"] == ["cryptography"]
    assert "python3-cryptography" in module.failed["msg"]
