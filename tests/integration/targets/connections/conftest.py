# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet, with the collection as people install it on the hosts that run Ansible themselves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import commands
import pytest
from commands import LAB, ROOT
from over_ssh import HERE, Connections

# In a file, since options of the command line are not passed on to the ssh that goes to the jump host.
SSH_CONFIG = """\
{hosts}
Host *
  UserKnownHostsFile {directory}/known_hosts
  StrictHostKeyChecking accept-new
  IdentityFile {directory}/key
  IdentitiesOnly yes
"""


@pytest.fixture(scope="session")
def connections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connections]:
    connections = Connections(Path(commands.run(LAB, "up", "fleet.yml", cwd=HERE, timeout=1800).decode().strip()))
    try:
        let_in(connections)
        install_collection(connections, tmp_path_factory.mktemp("built"))
        yield connections
    finally:
        connections.run(LAB, "down", "it-connections")


def let_in(connections: Connections) -> None:
    """Give the user `deploy` a key and a password, and start the servers."""
    directory = connections.directory / "ssh"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    connections.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", directory / "key")
    hosts = "".join(f"Host {name}\n  HostName {host['ansible_host']}\n" for name, host in connections.hosts.items())
    (directory / "config").write_text(SSH_CONFIG.format(hosts=hosts, directory=directory), encoding="utf-8")
    connections.run("ansible-playbook", "-i", connections.inventory, "prepare.yml")


def install_collection(connections: Connections, directory: Path) -> None:
    """Install the collection where both nodes find it, from the archive that is published."""
    connections.run("ansible-galaxy", "collection", "build", "--output-path", directory, ROOT)
    (archive,) = directory.glob("*.tar.gz")
    for node in ("node1", "node2"):
        connections.inside(node, "cat > /tmp/collection.tar.gz", stdin=archive.read_bytes())
        install = "ansible-galaxy collection install --offline --force -p /usr/share/ansible/collections"
        connections.inside(node, f"{install} /tmp/collection.tar.gz")
    connections.archive = archive
