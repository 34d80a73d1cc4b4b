# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of docs/examples, in the judgement of the programs that read them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.metrics import NAMES

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "docs" / "examples"
BIN = Path(sys.executable).parent


def run(*command: str | Path) -> str:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_execution_environment_gets_what_the_collection_needs(tmp_path: Path) -> None:
    place = tmp_path / "ansible_collections" / "stapling"
    place.mkdir(parents=True)
    (place / "httpd").symlink_to(ROOT, target_is_directory=True)
    found = yaml.safe_load(run("ansible-builder", "introspect", "--sanitize", tmp_path))
    needed = {line.split("#")[0].strip() for line in found["python"]}
    assert needed == {"cryptography>=38", "jmespath>=1.0", "pyOpenSSL>=23"}
    assert [line.split(" ")[0] for line in found["system"]] == ["openssl"]


def test_ansible_builder_takes_the_example(tmp_path: Path) -> None:
    run("ansible-builder", "create", "-f", EXAMPLES / "execution-environment.yml", "-c", tmp_path / "context")
    galaxy = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert galaxy["collections"] == [{"name": "stapling.httpd"}]


def options_of(module: str) -> dict[str, Any]:
    """Return the options of a module of awx.awx, as its own documentation has them."""
    options: dict[str, Any] = json.loads(run("ansible-doc", "--json", module))[module]["doc"]["options"]
    return options


def complaints(given: Mapping[str, Any], options: Mapping[str, Any], where: str) -> list[str]:
    """Return what is given that there is no option for, however deep it stands."""
    known = set(options).union(*(option.get("aliases") or [] for option in options.values()))
    found = [f"{where}.{name}" for name in set(given) - known]
    for name in set(given) & set(options):
        below = options[name].get("suboptions")
        values = given[name] if isinstance(given[name], list) else [given[name]]
        for value in values if below else []:
            found += complaints(value, below, f"{where}.{name}")
    return found


TASKS = [task for play in DataLoader().load_from_file(str(EXAMPLES / "awx-workflow.yml")) for task in play["tasks"]]


@pytest.mark.parametrize("task", TASKS, ids=[task["name"] for task in TASKS])
def test_awx_has_every_option_of_the_example(task: dict[str, Any]) -> None:
    (module,) = set(task) - {"name"}
    assert complaints(task[module], options_of(module), module) == []


def test_only_the_rest_of_the_fleet_is_sliced_and_a_report_comes_in_any_case() -> None:
    nodes = {node["identifier"]: node for node in TASKS[-1]["awx.awx.workflow_job_template"]["workflow_nodes"]}
    following = {
        name: {kind: [other["identifier"] for other in others] for kind, others in node.get("related", {}).items()}
        for name, node in nodes.items()
    }
    assert following == {
        "canary": {"success_nodes": ["rest"], "failure_nodes": ["report"]},
        "rest": {"always_nodes": ["report"]},
        "report": {},
    }
    assert nodes["canary"]["job_slice_count"] == 1


def test_the_alert_rules_ask_for_metrics_that_are_there() -> None:
    groups = yaml.safe_load((EXAMPLES / "httpd_ocsp.rules.yml").read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"httpd_ocsp_\w+", rule["expr"])}
    assert len(rules) == 10 and asked <= set(NAMES)
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in rules if f"`{rule['alert']}`" not in page] == []


def test_the_dashboard_asks_for_metrics_that_are_there() -> None:
    dashboard = json.loads((EXAMPLES / "grafana_httpd_ocsp.json").read_text(encoding="utf-8"))
    panels = dashboard["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    queries += [variable["definition"] for variable in dashboard["templating"]["list"] if "definition" in variable]
    names = [set(re.findall(r"httpd_ocsp_\w+", query)) for query in queries]
    assert [query for query, asked in zip(queries, names) if not asked or not asked <= set(NAMES)] == []
    # Whoever looks at it finds what the alerts are about.
    rules = (EXAMPLES / "httpd_ocsp.rules.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"httpd_ocsp_\w+", rules)) & set(NAMES) <= set().union(*names) | {
        "httpd_ocsp_staple_this_update_timestamp_seconds"
    }
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(panels))) == variables
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize("word", ["startup_hook", "clean_challenge", "renewed", "expiring", "ocsp-renewed"])
def test_the_renewal_hook_has_nothing_to_do_with_other_events(word: str) -> None:
    """systemctl, which is not there, would end it with 127."""
    shell = str(shutil.which("sh"))
    done = subprocess.run([shell, str(EXAMPLES / "renewal_hook.sh"), word], env={"PATH": ""}, check=False)
    assert done.returncode == 0
    for called in ("", "deploy_cert", "installed"):
        command = [shell, str(EXAMPLES / "renewal_hook.sh"), *([called] if called else [])]
        assert subprocess.run(command, env={"PATH": ""}, capture_output=True, check=False).returncode == 127


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's package prometheus is not installed")
def test_the_alert_rules_fire_when_they_are_to() -> None:
    run("promtool", "test", "rules", EXAMPLES / "httpd_ocsp.rules.test.yml")
