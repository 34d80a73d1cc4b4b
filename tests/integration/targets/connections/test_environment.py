# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An execution environment with the newest ansible-core, built by ansible-builder of the example in docs/examples.

On the lab's Debian instead of a registry's image, and from packages that this machine has fetched: what is built need
not trust, or know, the registries that this machine knows.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jmespath
import pytest
import yaml
from commands import LAB, ROOT, run
from over_ssh import Connections
from test_nodes import job

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.merge import to_line
from ansible_collections.stapling.httpd.tests.unit.support import reports
from ansible_collections.stapling.httpd.tests.unit.support.queries import QUERIES

IMAGE = "stapling-lab/execution-environment"
EXAMPLE = ROOT / "docs" / "examples" / "execution-environment.yml"
# What ansible-builder itself installs in an image.
BUILDER_NEEDS = ["bindep", "pyyaml", "packaging", "dumb-init"]
# Of the Debian that the image stands on.
PYTHON = "3.13"
ON_DEBIAN: dict[str, Any] = {
    "images": {"base_image": {"name": "debian:trixie"}},
    "build_arg_defaults": {"ANSIBLE_GALAXY_CLI_COLLECTION_OPTS": "--offline", "PKGMGR_PRESERVE_CACHE": "always"},
    "additional_build_files": [{"src": "wheels", "dest": "wheels"}, {"src": "collection.tar.gz", "dest": "collection"}],
    "additional_build_steps": {
        "prepend_base": [
            "RUN apt-get -o Acquire::Retries=5 update"
            " && apt-get -o Acquire::Retries=5 install -y --no-install-recommends python3 python3-pip python3-venv",
            "COPY _build/wheels /wheels",
            "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_BREAK_SYSTEM_PACKAGES=1",
        ]
    },
    "options": {
        "package_manager_path": "/usr/bin/apt-get",
        "skip_pip_install": True,
        "container_init": {
            "package_pip": "dumb-init",
            "entrypoint": '["/opt/builder/bin/entrypoint", "dumb-init"]',
            "cmd": '["bash"]',
        },
    },
}
# As the documentation has the command: without the settings that suit a person at a terminal.
NAVIGATOR = {
    "ANSIBLE_NAVIGATOR_MODE": "stdout",
    "ANSIBLE_NAVIGATOR_CONTAINER_ENGINE": "docker",
    "ANSIBLE_NAVIGATOR_PULL_POLICY": "never",
    "ANSIBLE_NAVIGATOR_PLAYBOOK_ARTIFACT_ENABLE": "false",
}
ASK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - stapling.httpd.stapling_report:
        report_dir: "{{ playbook_dir }}/{{ number }}"
        query: "{{ item }}"
        sources: ["{{ playbook_dir }}/report.jsonl"]
        state: merged
      loop: "{{ queries }}"
      loop_control: {index_var: number}
"""


@pytest.fixture(scope="module")
def image(connections: Connections, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of the image, which is built with the archive of the collection that is published."""
    run(LAB, "images", "debian13", cwd=ROOT, timeout=1800)
    directory = tmp_path_factory.mktemp("environment")
    definition = {**yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")), **ON_DEBIAN}
    needs = definition["dependencies"]
    needs["galaxy"] = {"collections": [{"name": "/build/collection/collection.tar.gz", "type": "file"}]}
    needs["system"] = ["openssh-client [platform:dpkg]"]
    (directory / "execution-environment.yml").write_text(yaml.safe_dump(definition), encoding="utf-8")
    shutil.copy(connections.archive, directory / "collection.tar.gz")
    python = [needs["ansible_core"]["package_pip"], needs["ansible_runner"]["package_pip"], *BUILDER_NEEDS]
    fetch = ["python", "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version", PYTHON]
    needed = ROOT / "meta" / "ee-requirements.txt"
    run(*fetch, "--dest", "wheels", "--requirement", needed, *python, cwd=directory, timeout=600)
    run("ansible-builder", "build", "--container-runtime", "docker", "--tag", IMAGE, cwd=directory, timeout=1200)
    return IMAGE


def inside(image: str, *command: str, mounted: Path | None = None) -> str:
    """Return what a command prints in the image, as the user that it has, or as root with a directory."""
    mount = ["--user", "0", "--volume", f"{mounted}:{mounted}", "--workdir", str(mounted)] if mounted else []
    start = ["docker", "run", "--rm", "--network", "none", *mount, image]
    return run(*start, *command, cwd=ROOT, timeout=120).decode()


def test_it_has_what_the_collection_needs(image: str) -> None:
    assert "No broken requirements found" in inside(image, "python3", "-m", "pip", "check")
    packages = json.loads(inside(image, "python3", "-m", "pip", "list", "--format", "json"))
    assert {"cryptography", "jmespath", "pyopenssl", "ansible-runner"} <= {each["name"].lower() for each in packages}
    assert inside(image, "sh", "-c", "command -v openssl && command -v ssh").split() == [
        "/usr/bin/openssl",
        "/usr/bin/ssh",
    ]
    collections = json.loads(inside(image, "ansible-galaxy", "collection", "list", "--format", "json"))
    assert "stapling.httpd" in collections["/usr/share/ansible/collections/ansible_collections"]
    assert newest_core(image) >= (2, 20)


def newest_core(image: str) -> tuple[int, ...]:
    shown = inside(image, "ansible-playbook", "--version")
    found = re.match(r"ansible-playbook \[core (\d+)\.(\d+)", shown)
    assert found is not None, shown
    return tuple(map(int, found.groups()))


def test_ansible_navigator_audits_hosts_from_it(connections: Connections, image: str, tmp_path: Path) -> None:
    """By the command of docs/fleet.md, with an inventory and a container network of the lab."""
    page = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^    (ansible-navigator run .*\\\n.*)$", page, re.MULTILINE)
    assert "-i INVENTORY" in command and "stapling-ee:latest" in command
    command = command.replace("-i INVENTORY", "-i hosts.json").replace("stapling-ee:latest", image)
    prepared = job(connections, tmp_path / "job", ["node2", "web2"])
    inventory = json.loads((prepared / "inventory" / "hosts.json").read_text(encoding="utf-8"))
    inventory["all"]["vars"]["ansible_ssh_private_key_file"] = str(prepared / "env" / "ssh_key")
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (tmp_path / "report").mkdir()
    container = connections.hosts["node2"]["ansible_docker_host"]
    network = run("docker", "inspect", "--format", "{{.HostConfig.NetworkMode}}", container, cwd=ROOT, timeout=60)
    settings = {**NAVIGATOR, "ANSIBLE_NAVIGATOR_CONTAINER_OPTIONS": f"--network={network.decode().strip()}"}
    # ansible-navigator hands on what is there of Ansible's own variables, which are those of this machine.
    without = [f"--unset={name}" for name in {*os.environ, "ANSIBLE_CALLBACKS_ENABLED"} if name.startswith("ANSIBLE_")]
    run(
        "env",
        *without,
        *(f"{name}={value}" for name, value in settings.items()),
        "bash",
        "-c",
        command,
        cwd=tmp_path,
        timeout=300,
    )
    document = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert newest_core(image) == tuple(map(int, document["run"]["ansible_core"].split(".")[:2]))
    assert {name: [vhost["name"] for vhost in host["vhosts"]] for name, host in document["hosts"].items()} == {
        "node2": ["pull.connections.lab.test"],
        "web2": ["bank.connections.lab.test"],
    }
    assert {host["state"] for host in document["hosts"].values()} <= {"enabled", "disabled"}


def lines(document: Mapping[str, Any]) -> str:
    return "".join(json.dumps(to_line(host, document["run"])) + "\n" for host in document["hosts"].values())


@pytest.mark.parametrize("where", ["here", "in the image"])
def test_the_documented_queries_select_what_jmespath_selects(image: str, where: str, tmp_path: Path) -> None:
    """With the ansible-core of the tools, and with the newest one."""
    (tmp_path / "report.jsonl").write_text(lines(reports.fleet()), encoding="utf-8")
    (tmp_path / "ask.yml").write_text(ASK, encoding="utf-8")
    (tmp_path / "given.json").write_text(json.dumps({"queries": list(QUERIES.values())}), encoding="utf-8")
    command = ("ansible-playbook", "ask.yml", "-e", "@given.json")
    if where == "here":
        run(*command, cwd=tmp_path, timeout=120)
    else:
        inside(image, *command, mounted=tmp_path)
    for number, query in enumerate(QUERIES.values()):
        report, selection = (
            json.loads((tmp_path / str(number) / name).read_text(encoding="utf-8"))
            for name in ("report.json", "selection.json")
        )
        assert selection and selection == jmespath.search(query, report)
