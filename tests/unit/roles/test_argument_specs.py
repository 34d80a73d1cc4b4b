# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role documents, what it sets by default, and what its module takes are the same."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.stapling.httpd.plugins.modules import ocsp_egress
from ansible_collections.stapling.httpd.tests.unit.support.checkout import ROOT

# Only the controller has it, and to compare the files once is enough.
yaml = pytest.importorskip("yaml")

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if (path / "defaults/main.yml").exists())


def load(path: str) -> t.Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def entry_points(role: str) -> dict[str, dict[str, dict[str, t.Any]]]:
    """Return the documented options of each entry point."""
    specs = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    return {name: spec.get("options", {}) for name, spec in specs.items()}


def test_every_role_has_documented_variables() -> None:
    assert {"ocsp_stapling", "ocsp_egress", "ocsp_monitor", "ocsp_proxy"} <= set(ROLES)
    assert sorted(path.name for path in (ROOT / "roles").iterdir() if (path / "tasks").exists()) == ROLES


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_is_documented_with_its_default(role: str) -> None:
    defaults = load(f"roles/{role}/defaults/main.yml")
    documented: dict[str, t.Any] = {}
    for name, options in entry_points(role).items():
        for variable, option in options.items():
            assert "default" in option or option.get("required"), f"{name}: {variable} has no documented default"
            if "default" in option:
                assert documented.setdefault(variable, option["default"]) == option["default"], f"{name}: {variable}"
    assert documented == defaults


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_has_the_prefix_of_its_role(role: str) -> None:
    for options in entry_points(role).values():
        assert [name for name in options if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_has_its_task_file(role: str) -> None:
    for name in entry_points(role):
        assert (ROOT / f"roles/{role}/tasks/{name}.yml").exists(), name


@pytest.mark.parametrize("role", ["ocsp_egress", "ocsp_monitor", "ocsp_proxy"])
def test_a_task_file_that_is_no_entry_point_stands_apart(role: str) -> None:
    assert sorted(path.stem for path in (ROOT / f"roles/{role}/tasks").glob("*.yml")) == sorted(entry_points(role))


def test_the_role_ocsp_egress_has_the_defaults_of_its_module() -> None:
    defaults = load("roles/ocsp_egress/defaults/main.yml")
    documented = yaml.safe_load(ocsp_egress.DOCUMENTATION)["options"]
    shared = 0
    for name, option in ocsp_egress.argument_spec().items():
        assert documented[name]["default"] == option["default"], name
        variable = {"timeout": "ocsp_egress_resolve_timeout"}.get(name, f"ocsp_egress_{name}")
        if variable in defaults:
            shared += 1
            assert defaults[variable] == option["default"], name
    assert shared > 10
