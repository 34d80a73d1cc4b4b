# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of packages by distribution and by the version of Python, from the os-release files that distributions ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._packages import packages_for

BOTH = ["cryptography", "pyOpenSSL"]


def host(root: Path, release: str, *, system: tuple[int, int]) -> None:
    (root / "etc").mkdir()
    (root / "etc" / "os-release").write_text(release.replace(" / ", "\n"), encoding="utf-8")
    (root / "usr" / "bin").mkdir(parents=True)
    python = root / "usr" / "bin" / f"python{system[0]}.{system[1]}"
    python.touch()
    (root / "usr" / "bin" / "python3").symlink_to(python.name)


@pytest.mark.parametrize(
    ("release", "system", "version", "command"),
    [
        ("ID=debian", (3, 11), (3, 11), "apt-get install python3-cryptography python3-openssl"),
        (
            "ID=linuxmint / ID_LIKE='ubuntu debian'",
            (3, 12),
            (3, 12),
            "apt-get install python3-cryptography python3-openssl",
        ),
        ('ID="rhel" / ID_LIKE="fedora"', (3, 9), (3, 9), "dnf install python3-cryptography python3-pyOpenSSL"),
        (
            'ID="rocky" / ID_LIKE="rhel centos fedora"',
            (3, 9),
            (3, 11),
            "dnf install python3.11-cryptography python3.11-pyOpenSSL",
        ),
        ('ID="amzn" / ID_LIKE="fedora"', (3, 9), (3, 9), "dnf install python3-cryptography python3-pyOpenSSL"),
        (
            'ID="opensuse-leap" / ID_LIKE="suse opensuse"',
            (3, 6),
            (3, 11),
            "zypper install python311-cryptography python311-pyOpenSSL",
        ),
        ('ID="opensuse-tumbleweed"', (3, 13), (3, 13), "zypper install python313-cryptography python313-pyOpenSSL"),
        ('ID="sles" / ID_LIKE="suse"', (3, 13), (3, 13), "zypper install python313-cryptography python313-pyOpenSSL"),
        ("ID=alpine", (3, 12), (3, 12), "apk add py3-cryptography py3-openssl"),
        ("ID=arch", (3, 13), (3, 13), "pacman -S python-cryptography python-pyopenssl"),
        ("ID=manjaro / ID_LIKE=arch", (3, 13), (3, 13), "pacman -S python-cryptography python-pyopenssl"),
        ("ID=gentoo", (3, 13), (3, 13), "emerge dev-python/cryptography dev-python/pyopenssl"),
    ],
)
def test_families(
    tmp_path: Path, release: str, system: tuple[int, int], version: tuple[int, int], command: str
) -> None:
    host(tmp_path, release, system=system)
    executable = str(tmp_path / "usr" / "bin" / f"python{version[0]}.{version[1]}")
    found = packages_for(BOTH, root=str(tmp_path), executable=executable, version=version)
    assert found.command == command
    assert found.names == command.split()[2 if " install " in command or " add " in command or "-S" in command else 1 :]


def test_one_library(tmp_path: Path) -> None:
    host(tmp_path, "ID=alpine", system=(3, 12))
    assert packages_for(["pyOpenSSL"], root=str(tmp_path)).names == ["py3-openssl"]


def test_a_distribution_that_is_not_known(tmp_path: Path) -> None:
    found = packages_for(BOTH, root=str(tmp_path), executable="/opt/my python/bin/python3")
    assert found == ([], "'/opt/my python/bin/python3' -m pip install cryptography pyOpenSSL")
