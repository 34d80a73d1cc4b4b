# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import policy
from ansible_collections.stapling.httpd.plugins.modules import ocsp_egress

ROOT = Path(policy.__file__).parents[3]


def test_the_defaults_are_the_same_everywhere() -> None:
    # Only the controller has it, and one look is enough.
    yaml = pytest.importorskip("yaml")
    role = ROOT / "roles/ocsp_egress"
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text(encoding="utf-8"))
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
    options = specs["argument_specs"]["main"]["options"]
    assert {name: option["default"] for name, option in options.items()} == defaults
    documented = yaml.safe_load(ocsp_egress.DOCUMENTATION)["options"]
    spec = ocsp_egress.argument_spec()
    for name, option in spec.items():
        assert documented[name]["default"] == option["default"], name
        in_role = {"timeout": "ocsp_egress_resolve_timeout"}.get(name, f"ocsp_egress_{name}")
        if in_role in defaults:
            assert defaults[in_role] == option["default"], name
