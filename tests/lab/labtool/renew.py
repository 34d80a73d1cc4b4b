# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New certificates for a vhost that is up, put where the old ones are, as a renewal does."""

from __future__ import annotations

import json
from typing import Any

from .docker import File, copy_into, docker
from .engine import locked
from .errors import LabError
from .fleet import FLEET_FILE, serve
from .httpd_config import certificate_path
from .images import HOST_IMAGES, KNOWN, layout_of
from .infra import tell_issued
from .inventory import describe, replace_vhost
from .paths import object_name, state_directory
from .pki import Pki
from .spec import Host, Vhost, changed_vhost, read_fleet, with_addresses


def renew(fleet_name: str, vhost_name: str, changes: dict[str, Any], *, reload: bool) -> None:
    """Issue certificates with the changes asked for, and put them in place; with reload, httpd uses them."""
    directory = state_directory(fleet_name)
    with locked(f"fleet_{fleet_name}"):
        addresses = json.loads((directory / "addresses.json").read_text(encoding="utf-8"))
        fleet = with_addresses(read_fleet(directory / FLEET_FILE, HOST_IMAGES), addresses)
        host, vhost = _find(list(fleet.hosts.values()), vhost_name)
        changed = changed_vhost(vhost, changes)
        pki = Pki(directory / "pki", fleet.issuer_key)
        served = serve(pki, host, changed, renew=True)
        pki.save()
        description = describe(served)
        files = []
        # A renewal keeps the paths, whatever the type of the new key.
        for old, new, described in zip(vhost.keys, changed.keys, description["certificates"], strict=True):
            path, leaf = certificate_path(vhost, old), served.leaves[new]
            described["path"] = path
            files.append(File(path, leaf.certificate.read_bytes() + pki.chain_pem(changed.chain)))
            files.append(File(path.removesuffix(".pem") + ".key", leaf.key.read_bytes(), mode=0o600))
        container = object_name(fleet_name, host.name)
        copy_into(container, files)
        tell_issued(fleet_name, pki)
        replace_vhost(directory, host.name, description)
    if reload:
        command = KNOWN[host.image].init.reload.format(service=layout_of(host.image).service)
        docker("exec", container, "sh", "-ec", command)


def _find(hosts: list[Host], vhost_name: str) -> tuple[Host, Vhost]:
    for host in hosts:
        for vhost in host.all_vhosts():
            if vhost.name == vhost_name:
                return host, vhost
    raise LabError(f"no vhost {vhost_name!r} in this fleet")
