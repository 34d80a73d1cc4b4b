# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout over hosts that it cannot change: each has its own reason in the report, and is left as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from over_ssh import HERE, Connections

ETC = "/etc/apache2"
# The interpreter of a host whose clock is two days slow, and of one that goes down under a module.
LATE = '#!/bin/sh\nexec faketime -f -2d /usr/bin/python3 "$@"\n'
DIES = "#!/bin/sh\ntouch /run/nologin\npkill -KILL -f '^sshd.*deploy'\nsleep 60\n"
# Puts a file system of its own in the place of a directory, with all that is in it, and fills it to the last byte.
FULL = """
kept=$(mktemp -d -p /opt)
cp -a {0}/. $kept
mount -t tmpfs -o size=16m none {0}
cp -a $kept/. {0}
cat /dev/zero >{0}/filler 2>/dev/null || true
"""
# The same with room for a page.
CROWDED = FULL + "truncate -s -4096 {0}/filler\n"
READ_ONLY = "mount --rbind {0} {0} && mount -o remount,bind,ro {0}\n"
CHECKSUMS = f"find {ETC} -type f | sort | xargs sha256sum"

# What the report has to say of each host of trouble.yml.
REASONS = {
    "terminal": ("refused", "sudo: sorry, you must have a tty to run sudo"),
    "password": ("refused", "Incorrect sudo password"),
    "python": ("refused", "The module interpreter '/opt/none/bin/python' was not found"),
    "sudo": ("refused", "/opt/none/sudo is not there on this host"),
    "bare": ("refused", "(cryptography >= 3.3) on web2's Python /opt/bare/bin/python"),
    "gone": ("unreachable", "Connection refused"),
    "crowded": ("refused", "No space left on device"),
    "home": ("refused", "No space left on device"),
}


def otherwise(document: dict[str, Any], expected: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return state and message of each host whose state is another one, or whose message lacks these words."""
    found = {name: (host["state"], str(host["message"])) for name, host in document["hosts"].items()}
    return {
        name: found[name]
        for name, (state, words) in expected.items()
        if found[name][0] != state or words not in found[name][1]
    }


def test_each_host_has_its_own_reason_and_is_left_as_it_was(connections: Connections, tmp_path: Path) -> None:
    hosts = [*REASONS, "late"]
    connections.inside("node1", "install -d -o deploy /home/deploy/.ansible")
    connections.inside("node2", "cat > /opt/late && chmod 755 /opt/late", stdin=LATE.encode())
    changeable = ("web1", "web2", "node2")
    before = [connections.inside(host, CHECKSUMS) for host in changeable]
    limit = ("-i", HERE / "trouble.yml", "--limit", ",".join(hosts), "--forks", str(len(hosts)))
    with connections.mounted(("node1", CROWDED, "/tmp"), ("node1", FULL, "/home/deploy/.ansible")):
        document = connections.play("stapling.httpd.enable_stapling", tmp_path, *limit, expected=(2, 4))
    assert "Check this host's clock" in json.dumps(document["hosts"]["late"])
    assert otherwise(document, REASONS) == {}
    assert [connections.inside(host, CHECKSUMS) for host in changeable] == before


# Hosts that have no httpd, or whose files cannot be written, with what makes them so.
UNWRITABLE = {
    "naked": ("refused", "no httpd"),
    "readonly": ("refused", "read-only"),
    "full": ("refused", "No space left on device"),
}


def test_the_others_go_on(connections: Connections, tmp_path: Path) -> None:
    """Not a byte fits into web1's /tmp, which is no obstacle."""
    before = [connections.inside(host, CHECKSUMS) for host in ("node2", "web2")]
    connections.inside("node1", "rm /usr/sbin/apache2 /usr/sbin/apache2ctl")
    limit = ("-i", HERE / "trouble.yml", "--limit", ",".join([*UNWRITABLE, "web1"]))
    going_on = ("-e", "ocsp_stapling_max_fail_percentage=100")
    mounts = ("node2", READ_ONLY, "/etc"), ("web2", FULL, "/etc"), ("web1", FULL, "/tmp")
    with connections.mounted(*mounts):
        document = connections.play("stapling.httpd.enable_stapling", tmp_path, *limit, *going_on, expected=(2,))
        assert [connections.inside(host, CHECKSUMS) for host in ("node2", "web2")] == before
    assert document["hosts"]["web1"]["state"] == "enabled", document["hosts"]["web1"]
    assert otherwise(document, UNWRITABLE) == {}


def test_a_host_that_goes_down_in_the_middle_stops_no_other(connections: Connections, tmp_path: Path) -> None:
    connections.inside("web2", "cat > /opt/dies && chmod 755 /opt/dies", stdin=DIES.encode())
    limit = ("-i", HERE / "trouble.yml", "--limit", "dies,node2")
    document = connections.play("stapling.httpd.audit_stapling", tmp_path, *limit, expected=(4,))
    connections.inside("web2", "rm -f /run/nologin")
    assert {name: host["state"] for name, host in document["hosts"].items()} == {
        "dies": "unreachable",
        "node2": "disabled",
    }
    assert "web2" in document["hosts"]["dies"]["message"]
