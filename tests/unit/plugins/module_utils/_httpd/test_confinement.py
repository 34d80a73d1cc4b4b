# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What confines httpd, read from directory trees as the kernel shows them: SELinux cannot run where the tests do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.confinement import (
    apparmor_limit,
    limits_of,
    selinux_obstacle,
    unit_limits,
)

HTTPD_T = "system_u:system_r:httpd_t:s0\0"


def kernel(root: Path, files: dict[str, str]) -> str:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="ascii")
    return str(root)


def selinux(root: Path, *, enforce: str = "1", label: str = HTTPD_T, connect: str = "0 0", relay: str = "0 0") -> str:
    booleans = "sys/fs/selinux/booleans"
    return kernel(
        root,
        {
            "sys/fs/selinux/enforce": enforce,
            f"{booleans}/httpd_can_network_connect": connect,
            f"{booleans}/httpd_can_network_relay": relay,
            "proc/7/attr/current": label,
        },
    )


def test_a_boolean_that_is_off(tmp_path: Path) -> None:
    root = selinux(tmp_path)
    obstacle = selinux_obstacle(7, root=root)
    assert obstacle is not None
    assert "setsebool -P httpd_can_network_connect on" in obstacle
    assert limits_of(7, root=root) == [obstacle]


@pytest.mark.parametrize(
    "differs",
    [
        {"enforce": "0"},
        {"connect": "1 1"},
        {"relay": "1 1"},
        {"label": "system_u:system_r:unconfined_service_t:s0"},
        {"label": "unconfined\n"},
        {"connect": ""},
    ],
)
def test_an_httpd_that_may_connect(tmp_path: Path, differs: dict[str, str]) -> None:
    assert selinux_obstacle(7, root=selinux(tmp_path, **differs)) is None


def test_a_boolean_whose_new_value_waits_counts_as_it_is(tmp_path: Path) -> None:
    assert selinux_obstacle(7, root=selinux(tmp_path, connect="0 1")) is not None


def test_a_host_without_selinux(tmp_path: Path) -> None:
    assert selinux_obstacle(7, root=str(tmp_path)) is None


@pytest.mark.parametrize(
    ("label", "confined"),
    [
        ("/usr/sbin/apache2 (enforce)\n", True),
        ("/usr/sbin/apache2 (complain)\n", False),
        ("unconfined\n", False),
        (HTTPD_T, False),
    ],
)
def test_apparmor(tmp_path: Path, label: str, confined: bool) -> None:
    limit = apparmor_limit(7, root=kernel(tmp_path, {"proc/7/attr/current": label}))
    assert (limit is not None) == confined
    assert limit is None or "/usr/sbin/apache2" in limit


@pytest.mark.parametrize(
    ("properties", "names"),
    [
        ("SystemCallFilter=~connect", ["SystemCallFilter"]),
        ("SystemCallFilter=~connect:EPERM ptrace", ["SystemCallFilter"]),
        ("SystemCallFilter=accept bind read write", ["SystemCallFilter"]),
        ("SystemCallFilter=accept connect read write", []),
        ("SystemCallFilter=~mount", []),
        ("SystemCallFilter=\nRestrictAddressFamilies=~\nIPAddressDeny=\nPrivateNetwork=no", []),
        ("SystemCallFilter=~", []),
        ("RestrictAddressFamilies=AF_INET6 AF_UNIX", ["RestrictAddressFamilies"]),
        ("RestrictAddressFamilies=~AF_INET", ["RestrictAddressFamilies"]),
        ("RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", []),
        ("RestrictAddressFamilies=~AF_PACKET AF_NETLINK", []),
        ("IPAddressDeny=::/0 0.0.0.0/0\nPrivateNetwork=yes", ["IPAddressDeny", "PrivateNetwork"]),
        ("", []),
    ],
)
def test_settings_of_a_unit(properties: str, names: list[str]) -> None:
    found = unit_limits("apache2.service", properties)
    assert [sentence.partition(" ")[0].partition("=")[0] for sentence in found] == names
    assert all("apache2.service" in sentence for sentence in found)
