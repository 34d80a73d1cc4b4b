# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-pull on node2, with the unit and the timer of docs/examples; node1 serves the repository.

The tests run in their order. The judge of staples is the openssl command.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from commands import ROOT
from over_ssh import Connections

EXAMPLES = ROOT / "docs" / "examples"
UNITS = "/etc/systemd/system"
REPORT = "/var/lib/ansible-pull/report"
# What a site has in its repository: one line that runs a playbook of the collection.
REPOSITORY = """
git init -q --bare -b main /srv/git/site.git
git clone -q /srv/git/site.git /tmp/site
cd /tmp/site
echo '- import_playbook: stapling.httpd.enable_stapling' > local.yml
git add local.yml
git -c user.name=site -c user.email=site@example.org commit -q -m 'Turn stapling on'
git push -q origin HEAD:main HEAD:canary
git -C /srv/git/site.git config core.bare true
systemd-run -q git daemon --export-all --base-path=/srv/git --reuseaddr
"""


@pytest.fixture(scope="module", autouse=True)
def pulls(connections: Connections) -> None:
    """Install the very files of docs/examples, and let the timer come at once instead of at the next hour."""
    connections.inside("node1", f"test -e /srv/git/site.git || {{ {REPOSITORY} }}")
    for name in ("ansible-pull.service", "ansible-pull.timer"):
        connections.inside("node2", f"cat > {UNITS}/{name}", stdin=(EXAMPLES / name).read_bytes())
    settings = (
        f"REPOSITORY=git://{connections.hosts['node1']['ansible_host']}/site.git\nBRANCH=canary\n"
        # The lab's responders answer for an authority of its own.
        "OPTIONS=-e ocsp_stapling_ca_file=/etc/ssl/lab/root.pem\n"
    )
    connections.inside("node2", "cat > /etc/ansible-pull.conf", stdin=settings.encode())
    soon = "[Timer]\nOnCalendar=\nOnActiveSec=1s\nAccuracySec=1s\nRandomizedDelaySec=0\n"
    connections.inside("node2", f"mkdir -p {UNITS}/ansible-pull.timer.d")
    connections.inside("node2", f"cat > {UNITS}/ansible-pull.timer.d/soon.conf", stdin=soon.encode())
    connections.inside(
        "node2",
        f"systemd-analyze verify {UNITS}/ansible-pull.service {UNITS}/ansible-pull.timer && systemctl daemon-reload",
    )


def test_who_finds_the_lock_taken_does_nothing_and_is_no_failure(connections: Connections) -> None:
    connections.inside("node2", "flock /run/lock/ansible-pull.lock systemctl start ansible-pull.service")
    connections.inside("node2", "test ! -e /var/lib/ansible-pull/site")


def test_the_timer_turns_stapling_on(connections: Connections) -> None:
    assert connections.staples("node2") == {"pull.connections.lab.test": False}
    connections.inside("node2", "systemctl start ansible-pull.timer")
    ended = '[ "$(systemctl show -P ActiveState ansible-pull.service)" != activating ]'
    over = f"test -e {REPORT}/report.json && {ended} && echo over || true"
    deadline = time.monotonic() + 900
    while not connections.inside("node2", over) and time.monotonic() < deadline:
        time.sleep(2)
    journal = connections.inside("node2", "journalctl -q --no-pager -u ansible-pull.service").decode()
    assert connections.staples("node2") == {"pull.connections.lab.test": True}, journal[-6000:]


def test_its_report_is_collected(connections: Connections, tmp_path: Path) -> None:
    """From node2 alone; node1 has never pulled."""
    document = connections.play(str(EXAMPLES / "collect_reports.yml"), tmp_path, "--limit", "node1,node2,localhost")
    assert {name: host["state"] for name, host in document["hosts"].items()} == {"node2": "enabled"}
    (vhost,) = document["hosts"]["node2"]["vhosts"]
    assert (vhost["name"], vhost["outcome"]) == ("pull.connections.lab.test", "acceptable")
