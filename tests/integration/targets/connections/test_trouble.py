# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout over hosts that it cannot change: each has its own reason in the report, and is left as it was."""

from __future__ import annotations

import json
from pathlib import Path

from over_ssh import HERE, Connections

ETC = "/etc/apache2"
# The interpreter of a host whose clock is two days slow, and of one that goes down under a module.
LATE = '#!/bin/sh\nexec faketime -f -2d /usr/bin/python3 "$@"\n'
DIES = "#!/bin/sh\ntouch /run/nologin\npkill -KILL -f '^sshd.*deploy'\nsleep 60\n"
CHECKSUMS = f"find {ETC} -type f | sort | xargs sha256sum"

# What the report has to say of each host of trouble.yml.
REASONS = {
    "terminal": ("refused", "sudo: sorry, you must have a tty to run sudo"),
    "password": ("refused", "Incorrect sudo password"),
    "python": ("refused", "The module interpreter '/opt/none/bin/python' was not found"),
    "sudo": ("refused", "/opt/none/sudo is not there on this host"),
    "bare": ("refused", "(cryptography >= 3.3) on web2's Python /opt/bare/bin/python"),
    "gone": ("unreachable", "Connection refused"),
}


def test_each_host_has_its_own_reason_and_is_left_as_it_was(connections: Connections, tmp_path: Path) -> None:
    hosts = [*REASONS, "late"]
    connections.inside("node2", "cat > /opt/late && chmod 755 /opt/late", stdin=LATE.encode())
    changeable = ("web1", "web2", "node2")
    before = [connections.inside(host, CHECKSUMS) for host in changeable]
    limit = ("-i", HERE / "trouble.yml", "--limit", ",".join(hosts), "--forks", str(len(hosts)))
    document = connections.play("stapling.httpd.enable_stapling", tmp_path, *limit, expected=(2, 4))
    assert "Check this host's clock" in json.dumps(document["hosts"]["late"])
    for name, (state, words) in REASONS.items():
        host = document["hosts"][name]
        assert (host["state"], words in str(host["message"] or host["cause"])) == (state, True), host
    assert [connections.inside(host, CHECKSUMS) for host in changeable] == before


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
