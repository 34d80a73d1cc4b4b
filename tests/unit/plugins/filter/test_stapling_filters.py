# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters as a template sees them: with Ansible's own containers and strings, and with its errors."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.stapling.httpd.plugins.filter.stapling_plan import stapling_plan
from ansible_collections.stapling.httpd.plugins.filter.stapling_targets import stapling_targets
from ansible_collections.stapling.httpd.tests.unit.support.hosts import cert, info, vhost


def is_plain(value):
    """Tell whether every part is of a built-in type itself, not of one that only behaves like it."""
    if isinstance(value, dict):
        return value.__class__ is dict and all(is_plain(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return value.__class__ is list and all(map(is_plain, value))
    return value.__class__ in (str, int, bool, type(None))


@pytest.fixture
def tls():
    return info(vhost("a.test"), vhost("b.test", cert("b", "https://o.test/")))


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars:
    engine: mod_ssl
    policy:
      engine: "{{ engine }}"
      include: ["a.*", "b.test"]
      responder_timeout: "{{ 2 + 2 }}"
      force_url: ""
      managed_file: "{{ '/etc/apache2' }}/zz.conf"
      fake_try_later: "{{ false }}"
    plan: "{{ tls | stapling.httpd.stapling_plan(policy) }}"
    targets: "{{ tls | stapling.httpd.stapling_targets(plan, address='192.0.2.1') }}"
  tasks:
    - ansible.builtin.assert:
        that:
          - plan.safe
          - (tls | stapling.httpd.stapling_plan).scope == 'global'
          - "'SSLStaplingResponderTimeout 4' in plan.directives"
          - plan.edits.before | map(attribute='state') == ['off']
          - targets | map(attribute='address') == ['192.0.2.1']
    - ansible.builtin.debug:
        msg: "{{ tls | stapling.httpd.stapling_plan({'enigne': 'mod_ssl'}) }}"
"""


def test_in_a_play(tls, tmp_path):
    """Templated values in the policy, what a template makes of the plan, and an error that says what is wrong."""
    (tmp_path / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    (tmp_path / "tls.json").write_text(json.dumps({"tls": tls}), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", "-e", "@tls.json", "play.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "All assertions passed" in ended.stdout
    assert ended.returncode == 2
    assert "the policy has no key 'enigne'" in ended.stdout + ended.stderr


def test_what_comes_out_is_plain(tls):
    """Whoever serialises it, on whatever version of Ansible, meets nothing unknown."""
    variables = {"tls": tls, "policy": {"include": [trust_as_template("{{ 'a.test' }}")], "cache": "dbm:/x/y"}}
    templar = Templar(loader=DataLoader(), variables=variables)
    plan = stapling_plan(*(templar.template(trust_as_template(f"{{{{ {name} }}}}")) for name in variables))
    assert is_plain(plan)
    assert is_plain(stapling_targets(tls, plan))
    assert json.loads(json.dumps(plan)) == plan


@pytest.mark.parametrize(
    "value, policy, words",
    [
        (None, {}, "stapling_plan: the input is not a result of httpd_tls_info"),
        ({"failed": True}, {}, "stapling_plan: the input is not a result of httpd_tls_info"),
        ("tls", None, "stapling_plan: the policy must be a dictionary"),
        ("tls", {"scope": "all"}, "stapling_plan: scope must be one of global, vhost, not 'all'"),
    ],
)
def test_errors_of_the_plan(tls, value, policy, words):
    with pytest.raises(AnsibleFilterError, match=words):
        stapling_plan(tls if value == "tls" else value, policy)


@pytest.mark.parametrize("plan, address", [(None, None), ({}, None), ("plan", 5)])
def test_errors_of_the_targets(tls, plan, address):
    with pytest.raises(AnsibleFilterError, match="stapling_targets: "):
        stapling_targets(tls, stapling_plan(tls, {}) if plan == "plan" else plan, address)
