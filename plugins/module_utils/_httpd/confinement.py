# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps httpd itself from connecting to a responder, while every other program of the same user may.

The preflight is such a program: it does not run in httpd's SELinux domain, AppArmor profile or systemd unit.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.supervisor import unit_of
from ansible_collections.stapling.httpd.plugins.module_utils._process import ProcessError, run

_PROPERTIES = ("SystemCallFilter", "RestrictAddressFamilies", "IPAddressDeny", "PrivateNetwork")
_NETWORK = ("AF_INET", "AF_INET6")


def selinux_obstacle(pid: int, *, root: str = "/") -> str | None:
    """Return why SELinux keeps this httpd from connecting to responders, None if it does not.

    Only the domain httpd_t is confined by the booleans. httpd_can_network_relay allows the usual ports of HTTP, which
    are those of nearly all responders: with it, whether httpd gets through is for the handshakes to say.
    """
    if _word(root, "sys/fs/selinux/enforce") != "1":
        return None
    label = _word(root, f"proc/{pid}/attr/current").split(":")
    if len(label) < 3 or label[2] != "httpd_t":
        return None
    booleans = [
        _word(root, f"sys/fs/selinux/booleans/{name}")
        for name in ("httpd_can_network_connect", "httpd_can_network_relay")
    ]
    if booleans[0] != "0" or booleans[1] == "1":
        return None
    return (
        "SELinux keeps httpd from connecting to responders, since the boolean httpd_can_network_connect is off: switch"
        " it on with setsebool -P httpd_can_network_connect on"
    )


def limits_of(pid: int, *, root: str = "/", timeout: float = 10.0) -> list[str]:
    """Return a sentence for each thing that keeps this httpd from connecting, or may do so."""
    found = [selinux_obstacle(pid, root=root), apparmor_limit(pid, root=root)]
    unit = unit_of(pid, root=root, timeout=timeout)
    if unit is not None:
        try:
            output = run(["systemctl", "show", f"--property={','.join(_PROPERTIES)}", unit], timeout=timeout)
            found += unit_limits(unit, output.stdout)
        except ProcessError:
            pass
    return [sentence for sentence in found if sentence is not None]


def apparmor_limit(pid: int, *, root: str = "/") -> str | None:
    """Return that an AppArmor profile confines this httpd, None if none is enforced."""
    for path in ("attr/apparmor/current", "attr/current"):
        match = re.fullmatch(r"(.+) \(enforce\)", _text(root, f"proc/{pid}/{path}"))
        if match:
            return (
                f"AppArmor confines httpd by the profile {match.group(1)}, which has to allow network inet stream and"
                " network inet6 stream"
            )
    return None


def unit_limits(unit: str, properties: str) -> list[str]:
    """Return a sentence for each setting of a unit that keeps its processes from connecting.

    `properties` is what `systemctl show` prints. A list that begins with ~ names what is forbidden, any other one what
    is allowed; one that is empty is not set.
    """
    values = dict(line.partition("=")[::2] for line in properties.splitlines())
    found = []
    if _denies(values.get("SystemCallFilter", ""), ["connect"]):
        found.append(f"SystemCallFilter of {unit} forbids httpd to call connect: allow it, @network-io has it")
    if _denies(values.get("RestrictAddressFamilies", ""), _NETWORK):
        found.append(
            f"RestrictAddressFamilies of {unit} forbids httpd a family that responders use: allow AF_INET and AF_INET6"
        )
    denied = values.get("IPAddressDeny", "").strip()
    if denied:
        found.append(
            f"IPAddressDeny={denied} of {unit} forbids httpd to reach the addresses that IPAddressAllow does not name:"
            " add those of the responders, or of a relay, to it"
        )
    if values.get("PrivateNetwork") == "yes":
        found.append(f"PrivateNetwork=yes of {unit} keeps httpd from every network: remove it")
    return found


def _denies(value: str, names: t.Iterable[str]) -> bool:
    """Tell whether a list of a unit denies one of the names. A name may be followed by the error that it gives."""
    forbidding = value.startswith("~")
    listed = {word.partition(":")[0] for word in value.lstrip("~").split()}
    return bool(listed) and any((name in listed) == forbidding for name in names)


def _word(root: str, path: str) -> str:
    return next(iter(_text(root, path).split()), "")


def _text(root: str, path: str) -> str:
    """Return the content of a small file of the kernel, nothing if it cannot be read."""
    try:
        with open(os.path.join(root, path), encoding="ascii", errors="replace") as handle:
            return handle.read(4096).strip(" \n\0")
    except OSError:
        return ""
