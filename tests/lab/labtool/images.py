# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images, built from the Dockerfiles beside this and tagged by a hash of all that goes into them."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from .docker import docker, inspect, try_docker
from .engine import install_packages, locked
from .errors import LabError
from .layouts import (
    ALPINE,
    ARCH,
    CONTAINER,
    DEBIAN,
    GENTOO,
    OPENRC,
    REDHAT,
    RUNIT,
    SUPERVISOR,
    SUSE,
    SYSTEMD,
    SYSVINIT,
    UPSTREAM,
    Init,
    Layout,
)
from .paths import IMAGES, LAB

_PULL_SECONDS = 60
_BUILD_SECONDS = 1800
FIREWALL_PACKAGES = {
    "nftables": ["nftables"],
    "iptables": ["iptables", "iptables-persistent"],
    "ufw": ["ufw"],
    "firewalld": ["firewalld"],
}


@dataclass(frozen=True)
class Image:
    """A directory with a Dockerfile, what it stands on, and what hosts made of it are like.

    The Dockerfile gets what is given here as its arguments SUITE, BASE and BUILD.
    """

    directory: str
    suite: str | None = None  # the Debian release
    base: str | None = None  # the lab image that it stands on, instead of a Debian release
    build: str | None = None  # the lab image that its httpd was built in
    extra: tuple[str, ...] = ()  # directories of the lab that the Dockerfile copies from
    layout: Layout | None = None  # None: no host can be made of it
    init: Init = SYSTEMD


KNOWN = {
    "debian11": Image("debian", suite="bullseye", layout=DEBIAN),
    "debian12": Image("debian", suite="bookworm", layout=DEBIAN),
    "debian13": Image("debian", suite="trixie", layout=DEBIAN),
    "redhat": Image("redhat", base="bare", build="httpd-build", layout=REDHAT),
    "upstream": Image("upstream", base="bare", build="httpd-build", layout=UPSTREAM),
    "suse": Image("suse", base="bare", build="httpd-build", layout=SUSE),
    "alpine": Image("alpine", base="debian12-openrc", build="httpd-build", layout=ALPINE, init=OPENRC),
    "arch": Image("arch", base="bare", build="httpd-build", layout=ARCH),
    "gentoo": Image("gentoo", base="bare", build="httpd-build", layout=GENTOO),
    "debian12-runit": Image("runit", base="plain", layout=DEBIAN, init=RUNIT),
    "debian12-supervisor": Image("supervisor", base="plain", layout=DEBIAN, init=SUPERVISOR),
    "debian12-sysvinit": Image("sysvinit", base="plain", layout=DEBIAN, init=SYSVINIT),
    "debian12-openrc": Image("openrc", base="plain", layout=DEBIAN, init=OPENRC),
    "debian12-foreground": Image("foreground", base="plain", layout=DEBIAN, init=CONTAINER),
    "debian12-tini": Image("tini", base="plain", layout=DEBIAN, init=CONTAINER),
    "infra": Image("infra", suite="bookworm", extra=("responder", "judge")),
    "clients": Image("clients", suite="bookworm", extra=("clients", "judge")),
    "clients13": Image(
        "clients13", suite="trixie", build="clients", extra=("clients", "judge", "images/clients/programs")
    ),
    "bare": Image("bare", base="debian12"),
    "plain": Image("plain", suite="bookworm"),
    "httpd-build": Image("httpd-build", suite="bookworm"),
}
HOST_IMAGES = tuple(name for name, image in KNOWN.items() if image.layout is not None)


def layout_of(name: str) -> Layout:
    """Return where httpd's files are on hosts of an image."""
    layout = KNOWN[name].layout
    if layout is None:
        raise LabError(f"no host can be made of image {name!r}")
    return layout


def ensure_image(name: str) -> str:
    """Return the tag of a lab image, and build it if it is not there."""
    image = KNOWN[name]
    context = _context(image)
    stands_on = {"SUITE": image.suite, "BASE": image.base and ensure_image(image.base)}
    stands_on["BUILD"] = image.build and ensure_image(image.build)
    arguments = {key: value for key, value in stands_on.items() if value}
    tag = f"stapling-lab/{name}:{_digest(context, arguments)}"
    return _ensure(tag, context, arguments, image.suite)


def ensure_with_packages(name: str, packages: list[str]) -> str:
    """Return the tag of a lab image with further packages on it, and build it if it is not there."""
    base = ensure_image(name)
    if not packages:
        return base
    chosen = " ".join(sorted(set(packages)))
    context = _files(IMAGES / "packages")
    arguments = {"BASE": base, "PACKAGES": chosen}
    readable = re.sub(r"[^a-z0-9]+", "-", chosen.lower())[:60].strip("-")
    return _ensure(f"stapling-lab/{name}-{readable}:{_digest(context, arguments)}", context, arguments, None)


def _ensure(tag: str, context: dict[str, Path], arguments: dict[str, str], suite: str | None) -> str:
    if inspect("image", tag):
        return tag
    with locked(tag.replace("/", "_").replace(":", "_")):
        if inspect("image", tag):
            return tag
        if suite is not None:
            _ensure_base(suite)
        print(f"lab: building {tag}", file=sys.stderr, flush=True)
        options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        docker("build", "-q", "-t", tag, *options, "-", stdin=_tar(context), timeout=_BUILD_SECONDS)
    return tag


def _ensure_base(suite: str) -> None:
    """Get debian:SUITE from here, from a registry, or from the distribution's own packages."""
    tag = f"debian:{suite}"
    with locked(f"base_{suite}"):
        if inspect("image", tag) or try_docker("pull", "-q", tag, timeout=_PULL_SECONDS).returncode == 0:
            return
        if shutil.which("mmdebstrap") is None:
            install_packages("mmdebstrap")
        command = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates", suite, "-"]
        made = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if made.returncode != 0:
            lines = made.stderr.decode(errors="replace").strip().splitlines()
            raise LabError(f"no registry gives {tag}, and mmdebstrap cannot make it: {' '.join(lines[-3:])}")
        docker("import", "--change", 'CMD ["bash"]', "-", tag, stdin=made.stdout, timeout=_BUILD_SECONDS)


def _context(image: Image) -> dict[str, Path]:
    files = _files(IMAGES / image.directory)
    for name in image.extra:
        files.update({f"{name}/{path}": source for path, source in _files(LAB / name).items()})
    return files


def _files(directory: Path) -> dict[str, Path]:
    found = (path for path in sorted(directory.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(directory)): path for path in found}


def _digest(context: dict[str, Path], arguments: dict[str, str]) -> str:
    digest = hashlib.sha256(repr(sorted(arguments.items())).encode())
    for name, path in sorted(context.items()):
        digest.update(f"\0{name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _tar(context: dict[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, path in context.items():
            archive.add(path, arcname=name)
    return buffer.getvalue()
