# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet file, and what the lab computes from it, without containers."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
import yaml
from labtool.errors import LabError
from labtool.images import HOST_IMAGES, KNOWN, layout_of
from labtool.infra import fleet_names
from labtool.network import Network
from labtool.paths import IMAGES
from labtool.spec import Vhost, fleet_data, read_fleet


def write(path: Path, content: object) -> Path:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_a_fleet_adds_to_its_base_and_replaces_what_both_have(tmp_path: Path) -> None:
    base = {"ipv6": True, "names": {"a.test": ["dns"]}, "hosts": {"web": {"image": "debian12", "packages": ["curl"]}}}
    write(tmp_path / "base.yml", base)
    changes = {"name": "both", "base": "base.yml", "hosts": {"web": {"firewall": "ufw", "packages": []}}}
    fleet = read_fleet(write(tmp_path / "fleet.yml", changes), HOST_IMAGES)
    assert (fleet.name, fleet.ipv6, fleet.names) == ("both", True, {"a.test": ["dns"]})
    web = fleet.hosts["web"]
    assert (web.image, web.firewall, web.packages) == ("debian12", "ufw", [])


def test_a_short_fleet_has_no_host_that_repeats_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "base.yml", {"hosts": {"one": {"image": "debian12"}, "two": {"image": "debian13"}}})
    monkeypatch.delenv("LAB_SHORT", raising=False)
    path = write(tmp_path / "fleet.yml", {"name": "short", "base": "base.yml", "hosts": {"two": {"repeats": True}}})
    assert list(read_fleet(path, HOST_IMAGES).hosts) == ["one", "two"]
    monkeypatch.setenv("LAB_SHORT", "1")
    assert list(read_fleet(path, HOST_IMAGES).hosts) == ["one"]


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "fleet.yml", {"name": "alone", "base": "missing.yml", "hosts": {"web": {}}})
    with pytest.raises(LabError, match=r"missing\.yml"):
        fleet_data(path)


@pytest.mark.parametrize(
    ("protocols", "versions"),
    [([], ["1.2", "1.3"]), (["TLSv1.3"], ["1.3"]), (["TLSv1.3", "TLSv1.2"], ["1.2", "1.3"])],
)
def test_the_versions_of_a_virtual_host_are_those_of_its_protocols(protocols: list[str], versions: list[str]) -> None:
    assert Vhost("a.test", protocols=protocols).tls_versions() == versions


def test_a_protocol_that_the_judge_cannot_try_is_refused(tmp_path: Path) -> None:
    vhost = {"name": "a.test", "protocols": ["TLSv1.1"]}
    content = {"name": "old", "hosts": {"web": {"image": "debian12", "vhosts": [vhost]}}}
    with pytest.raises(LabError, match=r"a\.test: protocols"):
        read_fleet(write(tmp_path / "fleet.yml", content), HOST_IMAGES)


def test_a_network_among_the_addresses_of_a_name_stands_for_all_that_are_in_it() -> None:
    network = Network("lab", ipaddress.IPv4Network("172.30.0.0/24"), {"web": "172.30.0.100"})
    found = fleet_names(network, {"web": []}, {"many.test": ["192.0.2.0/29", "web"]})["many.test"]
    assert found == [*(f"192.0.2.{number}" for number in range(1, 7)), "172.30.0.100"]


@pytest.mark.parametrize("name", HOST_IMAGES)
def test_what_a_host_image_stands_on_is_known(name: str) -> None:
    image = KNOWN[name]
    assert layout_of(name) is image.layout
    assert (IMAGES / image.directory / "Dockerfile").is_file()
    assert {image.base, image.build} - {None} <= set(KNOWN)
    assert (image.suite is None) != (image.base is None)


def test_no_host_is_made_of_an_image_without_a_layout() -> None:
    with pytest.raises(LabError, match="infra"):
        layout_of("infra")
