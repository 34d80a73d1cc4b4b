# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._egress import backends
from ansible_collections.stapling.httpd.plugins.module_utils._egress.backend import Backend
from ansible_collections.stapling.httpd.plugins.module_utils._egress.backends import (
    BACKENDS,
    Survey,
    choose,
    units_after,
)
from ansible_collections.stapling.httpd.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.stapling.httpd.plugins.module_utils._proxy import redirect
from ansible_collections.stapling.httpd.plugins.modules import ocsp_egress, ocsp_proxy_redirect
from ansible_collections.stapling.httpd.tests.unit.support.checkout import ROOT


def test_the_module_offers_every_backend_that_is_registered() -> None:
    yaml = pytest.importorskip("yaml")
    choices = yaml.safe_load(ocsp_egress.DOCUMENTATION)["options"]["backend"]["choices"]
    assert choices == ["auto", *BACKENDS, "none"]
    assert ocsp_egress.argument_spec()["backend"]["choices"] == choices
    offered = yaml.safe_load(ocsp_proxy_redirect.DOCUMENTATION)["options"]["backend"]["choices"]
    assert offered == ["auto", *redirect.REDIRECTORS]


def test_every_backend_that_is_registered_is_documented_and_has_a_scenario() -> None:
    page = (ROOT / "docs/egress.md").read_text(encoding="utf-8")
    columns = re.search(r"^\| \| (.+) \|$", page, re.MULTILINE)
    assert columns is not None and columns.group(1).split(" | ") == list(BACKENDS)
    limits = page.split("## What each backend cannot do")[1]
    for name in BACKENDS:
        assert f"* **{name}**" in limits, name
        assert (ROOT / f"molecule/egress_{name}/fleet.yml").exists(), name


def test_every_backend_names_the_units_that_load_its_rules() -> None:
    for name, kind in BACKENDS.items():
        assert kind.name == name and kind.units and all(unit.endswith(".service") for unit in kind.units)
        assert units_after(name) == list(kind.units)
    assert units_after("none") == []


def test_the_redirection_follows_the_units_of_each_tool_that_can_redirect() -> None:
    assert redirect.loader_units() == [
        "nftables.service",
        "netfilter-persistent.service",
        "iptables.service",
        "ip6tables.service",
    ]


def surveyed(*filtering: str, unreachable: tuple[str, ...] = (), tools: tuple[str, ...] = ("nft",)) -> Survey:
    return Survey(filtering=filtering, unreachable=unreachable, tools=tools)


@pytest.mark.parametrize(
    ("found", "choice"),
    [
        (surveyed("ufw"), ("ufw", "opened")),
        (surveyed("nftables"), ("nftables", "opened")),
        (surveyed(), ("none", "open_output")),
        (surveyed(tools=()), ("none", "no_firewall")),
    ],
)
def test_auto_takes_what_filters(found: Survey, choice: tuple[str, str]) -> None:
    assert choose(requested="auto", survey=lambda: found) == choice


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (surveyed("nftables", "iptables"), "two_firewalls"),
        (surveyed("nftables", unreachable=("inet odd out",)), "firewall_not_understood"),
        (surveyed(unreachable=("inet odd out",)), "firewall_not_understood"),
    ],
)
def test_auto_refuses_what_it_cannot_open(found: Survey, word: str) -> None:
    with pytest.raises(FirewallError) as caught:
        choose(requested="auto", survey=lambda: found)
    assert caught.value.code == word


def test_none_does_not_even_look() -> None:
    assert choose(requested="none", survey=lambda: pytest.fail("looked")) == ("none", "not_wanted")


def test_a_backend_that_is_named_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends.BACKENDS["ufw"], "installed", classmethod(lambda cls: False))
    with pytest.raises(FirewallError) as caught:
        choose(requested="ufw", survey=lambda: pytest.fail("looked"))
    assert caught.value.code == "no_firewall_tool"


def kind_of(
    tool: str, *, filters: bool, claims: tuple[str, ...] = (), unreachable: tuple[str, ...] = ()
) -> type[Backend]:
    """Return a backend of an imaginary tool."""

    class Imaginary(Backend):
        name = tool
        units = (f"{tool}.service",)
        place = tool
        per_user = True

        @classmethod
        def installed(cls) -> bool:
            return True

        def filters(self) -> bool:
            return filters

        def claims(self) -> tuple[str, ...]:
            return claims

        def unreachable(self) -> list[str]:
            return list(unreachable)

        def require_valid_site(self) -> None:
            raise NotImplementedError

        def current(self) -> list[str]:
            raise FirewallError("firewall_not_understood", tool)

        def plan(self, openings: object, uid: int | None) -> bool:
            raise NotImplementedError

        def after_restart(self, openings: object, uid: int | None) -> str:
            raise NotImplementedError

        def apply(self) -> None:
            raise NotImplementedError

    Imaginary.tool = tool
    return Imaginary


def test_rules_that_another_firewall_has_made_are_no_firewall_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [kind_of("rules", filters=True), kind_of("manager", filters=True, claims=("rules",), unreachable=("odd",))]
    monkeypatch.setattr(backends, "BACKENDS", {kind.name: kind for kind in kinds})
    assert backends.survey() == Survey(("manager",), unreachable=("odd",), tools=("rules", "manager"))


def test_a_tool_that_cannot_work_stops_nothing_unless_it_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "BACKENDS", {"broken": kind_of("broken", filters=False)})
    assert backends.close_others("", "", check=False) == (False, [])
    with pytest.raises(FirewallError):
        backends.close_others("", "broken", check=False)
