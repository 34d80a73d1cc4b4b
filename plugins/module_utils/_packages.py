# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a distribution calls the packages of Python libraries, and the command that installs them."""

from __future__ import annotations

import os
import shlex
import sys
import typing as t

_RELEASE_FILES = ("/etc/os-release", "/usr/lib/os-release")
# The system's Python has the same name in every release; packages for another one have its version in their names.
_SYSTEM_PYTHONS = ("/usr/bin/python3", "/usr/libexec/platform-python")


class Family(t.NamedTuple):
    """Distributions that name their packages alike. {python} stands for the Python that is asked for."""

    ids: tuple[str, ...]
    names: dict[str, str]
    install: str
    python: str = "python3"
    other_python: str = "python3"


_FAMILIES = (
    Family(
        ("debian", "ubuntu"),
        {"cryptography": "{python}-cryptography", "pyOpenSSL": "{python}-openssl"},
        "apt-get install",
    ),
    Family(
        ("rhel", "fedora", "centos", "amzn"),
        {"cryptography": "{python}-cryptography", "pyOpenSSL": "{python}-pyOpenSSL"},
        "dnf install",
        other_python="python{major}.{minor}",
    ),
    Family(
        ("suse", "opensuse", "sles"),
        {"cryptography": "{python}-cryptography", "pyOpenSSL": "{python}-pyOpenSSL"},
        "zypper install",
        python="python{major}{minor}",
        other_python="python{major}{minor}",
    ),
    Family(("alpine",), {"cryptography": "py3-cryptography", "pyOpenSSL": "py3-openssl"}, "apk add"),
    Family(("arch",), {"cryptography": "python-cryptography", "pyOpenSSL": "python-pyopenssl"}, "pacman -S"),
    Family(("gentoo",), {"cryptography": "dev-python/cryptography", "pyOpenSSL": "dev-python/pyopenssl"}, "emerge"),
)


class Packages(t.NamedTuple):
    """The packages, none where the distribution is not known, and the command that installs the libraries."""

    names: list[str]
    command: str


def packages_for(
    libraries: t.Iterable[str],
    *,
    root: str = "/",
    executable: str = sys.executable,
    version: tuple[int, int] = sys.version_info[:2],
) -> Packages:
    """Return what to install on this host for libraries by their names on PyPI."""
    libraries = list(libraries)
    family = _family(_release(root))
    if family is None:
        return Packages([], f"{shlex.quote(executable)} -m pip install {' '.join(libraries)}")
    of_system = os.path.realpath(executable) in [
        os.path.realpath(os.path.join(root, path.lstrip("/"))) for path in _SYSTEM_PYTHONS
    ]
    pattern = family.python if of_system else family.other_python
    python = pattern.format(major=version[0], minor=version[1])
    names = [family.names[library].format(python=python) for library in libraries]
    return Packages(names, f"{family.install} {' '.join(names)}")


def _family(release: t.Mapping[str, str]) -> Family | None:
    # ID comes first: of several families in ID_LIKE the distribution is most like the first.
    for name in [release.get("ID", ""), *release.get("ID_LIKE", "").split()]:
        for family in _FAMILIES:
            if name in family.ids or name.partition("-")[0] in family.ids:
                return family
    return None


def _release(root: str) -> dict[str, str]:
    """Return what the host says of its distribution in os-release(5)."""
    for path in _RELEASE_FILES:
        try:
            with open(os.path.join(root, path.lstrip("/")), encoding="utf-8", errors="replace") as handle:
                lines = handle.read(65536).splitlines()
        except OSError:
            continue
        return {name: value.strip("\"' ") for name, _separator, value in (line.partition("=") for line in lines)}
    return {}
